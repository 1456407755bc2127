"""``raysim rcs``: radar cross section of anybody's mesh."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from raysim.app.options import Fallback, Geometry, Scale, Seed, Threads, Up, checked_output

if TYPE_CHECKING:
    from raysim.rcs import CrossSection
    from raysim.trace import TraceConfig

_MOST_ASPECTS = 100_000
_ENOUGH = 0.5  # [wavelengths] width under which the sum is the physical-optics integral at any aspect


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
    footprint: Annotated[float, typer.Option(help="Width of the ray tubes [wavelengths]; wider is quicker.")] = 1 / 3,
    tubes: Annotated[
        int, typer.Option(min=100, max=10**8, help="Most ray tubes over one object, whatever their width.")
    ] = 10**6,
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
    from raysim.app.config import check_frequency
    from raysim.app.geometry import plain_warnings, read_geometry
    from raysim.app.progress import Steps
    from raysim.app.radio_figures import plot_cross_section
    from raysim.rcs import radar_cross_section

    check_frequency(frequency)
    azimuth, config = _azimuths(start, stop, step), _config(polarisation, tubes)
    target = checked_output(output, mesh.parent / f"{mesh.stem}-rcs.csv", (".csv", ".png"))
    table, picture = (checked_output(target.with_suffix(kind), target, (kind,)) for kind in (".csv", ".png"))
    with plain_warnings():
        loaded = read_geometry(mesh, up, scale, material, objects or ())
        with Steps("aspects", len(azimuth)) as steps:
            result = radar_cross_section(
                loaded, azimuth, np.radians(elevation), frequency=frequency, bandwidth=bandwidth, distance=distance,
                footprint=footprint, config=config, seed=seed, threads=threads, progress=steps.advance,
            )  # fmt: skip
    _write_table(result, table)
    plot_cross_section(result, picture, title=mesh.name)
    _tell(result, footprint, frequency)
    print(f"wrote {table} and {picture}")


def _azimuths(start: float, stop: float, step: float) -> np.ndarray:
    """Azimuths [rad] from angles [deg]."""
    if not (0 < step < np.inf and np.isfinite((start, stop)).all() and 0 <= stop - start < _MOST_ASPECTS * step):
        raise ValueError(
            f"azimuths need --step > 0, --to >= --from and under {_MOST_ASPECTS} steps between them, got {start:g} to "
            f"{stop:g} by {step:g}"
        )
    return np.radians(start + step * np.arange(int((stop - start) / step + 1e-9) + 1))


def _config(polarisation: str, tubes: int) -> "TraceConfig":
    from raysim.trace import TraceConfig

    if polarisation not in ("VV", "HH", "VH", "HV"):
        raise ValueError(f"--polarisation must be one of VV, HH, VH, HV, got {polarisation!r}")
    sent, received = polarisation[0], polarisation[1]
    given = {"launch": {"object_tubes": tubes}, "transmit_polarisation": sent, "receive_polarisation": received}
    return TraceConfig.model_validate(given)


def _tell(result: "CrossSection", footprint: float, frequency: float) -> None:
    """Print the levels, and on stderr where tubes were wider than asked for."""
    from scipy.constants import c

    best = int(np.argmax(result.mean))
    print(f"mean {10 * np.log10(result.mean.mean()):.2f} dBsm, median {np.median(result.dbsm):.2f} dBsm, ", end="")
    print(f"largest {result.dbsm[best]:.2f} dBsm at {np.degrees(result.azimuth[best]):g} deg")
    width = result.tube_width * frequency / c
    wide = int(np.count_nonzero(width > footprint * (1 + 1e-9)))
    if wide:
        lost = "flat faces turned from the radar return too little; " if width.max() > _ENOUGH else ""
        print(
            f"Warning: at {wide} of {len(width)} aspects tubes are up to {width.max():.2g} wavelengths wide, not "
            f"{footprint:.2g}; {lost}--tubes allows more",
            file=sys.stderr,
        )


def _write_table(result: "CrossSection", path: Path) -> None:
    from radar_dsp.files import replaced

    with replaced(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["azimuth_deg", "elevation_deg", "rcs_m2", "rcs_dbsm"])
        for row in zip(np.degrees(result.azimuth), np.degrees(result.elevation), result.mean, result.dbsm, strict=True):
            writer.writerow([f"{row[0]:.6g}", f"{row[1]:.6g}", f"{row[2]:.6g}", f"{row[3]:.4f}"])
