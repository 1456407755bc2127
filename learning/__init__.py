"""Radio-visual learning: datasets on shards, spatial contrastive learning, localisers, evaluation."""
