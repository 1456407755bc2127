"""``raysim trace`` and ``raysim rcs``: the radio part alone, on anybody's geometry."""

import csv
import platform
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

if TYPE_CHECKING:
    from raysim.echoes import Echo
    from raysim.rcs import CrossSection
    from raysim.scene import Scene

_LIBRARIES = ("raysim", "numpy", "scipy", "numba", "embreex", "h5py", "trimesh")

Geometry = Annotated[Path, typer.Argument(help="glTF, OBJ, OFF, PLY or STL mesh, Mitsuba/Sionna XML or .blend scene.")]
Up = Annotated[str | None, typer.Option(help="Axis of the file that points up, y or z [default: y for glTF].")]
Scale = Annotated[float, typer.Option(help="Metres per unit of the file.")]
Fallback = Annotated[str | None, typer.Option("--material", help="Of surfaces without a known one [default: metal].")]
Seed = Annotated[int, typer.Option(min=0, help="Of grid shifts and diffuse phases.")]
Threads = Annotated[int, typer.Option(min=1, help="The result does not depend on them.")]


def register(app: typer.Typer) -> None:
    """Add both commands to the ``raysim`` command."""
    app.command()(trace)
    app.command()(rcs)


def trace(
    scene: Geometry,
    radar: Annotated[Path | None, typer.Option(help="YAML: position, target, radar, trace.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="[default: <scene>-paths.h5 beside it]")] = None,
    strongest: Annotated[int, typer.Option(min=0, help="Echoes in the table.")] = 15,
    up: Up = None,
    scale: Scale = 1.0,
    material: Fallback = None,
    seed: Seed = 0,
    threads: Threads = 2,
) -> None:
    """Trace the paths of one radar through a scene, into a file that ``radar-dsp csi`` reads.

    Example: raysim trace canyon.xml --radar radar.yaml -o paths.h5
    """
    from raysim.app.radio_config import read_radio_config
    from raysim.echoes import strongest_echoes
    from raysim.intersect import RayCaster
    from raysim.path_file import write_paths
    from raysim.paths import concatenate
    from raysim.pieces import with_sensors
    from raysim.trace import trace as trace_frame

    config = read_radio_config(radar)
    with _plain_warnings():
        loaded = _load(scene, up, scale, material)
        placed = with_sensors(loaded, config.sensors(loaded))
        frequency = config.radar.carrier_frequency
        blocks = list(
            trace_frame(RayCaster(placed).frame(0), config.trace, frequency=frequency, seed=seed, threads=threads)
        )
    if not blocks:
        raise ValueError(f"{scene}: no tube met anything; does the radar look at the scene?")
    paths = concatenate(blocks)
    file = output or scene.with_name(f"{scene.stem}-paths.h5")
    names = tuple(instance.name for instance in placed.instances)
    pose, offset = placed.sensors.radar.pose, placed.sensors.radar.transmitter_offset
    versions = {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()}
    write_paths(
        file, paths, pose=pose, transmitter_offset=offset, carrier_frequency=frequency, instances=names,
        scene=scene.name, config=config.to_yaml(), seed=seed, versions=versions,
    )  # fmt: skip
    cell = config.radar.range_resolution
    if strongest:
        _print_echoes(strongest_echoes(paths, pose, frequency=frequency, range_cell=cell, count=strongest), names, cell)
    print(f"wrote {file}: {len(paths)} paths of {len(names)} objects, {len(placed.mesh.triangles)} triangles")


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
    up: Up = None,
    scale: Scale = 1.0,
    material: Fallback = None,
    seed: Seed = 0,
    threads: Threads = 2,
) -> None:
    """Radar cross section of a mesh against aspect: a table (CSV) and a picture (PNG).

    Example: raysim rcs car.glb --step 0.5 --elevation 10
    """
    from raysim.app.radio_figures import plot_cross_section
    from raysim.rcs import radar_cross_section
    from raysim.trace import TraceConfig

    if not (step > 0 and stop >= start):
        raise ValueError(f"azimuths need --step > 0 and --to >= --from, got {start:g} to {stop:g} by {step:g}")
    target = output or mesh.with_name(f"{mesh.stem}-rcs.csv")
    if target.suffix not in (".csv", ".png"):
        raise ValueError(f"--output must end in .csv or .png (both are written), got {target}")
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
    with _plain_warnings():
        loaded = _load(mesh, up, scale, material)
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


def _load(path: Path, up: str | None, scale: float, material: str | None) -> "Scene":
    from raysim.meshes import load_scene

    axis: Literal["y", "z"] | None
    match up:
        case None | "y" | "z":
            axis = up
        case _:
            raise ValueError(f"--up must be y or z, got {up!r}")
    if path.suffix.lower() == ".blend":
        return _load_blend(path, axis or "z", scale, material)
    return load_scene(path, up=axis, scale=scale, default_material=material)


def _load_blend(path: Path, up: Literal["y", "z"], scale: float, material: str | None) -> "Scene":
    """Read the first frame of a .blend file; a material's property `radio_material` goes before its name."""
    from blender_scenes.renderer import BlenderRenderer, find_blender
    from raysim.mesh_files import NO_MATERIAL, Surface
    from raysim.meshes import make_pieces
    from raysim.pieces import assemble, radar_at

    program = None if find_blender(None) else shutil.which("blender")  # the wheel is the newer one of the two
    if find_blender(program) is None:
        raise ValueError(f"{path}: needs a Blender: install the bpy wheel (pip install raysim[blender]) or blender")
    with BlenderRenderer(program, quality="draft") as blender:
        file = blender.read_blend(path)
    surfaces = []
    for thing in file.objects:
        pose = thing.pose[0]
        triangles = thing.triangles[:, ::-1] if np.linalg.det(pose[:3, :3]) < 0 else thing.triangles
        world = thing.vertices.astype(float) @ pose[:3, :3].T + pose[:3, 3]
        for index in np.unique(thing.material):
            of = file.materials[index] if index >= 0 else None
            name = str(of.properties.get("radio_material", of.name)) if of else NO_MATERIAL
            colour = of.colour if of else Surface.colour
            surfaces.append(Surface(thing.name, world, triangles[thing.material == index].astype(int), name, colour))
    return assemble(
        make_pieces(surfaces, path, up=up, scale=scale, default_material=material), radar_at((0, 0, 0), (1, 0, 0))
    )


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print warnings as lines without the place in the code, which says nothing to a user."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, *_: print(f"Warning: {message}", file=sys.stderr)
        yield


def _print_echoes(echoes: "list[Echo]", names: tuple[str, ...], cell: float) -> None:
    columns = ("power [dB]", "range [m]", "az [deg]", "el [deg]", "v [m/s]", "kinds", "objects", "paths")
    table = Table(*columns, title=f"strongest echoes, range cells of {cell:.3f} m")
    for echo in echoes:
        ends = [names[i] for i in (echo.first_instance, echo.last_instance) if i >= 0]
        numbers = np.round((np.degrees(echo.azimuth), np.degrees(echo.elevation), echo.velocity), 2) + 0.0  # no -0.00
        table.add_row(
            f"{echo.power_db:.1f}", f"{echo.range:.2f}", *(f"{x:.2f}" for x in numbers), echo.kinds,
            " ... ".join(dict.fromkeys(ends)), str(echo.num_paths),
        )  # fmt: skip
    Console(width=140).print(table)


def _write_table(result: "CrossSection", path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["azimuth_deg", "elevation_deg", "rcs_m2", "rcs_dbsm"])
        for row in zip(np.degrees(result.azimuth), np.degrees(result.elevation), result.mean, result.dbsm, strict=True):
            writer.writerow([f"{row[0]:.6g}", f"{row[1]:.6g}", f"{row[2]:.6g}", f"{row[3]:.4f}"])
