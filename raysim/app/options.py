"""Options that the radio commands share."""

from pathlib import Path
from typing import Annotated

import typer

Geometry = Annotated[Path, typer.Argument(help="glTF, OBJ, OFF, PLY or STL mesh, Mitsuba/Sionna XML or .blend scene.")]
Up = Annotated[str | None, typer.Option(help="Axis of the file that points up, y or z [default: y for glTF].")]
Scale = Annotated[float | None, typer.Option(help="Metres per unit of the file [default: 1].")]
Fallback = Annotated[str | None, typer.Option("--material", help="Of surfaces without a known one [default: metal].")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of grid shifts and diffuse phases.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="The result does not depend on them.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="The same table as a file.")]


def checked_output(output: Path | None, default: Path, suffixes: tuple[str, ...], option: str = "--output") -> Path:
    """Return where a command writes: of an allowed kind, in a folder that is there; asked before any work is done."""
    target = output or default
    if target.suffix.lower() not in suffixes:
        raise ValueError(f"{option} must end in {' or '.join(suffixes)}, got {target}")
    if target.is_dir():
        raise IsADirectoryError(f"{target}: cannot be written, it is a folder")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no folder {target.parent}")
    return target
