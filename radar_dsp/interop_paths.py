"""Files of propagation paths: what ``raysim trace`` and importers write, and ``radar-dsp csi`` reads.

HDF5 with the root attributes ``format`` = "raysim-paths" and ``carrier_frequency`` [Hz], the datasets of the group
``paths/`` as in a CSI file (docs/format.md), and ``radar/pose``: `raysim.path_file`. One frame, or several with
``paths/offsets``. A CSI file holds the strongest of its paths in the same layout and is read too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from radar_dsp.files import names_the_file
from raysim import path_file
from raysim.paths import Paths
from raysim.shards.reader import open_hdf5
from raysim.shards.schema import CSI

FORMAT = path_file.PATHS.format
NAMES = tuple(Paths.__dataclass_fields__)
TABLE = {entry.name: entry for entry in CSI}
INSTANCES = ("first_instance", "last_instance")  # stored as index + 1, 0 = none
SHARE_STRAY = 1e-6
BESIDE = 1.0  # [m] between transmit and receive array of one device
UNIT_STRAY = 1e-3  # of the length of a direction, and of the axes of a pose


@dataclass(frozen=True)
class PathFrame:
    """Paths of one frame, and the radar they arrive at.

    Attributes
    ----------
    paths : Paths
    pose : (4, 4) float64
        Receive array to world; x right, y down, z forward.
    carrier_frequency : float
        That the gains hold for [Hz].
    power_share : float
        Power of the paths over that of all there were; below 1 where a file keeps the strongest only.
    settings : mapping
        Sections of the configuration that made them; empty if unknown, or if the transmitter stands or looks
        elsewhere: cross-sections then do not follow from the receiver's place alone.
    """

    paths: Paths
    pose: np.ndarray
    carrier_frequency: float
    power_share: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("gain", "delay", "delay_rate", "delay_acceleration", "arrival", "departure"):
            if not np.isfinite(getattr(self.paths, name)).all():
                raise ValueError(f"paths/{name} holds values that are not finite")
        stray = np.abs(np.linalg.norm(self.paths.arrival, axis=1) - 1).max(initial=0)
        if stray > UNIT_STRAY:
            raise ValueError(f"paths/arrival must hold unit vectors, one is {stray:.3g} off")
        if (self.paths.delay < 0).any():
            raise ValueError("paths/delay must be zero or more; a delay relative to the first path has lost its range")
        axes = self.pose[:3, :3] if self.pose.shape == (4, 4) else np.zeros((3, 3))
        if not np.abs(axes.T @ axes - np.eye(3)).max() <= UNIT_STRAY:
            raise ValueError(f"radar/pose must be a 4 x 4 rigid motion, got {self.pose.tolist()}")
        if not 0 < self.carrier_frequency < np.inf:
            raise ValueError(f"carrier_frequency must be positive, got {self.carrier_frequency} Hz")
        if not 0 < self.power_share <= 1 + SHARE_STRAY:
            raise ValueError(f"paths/power_share must lie in (0, 1], got {self.power_share}")


def paths_only(path: Path) -> bool:
    """Whether an HDF5 file is one of paths (and no CSI file)."""
    with open_hdf5(path) as file:
        return str(file.attrs.get("format")) == FORMAT


def read_paths(path: Path, frame: int = 0) -> PathFrame:
    """Read the paths of one frame.

    Parameters
    ----------
    path : Path
        File of paths, or CSI file (its strongest paths).
    frame : int

    Returns
    -------
    PathFrame

    Raises
    ------
    FileNotFoundError, ValueError
        If the file cannot be read, or misses something.
    """
    with open_hdf5(path) as file, names_the_file(path):
        if str(file.attrs.get("format")) not in (FORMAT, CSI.format):
            raise ValueError(f"holds no paths: attribute format must be {FORMAT} or {CSI.format}")
        if "carrier_frequency" not in file.attrs:
            raise ValueError("attribute carrier_frequency [Hz] is missing")
        rows = _rows(file, frame)
        columns = {name: _column(file, f"paths/{name}", rows) for name in NAMES}
        pose = np.asarray(_array(file, "radar/pose"), float)
        share = float(_array(file, "paths/power_share")[frame]) if "paths/power_share" in file else 1.0
        found = PathFrame(_paths(columns), pose, float(file.attrs["carrier_frequency"]), share, _settings(file))
        _check_units(file)
        return found


def write_paths(path: Path, frame: PathFrame, *, source: str = "") -> None:
    """Write the paths of one frame, as `read_paths` reads them; `source` names the file they come from.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path_file.write_paths(
        path,
        frame.paths,
        pose=frame.pose,
        transmitter_offset=np.zeros(3),
        carrier_frequency=frame.carrier_frequency,
        instances=(),
        scene=source,
    )


