"""CSI from a user's own arrays: any HDF5 or npz file with a complex array, axes from the file or by hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from radar_dsp.array_files import read_npz
from radar_dsp.csi import Csi
from radar_dsp.files import checked_values, names_the_file
from raysim.shards.reader import open_hdf5


@dataclass(frozen=True)
class GivenAxes:
    """What a user states about an array whose file does not say it; None = read it from the file.

    Attributes
    ----------
    dataset : str or None
        Name of the complex array; None = ``csi``, or the only complex array there is.
    carrier_frequency, tone_spacing : float or None
        [Hz]; `tone_spacing` is the distance of the subcarriers in the array.
    symbol_interval : float or None
        [s].
    element_spacing : float or None
        [wavelengths]; 0.5 where the file does not say it either.
    """

    dataset: str | None = None
    carrier_frequency: float | None = None
    tone_spacing: float | None = None
    symbol_interval: float | None = None
    element_spacing: float | None = None


def csi_from_arrays(path: Path, given: GivenAxes, frame: int) -> Csi:
    """CSI of one frame of a user's own HDF5 or npz file.

    Parameters
    ----------
    path : Path
        Holds a complex array (rows, columns, symbols, subcarriers), with frames in front of them or without
        the array axes. Axes come from `given`, else from ``subcarrier_frequency``, ``symbol_time``,
        ``carrier_frequency`` and ``element_spacing`` in the file.
    given : GivenAxes
    frame : int
        Of a five-dimensional array.

    Returns
    -------
    Csi
        Pose = sensor axes as world axes; noise unknown unless the file has ``noise_variance``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file cannot be read, or misses something.
    """
    with _opened(path) as file, names_the_file(path):
        name = given.dataset or _only_complex(file)
        if name not in file:
            raise ValueError(f"has no dataset {name!r}, only {', '.join(_names(file)) or 'nothing'}")
        carrier = _needed(given.carrier_frequency, _number(file, "carrier_frequency"), "carrier [Hz]", "--carrier")
        values = _one_frame(file[name], frame)
        frequency = _axis(
            given.tone_spacing, file, "subcarrier_frequency", values.shape[3], "[Hz]", "--subcarrier-spacing"
        )
        time = _axis(given.symbol_interval, file, "symbol_time", values.shape[2], "[s]", "--symbol-interval")
        noise = _number(file, "noise_variance")
        pitch = _number(file, "element_spacing")
        pitch = _needed(given.element_spacing, 0.5 if pitch is None else pitch, "element spacing", "--element-spacing")
        return Csi(values, frequency, time, carrier, pitch, np.eye(4), noise)


def array_shapes(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return shape and type of every array in an HDF5 or npz file, by name."""
    with _opened(path) as file:
        return {name: (file[name].shape, file[name].dtype) for name in _names(file)}


@contextmanager
def _opened(path: Path) -> Iterator[Mapping]:
    if path.suffix != ".npz":
        with open_hdf5(path) as file:
            yield file
        return
    yield read_npz(path)


def _names(file: Mapping) -> list[str]:
    if not isinstance(file, h5py.File):
        return list(file)
    found: list[str] = []
    file.visititems(lambda name, node: found.append(name) if isinstance(node, h5py.Dataset) else None)
    return found


def _only_complex(file: Mapping) -> str:
    complex_names = [name for name in _names(file) if np.iscomplexobj(np.empty(0, file[name].dtype))]
    if "csi" in complex_names:
        return "csi"
    if not complex_names:
        raise ValueError(f"has no complex array, only {', '.join(_names(file)) or 'nothing'}")
    if len(complex_names) > 1:
        raise ValueError(f"--dataset must name the complex array, one of: {', '.join(complex_names)}")
    return complex_names[0]


def _number(file: Mapping, name: str) -> float | None:
    holder = file.attrs if isinstance(file, h5py.File) and name in file.attrs else file
    return float(np.asarray(holder[name])[()]) if name in holder else None


def _needed(given: float | None, stored: float | None, what: str, flag: str) -> float:
    value = stored if given is None else given
    if value is None:
        raise ValueError(f"does not say its {what}; give {flag}")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{flag} must be positive, got {value}")
    return value


def _axis(step: float | None, file: Mapping, name: str, count: int, unit: str, flag: str) -> np.ndarray:
    if step is None and name in file:
        return np.asarray(file[name], float)
    step = _needed(step, None, f"{name.replace('_', ' ')} {unit}", flag)
    centre = count // 2 if name == "subcarrier_frequency" else (count - 1) / 2
    return (np.arange(count) - centre) * step


def _one_frame(dataset: Any, frame: int) -> np.ndarray:
    if dataset.ndim not in (2, 4, 5):
        raise ValueError(
            "csi must be (rows, columns, symbols, subcarriers), with frames in front or without the array, "
            f"got shape {dataset.shape}"
        )
    frames = dataset.shape[0] if dataset.ndim == 5 else 1
    if not 0 <= frame < frames:
        raise ValueError(f"frame must lie in 0..{frames - 1}, got {frame}")
    values = dataset[frame] if dataset.ndim == 5 else dataset[()]
    return checked_values(values[None, None] if dataset.ndim == 2 else values)
