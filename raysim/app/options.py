"""Options that the radio commands share."""

from pathlib import Path
from typing import Annotated

import typer

Geometry = Annotated[Path, typer.Argument(help="glTF, OBJ, OFF, PLY or STL mesh, Mitsuba/Sionna XML or .blend scene.")]
Up = Annotated[str | None, typer.Option(help="Axis of the file that points up, y or z [default: y for glTF].")]
Scale = Annotated[float | None, typer.Option(help="Metres per unit of the file [default: 1].")]
Fallback = Annotated[str | None, typer.Option("--material", help="Of surfaces without a known one [default: metal].")]
Seed = Annotated[int, typer.Option(min=0, help="Of grid shifts and diffuse phases.")]
Threads = Annotated[int, typer.Option(min=1, help="The result does not depend on them.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="The same table as a file.")]
