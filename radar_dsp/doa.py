"""Directions of the targets in a range-Doppler cell: Bartlett, Capon, MUSIC and unitary ESPRIT on a planar array.

Run at peaks only: Bartlett's spectrum (the beams of the heatmap, the default) is the maximum-likelihood answer for one
target; the others part targets within one beam. Directions are cosines: right = cos(elevation) sin(azimuth), up =
sin(elevation).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from radar_dsp.cosines import azimuth_of, elevation_of
from radar_dsp.csi import Csi
from radar_dsp.estimate import Peak
from radar_dsp.spectra import Spectrum, bartlett, capon, music, spectrum_peaks
from radar_dsp.subspace import (
    Subspaces,
    check_order,
    model_order,
    peak_snapshots,
    steering,
    subspaces,
    unitary_transform,
)
from radar_dsp.windows import Weights, flat_weights

Method = Literal["bartlett", "capon", "music", "esprit"]
MOST_TARGETS = 8  # looked for in a cell
DYNAMIC_RANGE = 30.0  # [dB] under the strongest direction: weaker ones only mend an extended target's misfit
SIDELOBES = 9.0  # [dB] under the highest maximum; sidelobes of two equal targets reach 10 dB


@dataclass(frozen=True)
class Direction:
    """One direction found in a cell.

    Attributes
    ----------
    right, up : float
        Direction cosines.
    power : float
        Of its least-squares share of the snapshots: |path gain|^2 times the processing gain. For a single direction
        that is Bartlett's power.
    """

    right: float
    up: float
    power: float

    @property
    def azimuth(self) -> float:
        """Positive right [rad]; NaN if the cosines are those of no direction."""
        return azimuth_of(self.right, self.up)

    @property
    def elevation(self) -> float:
        """Positive up [rad]; NaN if the cosine is that of no direction."""
        return elevation_of(self.up)


def find_directions(
    csi: Csi,
    peak: Peak,
    method: Method = "bartlett",
    *,
    order: int | None = None,
    weights: Weights | None = None,
    neighbours: int = 0,
    subarray: tuple[int, int] | None = None,
) -> list[Direction]:
    """Directions of the targets that share a peak's range-Doppler cell.

    Parameters
    ----------
    csi : Csi
    peak : Peak
        Its range and velocity choose the cell.
    method : str
        bartlett, capon, music or esprit.
    order : int, optional
        Number of targets; by minimum description length if not given, and then without those `DYNAMIC_RANGE` under
        the strongest. Bartlett and Capon return at most that many, of the maxima within `SIDELOBES` of the highest.
    weights : four arrays of float64, optional
        Windows of the range-Doppler cell; rectangular if not given.
    neighbours : int
        Cells around the peak that give further snapshots (`peak_snapshots`).
    subarray : (int, int), optional
        Of the spatial smoothing; two thirds of the array if not given.

    Returns
    -------
    list of Direction
        Strongest first.

    Raises
    ------
    ValueError
        If the method is unknown or the order is not under the number of the subarray's elements.
    """
    if method not in ("bartlett", "capon", "music", "esprit"):
        raise ValueError(f"method must be bartlett, capon, music or esprit, got {method!r}")
    snapshots = peak_snapshots(csi, peak, flat_weights(csi) if weights is None else weights, neighbours=neighbours)
    spacing = csi.element_spacing
    beams = (snapshots.shape[0] * spacing, snapshots.shape[1] * spacing)
    if method == "bartlett":
        places = spectrum_peaks(bartlett(snapshots, spacing), beams, within_db=SIDELOBES)[:order]
    else:
        spaces = subspaces(snapshots, subarray)
        count = _targets(spaces, method) if order is None else order
        if method == "capon":
            places = spectrum_peaks(capon(spaces, spacing), beams, within_db=SIDELOBES)[:order]
        elif method == "music":
            places = spectrum_peaks(music(spaces, count, spacing), beams)[:count] if count else []
        else:
            places = [(up, right) for up, right in esprit(spaces, count, spacing) if np.hypot(up, right) <= 1]
    powers = least_squares_powers(snapshots, places, spacing)
    least = 0.0 if order is not None else max(powers, default=0.0) * 10 ** (-DYNAMIC_RANGE / 10)
    found = [Direction(right, up, p) for (up, right), p in zip(places, powers, strict=True) if p >= least]
    return sorted(found, key=lambda direction: -direction.power)


def direction_spectrum(
    csi: Csi, peak: Peak, method: Method, order: int | None = None, *, weights: Weights | None = None
) -> Spectrum:
    """Spectrum over directions in a peak's range-Doppler cell; ESPRIT has none, and gets Bartlett's.

    Parameters
    ----------
    csi, peak, method, order, weights
        As in `find_directions`.

    Returns
    -------
    callable
        (num_up,), (num_right,) cosines -> (num_up, num_right) float64; powers for Bartlett and Capon only.
    """
    snapshots = peak_snapshots(csi, peak, flat_weights(csi) if weights is None else weights)
    if method in ("bartlett", "esprit"):
        return bartlett(snapshots, csi.element_spacing)
    spaces = subspaces(snapshots)
    if method == "capon":
        return capon(spaces, csi.element_spacing)
    return music(spaces, _targets(spaces, method) if order is None else order, csi.element_spacing)


def _targets(spaces: Subspaces, method: Method) -> int:
    """Count the targets that a method can tell, by minimum description length."""
    most = esprit_capacity(spaces) if method == "esprit" else MOST_TARGETS
    return model_order(spaces, most=min(most, MOST_TARGETS))


def least_squares_powers(snapshots: np.ndarray, places: list[tuple[float, float]], spacing: float) -> list[float]:
    """Powers of plane waves from given directions that together fit the snapshots best.

    Parameters
    ----------
    snapshots : (rows, columns, num_snapshots) complex
    places : list of (float, float)
        Cosines up and right.
    spacing : float
        Of the elements [wavelengths].

    Returns
    -------
    list of float
        Mean over snapshots, times the number of elements.
    """
    if not places:
        return []
    rows, columns, _ = snapshots.shape
    up, right = np.array(places).T
    waves = steering(rows, spacing, up)[:, :, None] * steering(columns, spacing, right)[:, None, :]
    fit = np.linalg.lstsq(waves.reshape(len(places), -1).T, snapshots.reshape(rows * columns, -1), rcond=None)[0]
    return [float(power) for power in rows * columns * (np.abs(fit) ** 2).mean(axis=1)]


def esprit_capacity(spaces: Subspaces) -> int:
    """Return the largest number of targets that ESPRIT can pair; 0 for a line of elements."""
    high, wide = spaces.shape
    return min((high - 1) * wide, high * (wide - 1))


def esprit(spaces: Subspaces, order: int, spacing: float) -> list[tuple[float, float]]:
    """2-D unitary ESPRIT: directions from the shift invariance of the array, paired by themselves.

    Zoltowski, Haardt and Mathews 1996: real invariance equations ``K1 E Y = K2 E`` on rows and on columns; the
    eigenvalues of ``Y_rows + j Y_columns`` are ``tan(mu / 2) + j tan(nu / 2)``, mu and nu being the phases from element
    to element.

    Parameters
    ----------
    spaces : Subspaces
        Its subarray needs two rows and two columns.
    order : int
        Number of targets.
    spacing : float
        Of the elements [wavelengths].

    Returns
    -------
    list of (float, float)
        Cosines up and right; noise can put them outside the visible region.

    Raises
    ------
    ValueError
        If the subarray is a line, or too small for the order.
    """
    high, wide = spaces.shape
    if min(high, wide) < 2:
        raise ValueError(f"esprit needs subarrays of two rows and two columns, got {high} x {wide}")
    check_order(spaces, order, esprit_capacity(spaces) + 1)
    if order == 0:
        return []
    signal = spaces.eigenvectors[:, :order]
    rows = [np.kron(part, np.eye(wide)) @ signal for part in _invariance(high)]
    columns = [np.kron(np.eye(high), part) @ signal for part in _invariance(wide)]
    shift = [np.linalg.lstsq(first, second, rcond=None)[0] for first, second in (rows, columns)]
    tangent = np.linalg.eigvals(shift[0] + 1j * shift[1])
    turn = 1 / (np.pi * spacing)  # cosine = 2 atan(tangent) / (2 pi spacing)
    return [(float(np.arctan(t.real) * turn), float(np.arctan(t.imag) * turn)) for t in tangent]


def _invariance(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Real selection matrices K1, K2 of one axis, ((size - 1), size) each."""
    shifted = unitary_transform(size - 1).conj().T @ np.eye(size)[1:] @ unitary_transform(size)
    return shifted.real, shifted.imag
