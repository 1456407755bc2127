"""``raysim rcs``: radar cross section of anybody's mesh."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from raysim.app.options import Fallback, Geometry, Scale, Seed, Threads, Up, checked_output

if TYPE_CHECKING:
    from raysim.rcs import CrossSection

_MOST_ASPECTS = 100_000


def rcs(
    mesh: Geometry,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV or PNG [default: <mesh>-rcs.*].")] = None,
    frequency: Annotated[float, typer.Option(help="[Hz]")] = 28e9,
    bandwidth: Annotated[float, typer.Option(help="Band to average over [Hz]; 0 = one frequency.")] = 800e6,
    distance: Annotated[float, typer.Option(help="Of the radar [m]; 5000 = plane wave.")] = 5000.0,
    elevation: Annotated[float, typer.Option(help="Of the radar [deg].")] = 0.0,
    start: Annotated[float, typer.Option("--from", help="First azimuth [deg], from x towards y.")] = 0.0,
    stop: Annotated[float, typer.Option("--to", help="Last azimuth [deg].")] = 360.0,
    step: Annotated[float, typer.Option(help="Between azimuths [deg].")] = 1.0,
    polarisation: Annotated[str, typer.Option(help="Sent and received: VV, HH, VH or HV.")] = "VV",
    tubes: Annotated[int, typer.Option(min=100, help="Most ray tubes over one object.")] = 1_000_000,
    objects: Annotated[
        list[str] | None, typer.Option("--object", help="Measure this one alone; may be repeated [default: all].")
    ] = None,
    up: Up = None,
    scale: Scale = None,
    material: Fallback = None,
    seed: Seed = 0,
    threads: Threads = 2,
) -> None:
    """Radar cross section of a mesh against aspect: a table (CSV) and a picture (PNG).

    Example: raysim rcs car.glb --step 0.5 --elevation 10
    """
    from raysim.app.geometry import plain_warnings, read_geometry
    from raysim.app.radio_figures import plot_cross_section
    from raysim.rcs import radar_cross_section
    from raysim.trace import TraceConfig

    if not (step > 0 and np.isfinite((start, stop)).all() and 0 <= stop - start < _MOST_ASPECTS * step):
        raise ValueError(
            f"azimuths need --step > 0, --to >= --from and under {_MOST_ASPECTS} steps between them, got {start:g} to "
            f"{stop:g} by {step:g}"
        )
    target = checked_output(output, mesh.parent / f"{mesh.stem}-rcs.csv", (".csv", ".png"))
    azimuth = np.radians(start + step * np.arange(int((stop - start) / step + 1e-9) + 1))
    if polarisation not in ("VV", "HH", "VH", "HV"):
        raise ValueError(f"--polarisation must be one of VV, HH, VH, HV, got {polarisation!r}")
    config = TraceConfig.model_validate(
        {
            "launch": {"object_tubes": tubes},
            "transmit_polarisation": polarisation[0],
            "receive_polarisation": polarisation[1],
        }
    )
    console = Console(stderr=True)
    with plain_warnings():
        loaded = read_geometry(mesh, up, scale, material, objects or ())
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("aspects", total=len(azimuth))
            result = radar_cross_section(
                loaded, azimuth, np.radians(elevation), frequency=frequency, bandwidth=bandwidth, distance=distance,
                config=config, seed=seed, threads=threads, progress=lambda: bar.advance(task),
            )  # fmt: skip
    _write_table(result, target.with_suffix(".csv"))
    plot_cross_section(result, target.with_suffix(".png"), title=mesh.name)
    best = int(np.argmax(result.mean))
    print(f"mean {10 * np.log10(result.mean.mean()):.2f} dBsm, median {np.median(result.dbsm):.2f} dBsm, ", end="")
    print(f"largest {result.dbsm[best]:.2f} dBsm at {np.degrees(azimuth[best]):g} deg")
    print(f"wrote {target.with_suffix('.csv')} and {target.with_suffix('.png')}")


def _write_table(result: "CrossSection", path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["azimuth_deg", "elevation_deg", "rcs_m2", "rcs_dbsm"])
        for row in zip(np.degrees(result.azimuth), np.degrees(result.elevation), result.mean, result.dbsm, strict=True):
            writer.writerow([f"{row[0]:.6g}", f"{row[1]:.6g}", f"{row[2]:.6g}", f"{row[3]:.4f}"])
