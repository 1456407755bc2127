"""Layered panels of streets and cars, for `raysim.slab`: windows, car glass, walls.

Layers are named by their electrical law (`raysim.materials`); a metal film by its resistance.
"""

from dataclasses import dataclass

import numpy as np

from raysim.materials import ELECTRICAL, complex_permittivity
from raysim.slab import coating


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


Panel = tuple[Layer | Film, ...]

# Usual constructions, outer face first. Films: 4 ohm per square of window silver, 3 of infrared-reflecting windscreens.
# The windscreen's polyvinyl butyral is taken for plastic.
PANELS: dict[str, Panel] = {
    "side_window": (Layer("glass", 3.85e-3),),
    "windscreen": (Layer("glass", 2.1e-3), Layer("plastic", 0.76e-3), Layer("glass", 2.1e-3)),
    "coated_windscreen": (Layer("glass", 2.1e-3), Film(3.0), Layer("plastic", 0.76e-3), Layer("glass", 2.1e-3)),
    "shop_window": (Layer("glass", 8e-3),),
    "double_glazing": (Layer("glass", 4e-3), Layer("vacuum", 16e-3), Layer("glass", 4e-3)),
    "coated_double_glazing": (Layer("glass", 4e-3), Layer("vacuum", 16e-3), Film(4.0), Layer("glass", 4e-3)),
    "partition": (Layer("plasterboard", 12.5e-3), Layer("vacuum", 75e-3), Layer("plasterboard", 12.5e-3)),
    "wooden_door": (Layer("wood", 40e-3),),
    "plastic_panel": (Layer("plastic", 3e-3),),
}


def panel_layers(panel: Panel, frequency: float) -> tuple[np.ndarray, np.ndarray]:
    """Permittivities and thicknesses of a panel, as `raysim.slab.slab` takes them.

    Parameters
    ----------
    panel : tuple of Layer and Film
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
    layers = [
        coating(part.sheet_resistance, frequency)
        if isinstance(part, Film)
        else (complex_permittivity(part.electrical, frequency), part.thickness)
        for part in panel
    ]
    permittivity, thickness = zip(*layers, strict=True)
    return np.array(permittivity, complex), np.array(thickness, float)
