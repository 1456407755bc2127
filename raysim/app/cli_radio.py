"""``raysim trace`` and ``raysim echoes``: the radio part alone, on anybody's geometry."""

import platform
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysim.app.options import Csv, Fallback, Geometry, Scale, Seed, Threads, Up, checked_output

if TYPE_CHECKING:
    from raysim.app.radio_config import RadioConfig
    from raysim.intersect import FrameCaster
    from raysim.sensors import Radar

_LIBRARIES = ("raysim", "numpy", "scipy", "numba", "embreex", "h5py", "trimesh")


def trace(
    scene: Geometry,
    radar: Annotated[Path | None, typer.Option(help="YAML: position, target, stations, radar, trace ...")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="[default: <scene>-paths.h5 beside it]")] = None,
    strongest: Annotated[int, typer.Option(min=0, help="Echoes in the table.")] = 15,
    up: Up = None,
    scale: Scale = None,
    material: Fallback = None,
    seed: Seed = 0,
    threads: Threads = 2,
) -> None:
    """Trace the paths of a scene's radars, each pair into a file that ``radar-dsp csi`` and ``raysim view`` read.

    Example: raysim trace canyon.xml --radar radar.yaml -o paths.h5
    """
    from raysim.app.echo_table import print_echoes
    from raysim.app.geometry import plain_warnings, read_geometry
    from raysim.app.radio_config import read_radio_config
    from raysim.echoes import strongest_echoes
    from raysim.intersect import RayCaster
    from raysim.path_file import write_paths
    from raysim.paths import concatenate
    from raysim.stations import trace_radars

    config = read_radio_config(radar).with_geometry(up, scale, material)
    file = checked_output(output, scene.parent / f"{scene.stem}-paths.h5", (".h5", ".hdf5"))
    frequency, cell = config.radar.carrier_frequency, config.radar.range_resolution
    versions = {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()}
    with plain_warnings():
        loaded = read_geometry(scene, config.geometry.up, config.geometry.scale, config.geometry.material)
        loaded = replace(loaded, weather=config.weather.build())
        caster, radars = RayCaster(loaded).frame(0), config.radars(loaded)
        _check_places(config, caster, radars)
        names = tuple(instance.name for instance in loaded.instances)
        traced = trace_radars(caster, radars, config.trace, frequency=frequency, seed=seed, threads=threads)
        written = 0
        for pair, blocks in traced:
            if not sum(len(block) for block in blocks):
                if pair:
                    warnings.warn(f"{scene}: nothing comes back of {pair}: no file of it", stacklevel=1)
                continue
            paths, placed = concatenate(blocks), radars[pair]
            target = file.with_name(f"{file.stem}-{pair}{file.suffix}") if pair else file
            write_paths(
                target, paths, pose=placed.pose, transmitter_offset=placed.transmitter_offset,
                transmitter_rotation=placed.transmitter_rotation, carrier_frequency=frequency, instances=names,
                scene=scene.name, config=config.to_yaml(), pair=pair, seed=seed, versions=versions,
            )  # fmt: skip
            if strongest:
                found = strongest_echoes(paths, placed.pose, frequency=frequency, range_cell=cell, count=strongest)
                print_echoes(found, names, f"{pair}: " * bool(pair), cell)
            written += 1
            print(f"wrote {target}: {len(paths)} paths of {len(names)} objects, {len(loaded.mesh.triangles)} triangles")
    if not written:
        raise ValueError(
            f"{scene}: nothing comes back; does the radar look at the scene, nearer than trace.max_length / 2?"
        )


def echoes(
    file: Annotated[Path, typer.Argument(help="File of paths, as raysim trace writes it.")],
    strongest: Annotated[int, typer.Option(min=1, help="Echoes in the table.")] = 15,
    cell: Annotated[float | None, typer.Option(help="Range cell [m] [default: of the radar in the file].")] = None,
    csv: Csv = None,
) -> None:
    """Tell what a file of paths holds: its strongest echoes, paths of one object in one range cell added up.

    Example: raysim echoes paths.h5 --strongest 100 --csv echoes.csv
    """
    from raysim.app.echo_table import print_echoes, write_echoes
    from raysim.app.radio_config import stored_radio_config
    from raysim.echoes import strongest_echoes
    from raysim.path_file import read_path_file

    if csv:
        checked_output(csv, csv, (".csv",), "--csv")
    held = read_path_file(file)
    size = stored_radio_config(held.config, file).radar.range_resolution if cell is None else cell
    found = strongest_echoes(
        held.paths, held.radar.pose, frequency=held.carrier_frequency, range_cell=size, count=strongest
    )
    if csv:
        write_echoes(found, held.instances, csv, carrier_frequency=held.carrier_frequency)
    print_echoes(found, held.instances, f"{held.pair}: " * bool(held.pair), size)
    x, y, z = held.radar.receiver
    print(f"{len(held.paths)} paths of {len(held.instances)} objects at {held.carrier_frequency / 1e9:g} GHz, ", end="")
    print(f"received at ({x:.2f}, {y:.2f}, {z:.2f}) m" + (f"; wrote {csv}" if csv else ""))


def view_paths(file: Path, output: Path, scene: Path | None, strongest: int) -> Path:
    """Write the page of a file of paths; `scene` None = the file of the stored name beside it."""
    from raysim.app.geometry import plain_warnings, read_geometry
    from raysim.app.radio_config import stored_radio_config
    from raysim.app.ray_page import write_ray_page
    from raysim.path_file import read_path_file

    held = read_path_file(file)
    config, place = stored_radio_config(held.config, file), scene or file.with_name(held.scene)
    if not held.scene or not place.is_file():
        raise FileNotFoundError(f"{file}: its scene {held.scene!r} is not at {place}: say where with --scene")
    with plain_warnings():
        loaded = read_geometry(place, config.geometry.up, config.geometry.scale, config.geometry.material)
    return write_ray_page(held, loaded, output, range_cell=config.radar.range_resolution, strongest=strongest)


def _check_places(config: "RadioConfig", caster: "FrameCaster", radars: "dict[str, Radar]") -> None:
    """Refuse radars inside of things: what they would see looks like data."""
    from raysim.stations import enclosing_object

    if config.indoors:
        return
    for pair, radar in radars.items():
        for end, place in (("transmitter", radar.transmitter), ("receiver", radar.receiver)):
            if thing := enclosing_object(caster, place):
                raise ValueError(
                    f"{end}{f' of {pair}' if pair else ''} at {place.round(3).tolist()} stands inside or under "
                    f"{thing!r}: move it, or say `indoors: true` in the radar's file if that is a room"
                )
