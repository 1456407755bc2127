"""Tables of results in files: CSV with units in the header, or JSON with the units beside the rows."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from radar_dsp.files import replaced

TABLES = (".csv", ".json")  # endings


def write_table(
    path: Path, rows: Sequence[Mapping[str, Any]], units: Mapping[str, str], *, key: str, **about: Any
) -> None:
    """Write rows as CSV or JSON, by the ending of `path`.

    Parameters
    ----------
    path : Path
        Ends in .csv or .json; written under a temporary name and renamed.
    rows : sequence of mappings
        Column to value; None, or a number that is not finite, is an empty field, or null.
    units : mapping of str to str
        Of every column, in order; empty for text.
    key : str
        What the rows are, for JSON.
    **about
        What else JSON says, such as the source.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the ending is another.
    """
    if path.suffix.lower() not in TABLES:
        raise ValueError(f"{key} are written as .csv or .json, got {path}")
    known = [{name: _known(row[name]) for name in units} for row in rows]
    with replaced(path) as part, part.open("w", newline="") as stream:
        if path.suffix.lower() == ".csv":
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(f"{name} [{unit}]" if unit else name for name, unit in units.items())
            table.writerows(row.values() for row in known)
        else:
            json.dump({**about, "units": dict(units), key: known}, stream, indent=1, allow_nan=False)
            stream.write("\n")


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