def stored_columns(paths: Paths) -> dict[str, np.ndarray]:
    """Return the ``paths/*`` datasets of a CSI file, in the types of its table."""
    columns = {f"paths/{name}": getattr(paths, name) + (1 if name in INSTANCES else 0) for name in NAMES}
    return {name: values.astype(TABLE[name].dtype) for name, values in columns.items()}


def bare_paths(gain: np.ndarray, delay: np.ndarray, arrival: np.ndarray, departure: np.ndarray, **known) -> Paths:
    """Paths of another tool, which has no instances and often no motion.

    Parameters
    ----------
    gain : (num_paths,) complex128
    delay : (num_paths,) float64
        [s].
    arrival, departure : (num_paths, 3) float64
        World unit vectors, away from receiver and transmitter.
    **known
        Any other field of `raysim.paths.Paths`.

    Returns
    -------
    Paths
        Fields that nobody knows are zero, instances none, last points half the way of the delay along `arrival`.
    """
    from scipy.constants import c

    count, none = len(gain), np.full(len(gain), -1, np.int32)
    fields = {
        "delay_rate": np.zeros(count),
        "delay_acceleration": np.zeros(count),
        "depth": np.zeros(count, np.uint8),
        "kinds": np.zeros(count, np.uint32),
        "first_instance": none,
        "last_instance": none,
        "last_point": arrival * (c * delay / 2)[:, None],
    } | known
    return Paths(gain=gain, delay=delay, arrival=arrival, departure=departure, **fields)


def unit_vector(zenith: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """(..., 3) world unit vectors of zenith and azimuth angles, azimuth from x towards y [rad]."""
    return np.stack(
        [np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith) + 0 * azimuth], axis=-1
    )


def _settings(file: h5py.File) -> dict[str, Any]:
    if not _is_monostatic(file):
        return {}
    try:
        stored = yaml.safe_load(str(file.attrs.get("config", "")))
    except yaml.YAMLError as error:
        raise ValueError("attribute config is not YAML") from error
    return stored if isinstance(stored, dict) else {}


def _is_monostatic(file: h5py.File) -> bool:
    """Whether the transmit array stands beside the receive array and looks where it looks, as far as stored."""
    offset, rotation = (
        np.asarray(_array(file, name), float) if name in file else default
        for name, default in (("radar/transmitter_offset", np.zeros(3)), ("radar/transmitter_rotation", np.eye(3)))
    )
    turned = rotation.shape != (3, 3) or np.abs(rotation - np.eye(3)).max() > UNIT_STRAY
    return bool(np.linalg.norm(offset) <= BESIDE and not turned)


def _array(file: h5py.File, name: str) -> np.ndarray:
    node = file.get(name)
    if not isinstance(node, h5py.Dataset):
        raise ValueError(f"dataset {name} is missing")
    values = node[()]
    if not isinstance(values, np.ndarray) or not np.issubdtype(values.dtype, np.number):
        raise ValueError(f"{name} must be an array of numbers, got {node.dtype}")
    return values


def _column(file: h5py.File, name: str, rows: slice) -> np.ndarray:
    values = _array(file, name)
    if values.ndim == 0 or len(values) < rows.stop:
        raise ValueError(f"{name} must hold {rows.stop} paths, got shape {values.shape}")
    return values[rows]


def _check_units(file: h5py.File) -> None:
    for name in (f"paths/{name}" for name in NAMES):
        if (given := file[name].attrs.get("unit")) != TABLE[name].unit:
            raise ValueError(f"attribute unit of {name} must be {TABLE[name].unit!r}, got {given!r}")


def _rows(file: h5py.File, frame: int) -> slice:
    """Rows of a frame; a file without offsets has one."""
    if "paths/offsets" not in file:
        offsets = np.array([0, len(_array(file, "paths/gain"))])
    else:
        offsets = _array(file, "paths/offsets")
    if offsets.ndim != 1 or not 0 <= frame < len(offsets) - 1:
        raise ValueError(f"frame must lie in 0..{max(offsets.size - 2, 0)}, got {frame}")
    return slice(int(offsets[frame]), int(offsets[frame + 1]))


def _paths(columns: dict[str, np.ndarray]) -> Paths:
    types: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "gain": lambda x: x.astype(np.complex128),
        "depth": lambda x: x.astype(np.uint8),
        "kinds": lambda x: x.astype(np.uint32),
        "first_instance": lambda x: x.astype(np.int32) - 1,
        "last_instance": lambda x: x.astype(np.int32) - 1,
    }
    for name, values in columns.items():
        if np.iscomplexobj(values) and name != "gain":
            raise ValueError(f"paths/{name} must be real, got {values.dtype}")
    return Paths(**{name: types.get(name, lambda x: x.astype(float))(values) for name, values in columns.items()})
