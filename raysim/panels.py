"""Layered panels of streets and cars, for `raysim.slab`: windows, car glass, walls, fences.

Layers are named by their electrical law (`raysim.electrical`); a metal film is known by its resistance, a wire mesh
by its wires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import c, pi
from scipy.special import h2vp, hankel2, jv, jvp

from raysim.electrical import ELECTRICAL, complex_permittivity, plain_name
from raysim.slab import FREE_SPACE_IMPEDANCE, coating, sheet, single_slab, slab

DARK = 10**-2.5  # share of the power that is not worth following through a panel


@dataclass(frozen=True)
class Layer:
    """A layer of a panel.

    Attributes
    ----------
    electrical : str
        Key of `raysim.materials.ELECTRICAL`.
    thickness : float
        [m], above 0.
    """

    electrical: str
    thickness: float

    def __post_init__(self):
        if self.electrical not in ELECTRICAL:
            raise ValueError(f"layer: electrical must be one of {sorted(ELECTRICAL)}, got {self.electrical!r}")
        if not 0 < self.thickness < np.inf:
            raise ValueError(f"layer of {self.electrical}: thickness must be above 0 m, got {self.thickness}")


@dataclass(frozen=True)
class Film:
    """A metal film.

    Attributes
    ----------
    sheet_resistance : float
        [ohm per square].
    """

    sheet_resistance: float


@dataclass(frozen=True)
class WireMesh:
    """Two families of parallel wires that cross: chain-link and welded fences.

    Attributes
    ----------
    wire : float
        Diameter [m].
    spacing : float
        Between the wires of a family [m].
    """

    wire: float
    spacing: float

    def __post_init__(self):
        if not 0 < self.wire < self.spacing:
            raise ValueError(f"wire mesh: need 0 < wire < spacing, got {self.wire} and {self.spacing} m")


Panel = tuple[Layer | Film | WireMesh, ...]

# Usual constructions, outer face first. Films: 4 ohm per square of window silver, 3 of infrared-reflecting windscreens.
# The windscreen's polyvinyl butyral is taken for plastic.
PANELS: dict[str, Panel] = {
    "side_window": (Layer("glass", 3.85e-3),),
    "windscreen": (Layer("glass", 2.1e-3), Layer("plastic", 0.76e-3), Layer("glass", 2.1e-3)),
    "coated_windscreen": (Layer("glass", 2.1e-3), Film(3.0), Layer("plastic", 0.76e-3), Layer("glass", 2.1e-3)),
    "single_glazing": (Layer("glass", 4e-3),),
    "shop_window": (Layer("glass", 8e-3),),
    "double_glazing": (Layer("glass", 4e-3), Layer("vacuum", 16e-3), Layer("glass", 4e-3)),
    "coated_double_glazing": (Layer("glass", 4e-3), Layer("vacuum", 16e-3), Film(4.0), Layer("glass", 4e-3)),
    "partition": (Layer("plasterboard", 12.5e-3), Layer("vacuum", 75e-3), Layer("plasterboard", 12.5e-3)),
    "wooden_door": (Layer("wood", 40e-3),),
    "wooden_fence": (Layer("wood", 20e-3),),
    "chain_link_fence": (WireMesh(3e-3, 50e-3),),
    "plastic_panel": (Layer("plastic", 3e-3),),
}
_LAWS = {"chain_link_fence": "metal"}  # of the outer face, where that is no layer


def match_panel(name: str) -> tuple[str, str] | None:
    """Panel that a material's name stands for: ``"double_glazing"``, ``"mat-Coated windscreen.001"``.

    Parameters
    ----------
    name : str
        As scenes of other tools have it.

    Returns
    -------
    (str, str) or None
        Key of `PANELS` and the electrical law of its outer face; None where the name is no panel's.
    """
    key = plain_name(name)
    if key not in PANELS:
        return None
    outer = PANELS[key][0]
    return key, outer.electrical if isinstance(outer, Layer) else _LAWS[key]


def is_dark(panel: Panel) -> bool:
    """Tell whether metal films let less than -25 dB of the power through a panel: nothing behind it answers.

    Parameters
    ----------
    panel : tuple of Layer, Film and WireMesh

    Returns
    -------
    bool
        By the films alone, thin sheets in free space with T = 2 / (2 + Z0 / R): at any frequency.
    """
    films = [2 / (2 + FREE_SPACE_IMPEDANCE / part.sheet_resistance) for part in panel if isinstance(part, Film)]
    return float(np.prod(films)) ** 2 < DARK


def wire_mesh_transmission(mesh: WireMesh, frequency: float) -> complex:
    """Amplitude that passes a mesh straight on, at normal incidence, mean of both polarisations.

    Parameters
    ----------
    mesh : WireMesh
        Wires some wavelengths apart: they scatter independently of each other.
    frequency : float
        [Hz].

    Returns
    -------
    complex
        1 - (shares of the wires' extinction widths): what is missing leaves in other directions.

    References
    ----------
    van de Hulst, Light Scattering by Small Particles, sections 4.3 (screens) and 15 (cylinders).
    """
    k = 2 * pi * frequency / c
    x, order = k * mesh.wire / 2, np.arange(int(4 + 2 * k * mesh.wire))
    weight = np.where(order == 0, 1, 2)
    parallel, across = jv(order, x) / hankel2(order, x), jvp(order, x) / h2vp(order, x)
    taken = complex(np.sum(weight * (parallel + across))) / 2  # by one wire, in the direction of travel
    return 1 - 2 * (2 / (k * mesh.spacing)) * taken  # two families


def panel_layers(panel: Panel, frequency: float) -> tuple[np.ndarray, np.ndarray]:
    """Permittivities and thicknesses of a panel, as `raysim.slab.slab` takes them.

    Parameters
    ----------
    panel : tuple of Layer, Film and WireMesh
        Outer face first, e.g. one of `PANELS`.
    frequency : float
        [Hz].

    Returns
    -------
    permittivity : (num_layers,) complex128
        [1].
    thickness : (num_layers,) float64
        [m].
    """
    if not panel:
        raise ValueError("a panel needs at least one layer, got none")
    permittivity, thickness = zip(*(_layer(part, frequency) for part in panel), strict=True)
    return np.array(permittivity, complex), np.array(thickness, float)


def _layer(part: Layer | Film | WireMesh, frequency: float) -> tuple[complex, float]:
    if isinstance(part, Film):
        return coating(part.sheet_resistance, frequency)
    if isinstance(part, WireMesh):  # the thin sheet, T = 1 + R = 2 / (2 + Z0 Y), that lets as much pass
        return sheet(2 / wire_mesh_transmission(part, frequency) - 2, frequency)
    return complex_permittivity(part.electrical, frequency), part.thickness


class PanelTable(NamedTuple):
    """Layers of many panels, for kernels; panel i seen from its outer face has row 2 i, from behind row 2 i + 1."""

    first: np.ndarray  # (2 num_panels + 1,) int64: where a row's layers start
    permittivity: np.ndarray  # (total,) complex128
    thickness: np.ndarray  # (total,) float64 [m]
    whole: np.ndarray  # (num_panels,) float64 [m]; 0 = no panel but a half-space


def panel_table(panels: Sequence[Panel], frequency: float) -> PanelTable:
    """Put panels, an empty one for each half-space, into one table; frequency in Hz."""
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    for panel in panels:
        layers = panel_layers(panel, frequency) if panel else (np.empty(0, complex), np.empty(0))
        rows += [layers, (layers[0][::-1], layers[1][::-1])]
    permittivity, thickness = (np.concatenate(column) for column in zip(*rows, strict=True))
    first = np.cumsum([0, *(len(row[0]) for row in rows)])
    return PanelTable(first, permittivity, thickness, np.array([row[1].sum() for row in rows[::2]]))


@njit(cache=True, error_model="numpy")
def panel_coefficients(table, panel, behind, wavelength, cos_incidence):
    """Coefficients of a panel, as `raysim.slab.slab` gives them.

    Parameters
    ----------
    table : PanelTable
    panel : int
        Not an empty one.
    behind : bool
        Whether the wave meets the inner face first.
    wavelength, cos_incidence : float
        [m], [1].
    """
    start, end = table.first[2 * panel + behind], table.first[2 * panel + behind + 1]
    if end == start + 1:
        return single_slab(table.permittivity[start], table.thickness[start], wavelength, cos_incidence)
    return slab(table.permittivity[start:end], table.thickness[start:end], wavelength, cos_incidence)
