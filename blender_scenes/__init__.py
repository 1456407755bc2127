"""Procedural scenes: recipes, assets, scenarios, and the renderers of RGB pictures."""
