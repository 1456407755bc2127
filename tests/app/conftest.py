from pathlib import Path

import pytest
import yaml

# Small everywhere but not trivial: two parked cars, two frames, every sensor.
SMALL = {
    "scenario": "parking_lot",
    "scene": {"frames": 2, "parked_min": 2, "parked_max": 2, "image_width": 160, "image_height": 120},
    "trace": {"launch": {"object_tubes": 2000, "object_samples": 16, "flat_footprint": 0.8}},
    "radar": {"num_subcarriers": 416, "comb": 16, "num_symbols": 8, "heatmap_rows": 120, "heatmap_columns": 160},
    "output": {"renderer": "rays"},
}


@pytest.fixture
def small_config(tmp_path) -> Path:
    """Write a configuration of a sequence that takes a second."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return path
