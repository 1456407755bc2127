"""docs/format.md, made from the schema: ``python -m raysim.shards.format_page > docs/format.md``."""

import sys

from raysim.scene import CATEGORIES
from raysim.shards.schema import AXES, CONVENTIONS, FORMAT_VERSION, SCHEMAS, WRITER_ATTRIBUTES, Attribute, Schema

INTRODUCTION = f"""\
# File format, version {FORMAT_VERSION}

Made from `raysim/shards/schema.py` by `python -m raysim.shards.format_page`; do not edit it by hand.

One HDF5 file, the **shard**, holds one sequence: every sensor, the labels, the recipe and the configuration that made
it. It is the unit of work, of retry and of resume. The channel estimates, about 110 MB a frame, stand in a **CSI file**
beside it: `parking_lot-0-00003.h5` (scenario, seed, sequence) and `parking_lot-0-00003.csi.h5`. `raysim trace` writes
all paths of one frame into a **file of paths**. `raysim check FILE` validates the three kinds.

```python
from raysim.shards import open_shard

with open_shard("data/parking_lot/parking_lot-0-00000.h5") as shard:
    shard.num_frames, shard.attributes["scenario"], shard.instances()
    shard["radar/heatmap", 3]  # one frame
    shard["lidar/points", 3]  # ragged: the points of one frame
    shard["radar/range"]  # the same in all frames
```

Any HDF5 reader will do as well: each dataset carries the attributes `unit`, `axes` (one name an axis) and
`description`, and the file carries its conventions in words.

**Written whole or not at all.** A file grows as `<name>.part` in the same folder and is renamed when it is complete and
on the disk. So a file under its final name is finished, whatever was killed; a leftover `.part` is overwritten by the
next run.

**Frames.** A first axis F counts frames, one HDF5 chunk a frame. Pictures and heatmaps are stored raw, which reads ten
times faster than gzip; depth and masks as gzip-1 with byte shuffle (column *gzip*). For archives, everything can be
compressed.

**Ragged entries.** What differs in number from frame to frame (axes P, R and S) is one flat array for the file, and
`offsets`: frame f owns the rows `offsets[f]:offsets[f+1]`.

**Determinism.** The same input gives the same bytes, but for `timing/`, which holds wall-clock times.
`raysim.shards.content_digest` is a SHA-256 over datasets and attributes without `timing/`, whatever their compression.

**Conventions** (attribute `conventions`; see also [conventions.md](conventions.md)). {CONVENTIONS}
"""

TITLES = {
    "raysim-shard": "Shard: `<sequence>.h5`",
    "raysim-csi": "CSI file: `<sequence>.csi.h5`",
    "raysim-paths": "File of paths: `<scene>-paths.h5`",
}


def format_page() -> str:
    """Return the text of docs/format.md."""
    parts = [INTRODUCTION, _axes_table(), _attribute_table("## Attributes of every file", WRITER_ATTRIBUTES)]
    parts.append(
        "Category ids index the attribute `categories`, now "
        + ", ".join(f"{index} {name}" for index, name in enumerate(CATEGORIES))
        + ". Instance and material ids in masks, lidar points, reflectors and paths are the index + 1; 0 = none.\n"
    )
    for schema in SCHEMAS.values():
        parts += [f"## {TITLES[schema.format]}\n", _attribute_table("### Attributes", schema.attributes)]
        parts.append(_dataset_table(schema))
    return "\n".join(parts)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _axes_table() -> str:
    lines = ["## Axes\n", _row("symbol", "axis"), _row("---", "---")]
    lines += [_row(symbol, name) for symbol, name in AXES.items()]
    return "\n".join(lines) + "\n"


def _attribute_table(title: str, attributes: tuple[Attribute, ...]) -> str:
    lines = [title + "\n", _row("name", "type", "unit", "meaning"), _row("---", "---", "---", "---")]
    lines += [
        _row(f"`{a.name}`", a.type.__name__, a.unit, a.description + (" Optional." if a.optional else ""))
        for a in attributes
    ]
    return "\n".join(lines) + "\n"


def _dataset_table(schema: Schema) -> str:
    header = ("name", "type", "shape", "unit", "gzip", "meaning")
    lines = ["### Datasets\n", _row(*header), _row(*["---"] * len(header))]
    for entry in schema:
        shape = " x ".join(str(axis) for axis in entry.shape) or "scalar"
        meaning = entry.description + (" Optional." if entry.optional else "")
        lines.append(_row(f"`{entry.name}`", entry.dtype, shape, entry.unit, "yes" if entry.compress else "", meaning))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(format_page())
