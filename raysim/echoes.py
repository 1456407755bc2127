"""The strongest echoes of a frame: paths that no radar of some resolution tells apart, added up."""

from dataclasses import dataclass

import numpy as np
from scipy.constants import c

from raysim.paths import MAX_INTERACTIONS, Interaction, Paths
from raysim.sensors import to_polar

_LETTERS = {
    Interaction.REFLECTION: "R",
    Interaction.SCATTERING: "S",
    Interaction.DIFFRACTION: "D",
    Interaction.TRANSMISSION: "T",
}


@dataclass(frozen=True)
class Echo:
    """Paths of one kind, from one object, in one range cell.

    Attributes
    ----------
    power_db : float
        ``20 log10 |sum gain exp(-j 2 pi f delay)|``: received over transmitted power [dB].
    range : float
        Half the travelled length [m].
    azimuth, elevation : float
        Of arrival, in the radar's axes [rad].
    velocity : float
        Closing positive [m/s].
    kinds : str
        Interactions in order: R reflection, S scattering, D diffraction, T transmission.
    first_instance, last_instance : int
        Scene instance index; -1 = none.
    last_point : (3,) float64
        World [m].
    num_paths : int
    strongest : int
        Index of its strongest path.
    """

    power_db: float
    range: float
    azimuth: float
    elevation: float
    velocity: float
    kinds: str
    first_instance: int
    last_instance: int
    last_point: np.ndarray
    num_paths: int
    strongest: int


def kind_letters(kinds: int) -> str:
    """Interactions of a path as letters, e.g. ``"RS"``."""
    digits = [(int(kinds) >> (4 * i)) & 15 for i in range(MAX_INTERACTIONS)]
    return "".join(_LETTERS[Interaction(digit)] for digit in digits if digit)


def _groups(paths: Paths, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First path (num_groups,) of every kind, pair of objects and range cell; group (num_paths,) of every path."""
    keys = np.column_stack([paths.kinds, paths.first_instance, paths.last_instance, cell.astype(np.int64)])
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, group.reshape(-1)


def strongest_echoes(
    paths: Paths, pose: np.ndarray, *, frequency: float, range_cell: float, count: int = 20
) -> list[Echo]:
    """Add up paths by interactions, objects and range cell, and keep the strongest sums.

    Parameters
    ----------
    paths : Paths
    pose : (4, 4) float64
        Radar to world.
    frequency : float
        [Hz].
    range_cell : float
        [m], c / (2 bandwidth).
    count : int

    Returns
    -------
    list of Echo
        By falling power; place and velocity are means weighted by ``|gain|^2``.
    """
    if not range_cell > 0:
        raise ValueError(f"range_cell must be above 0 m, got {range_cell}")
    if not len(paths):
        return []
    distance = c * paths.delay / 2
    first, group = _groups(paths, np.floor(distance / range_cell))

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, len(first))

    channel = paths.gain * np.exp(-2j * np.pi * np.mod(frequency * paths.delay, 1.0))
    power = total(channel.real) ** 2 + total(channel.imag) ** 2
    weight = np.abs(paths.gain) ** 2
    mass = np.maximum(total(weight), np.finfo(float).tiny)
    best = np.argsort(-power, kind="stable")[:count]
    best = best[power[best] > 0]
    arrival = np.stack([total(weight * paths.arrival[:, k]) for k in range(3)], 1)[best]
    point = np.stack([total(weight * paths.last_point[:, k]) for k in range(3)], 1)[best] / mass[best, None]
    _, azimuth, elevation = to_polar(pose, pose[:3, 3] + arrival / np.linalg.norm(arrival, axis=1, keepdims=True))
    members = np.bincount(group)
    by_group = np.lexsort((-weight, group))
    strongest = by_group[np.searchsorted(group[by_group], np.arange(len(first)))]
    mean_range, mean_rate = total(weight * distance) / mass, total(weight * paths.delay_rate) / mass
    return [
        Echo(
            power_db=float(10 * np.log10(power[g])),
            range=float(mean_range[g]),
            azimuth=float(azimuth[i]),
            elevation=float(elevation[i]),
            velocity=float(-c / 2 * mean_rate[g]),
            kinds=kind_letters(paths.kinds[first[g]]),
            first_instance=int(paths.first_instance[first[g]]),
            last_instance=int(paths.last_instance[first[g]]),
            last_point=point[i],
            num_paths=int(members[g]),
            strongest=int(strongest[g]),
        )
        for i, g in enumerate(best)
    ]
