import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from raysim.shards.format_page import format_page
from raysim.shards.schema import AXES, OFFSETS, SCHEMAS
from tests.fixtures import tiny_csi, tiny_shard

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date():
    page = (ROOT / "docs" / "format.md").read_text()
    assert page == format_page(), "run: python -m raysim.shards.format_page > docs/format.md"


def test_module_prints_the_page():
    done = subprocess.run(
        [sys.executable, "-m", "raysim.shards.format_page"], capture_output=True, text=True, check=True
    )
    assert done.stdout == format_page()


@pytest.mark.parametrize("make", [tiny_shard, tiny_csi])
def test_every_stored_dataset_is_documented(tmp_path, make):
    page = format_page()
    with h5py.File(make(tmp_path / "0.h5")) as raw:
        names = []
        raw.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
        assert [name for name in names if f"| `{name}` | " not in page] == []
        assert all(f"| `{key}` |" in page for key in raw.attrs)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_table_is_sound(schema):
    names = [entry.name for entry in schema]
    assert len(set(names)) == len(names)
    for entry in schema:
        assert all(axis in AXES for axis in entry.shape if isinstance(axis, str)), entry.name
        assert not any(axis in OFFSETS for axis in entry.shape[1:]), entry.name
        if entry.offsets:
            assert entry.offsets in names
        assert entry.unit and entry.description.endswith(".")
