"""``radar-dsp import``: files of other tools, turned into files that the other commands read."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from radar_dsp.array_files import read_arrays
from radar_dsp.cli_input import readable, target_path
from radar_dsp.files import names_the_file, write_map
from radar_dsp.interop_cruw import cruw_heatmap
from radar_dsp.interop_deepmimo import deepmimo_paths
from radar_dsp.interop_paths import PathFrame, write_paths
from radar_dsp.interop_sionna import sionna_paths
from radar_dsp.plot import plot_heatmap
from raysim.sensors import look_at

importers = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Files of Sionna RT, DeepMIMO and CRUW.")
Input = Annotated[Path, typer.Argument(help="File of the other tool: npz, npy, mat or HDF5.")]
PathsOutput = Annotated[Path | None, typer.Option("-o", "--output", help=".h5 file of paths; default: beside it.")]
Heading = Annotated[float, typer.Option(help="Where the array looks, from x towards y [deg].")]
Downtilt = Annotated[float, typer.Option(min=-89, max=89, help="How far it looks down [deg].")]
Receiver = Annotated[int, typer.Option(help="Which receiver.")]


@importers.command()
def sionna(
    file: Input,
    output: PathsOutput = None,
    receiver: Receiver = 0,
    transmitter: Annotated[int, typer.Option(help="Which transmitter.")] = 0,
    heading: Heading = 0.0,
    downtilt: Downtilt = 0.0,
) -> None:
    """Paths of Sionna RT, with absolute delays: call cir(normalize_delays=False) and store that with them.

    \b
    In Python:
      a, tau = paths.cir(normalize_delays=False, out_type="numpy")
      np.savez("paths.npz", a=a, tau=tau, normalize_delays=False, frequency=scene.frequency,
               theta_r=paths.theta_r, phi_r=paths.phi_r, theta_t=paths.theta_t, phi_t=paths.phi_t,
               doppler=paths.doppler)
    \b
    Example:
      radar-dsp import sionna paths.npz -o paths.h5 && radar-dsp csi paths.h5 -o csi.h5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(file, output, "paths", 0, picture=False)
    with readable(file):
        arrays = read_arrays(file)
        with names_the_file(file):
            found = sionna_paths(arrays, _pose(heading, downtilt), receiver=receiver, transmitter=transmitter)
    _write(target, found, file.name)


@importers.command()
def deepmimo(
    file: Input,
    output: PathsOutput = None,
    carrier: Annotated[float | None, typer.Option(help="Carrier of the dataset [Hz]; the file does not say.")] = None,
    receiver: Receiver = 0,
    heading: Heading = 0.0,
    downtilt: Downtilt = 0.0,
) -> None:
    """Paths of DeepMIMO v4 to one receiver: power, phase, delay, aoa_az, aoa_el (aod_az, aod_el, doppler).

    \b
    Example:
      radar-dsp import deepmimo o1_28.mat --carrier 28e9 --receiver 17 -o paths.h5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(file, output, "paths", 0, picture=False)
    with readable(file):
        arrays = read_arrays(file)
        with names_the_file(file):
            if carrier is None or not 0 < carrier < np.inf:
                raise ValueError(f"does not say its carrier [Hz]; give --carrier, a positive frequency, got {carrier}")
            found = deepmimo_paths(arrays, _pose(heading, downtilt), carrier_frequency=carrier, receiver=receiver)
    _write(target, found, file.name)


@importers.command()
def cruw(
    file: Input,
    output: Annotated[Path | None, typer.Option("-o", "--output", help=".h5 or PNG; default: .h5 beside it.")] = None,
) -> None:
    """Range-azimuth frame of CRUW / ROD2021: npy of 128 x 128 x 2, several chirps are summed in power.

    \b
    Example:
      radar-dsp import cruw 000000_0000.npy -o map.h5 && radar-dsp heatmap map.h5 --cartesian
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(file, output, "map", 0, data=(".h5", ".hdf5", ".png"), picture=False)
    with readable(file):
        arrays = read_arrays(file)
        with names_the_file(file):
            if len(arrays) != 1:
                raise ValueError(f"must hold one array, got {', '.join(sorted(arrays)) or 'none'}")
            found = cruw_heatmap(next(iter(arrays.values())))
    if target.suffix.lower() == ".png":
        plot_heatmap(found, target, title=file.name)
    else:
        write_map(target, found)
    print(f"wrote {target}: {found.decibels.shape[0]} ranges x {found.decibels.shape[1]} azimuths")


def _pose(heading: float, downtilt: float) -> np.ndarray:
    """Pose of an array at the origin; tools of other hands look along x where nothing is turned."""
    azimuth, down = np.radians([heading, downtilt])
    forward = (np.cos(down) * np.cos(azimuth), np.cos(down) * np.sin(azimuth), -np.sin(down))
    return look_at((0.0, 0.0, 0.0), forward)


def _write(target: Path, found: PathFrame, source: str) -> None:
    write_paths(target, found, source=source)
    power = np.sum(np.abs(found.paths.gain) ** 2)
    level = f"{10 * np.log10(power):.1f} dB in all" if power > 0 else "no power"
    print(f"wrote {target}: {len(found.paths)} paths, {level}")
