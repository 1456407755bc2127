"""Polarisation: what a dihedral turns, and how the diffuse power is shared."""

import numpy as np
import trimesh

from raysim.materials import Material
from tests.accuracy.anywhere import body, channel, power, traced
from tests.accuracy.bodies import dihedral
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC
from tests.shapes import FREQUENCY, WAVELENGTH, db, plate

SIDE, DISTANCE = 0.2, 60.0


def rolled(degrees: float, sent: str, heard: str) -> float:
    """Power of a dihedral rolled about the line of sight, over the peak of its radar cross section."""
    vertices, triangles = dihedral(SIDE)
    turn = trimesh.transformations.rotation_matrix(np.radians(degrees), [0, 1, 0])[:3, :3]
    piece = body(vertices @ turn.T + [0, DISTANCE, 0], triangles, PEC)
    paths = traced([piece], seed=2, transmit_polarisation=sent, receive_polarisation=heard)
    peak = 8 * np.pi * SIDE**4 / WAVELENGTH**2 * WAVELENGTH**2 / ((4 * np.pi) ** 3 * DISTANCE**4)
    return abs(channel(paths, FREQUENCY)) ** 2 / peak


def dihedral_rows() -> list[Row]:
    worst = 0.0
    for degrees in (0.0, 22.5, 45.0, 67.5, 90.0):
        twice = np.radians(2 * degrees)
        for sent, heard in ("VV", "VH", "HV", "HH"):
            want = np.cos(twice) ** 2 if sent == heard else np.sin(twice) ** 2
            if want > 0.1:
                worst = max(worst, abs(float(db(rolled(degrees, sent, heard) / want))))
    stray = max(rolled(0, "V", "H"), rolled(45, "V", "V"), rolled(45, "H", "H"))
    case = f"dihedral {SIDE} m rolled by 0-90 degrees, VV, VH, HV, HH"
    none = f"dihedral {SIDE} m: what should vanish at 0 and 45 degrees, of the peak"
    return [
        worst_row(case, "cos^2 and sin^2 of twice the roll", worst, 0.2, "dB"),
        worst_row(none, "0", stray, 1e-3),
    ]


def shared_row() -> Row:
    """Cross-polar share: both polarisations together have the power, each its share."""
    vertices, triangles = plate(1.0)
    rough = Material("rough", "concrete", (0, 0, 0), scattering=0.5)
    piece = body(vertices + [0, 20, 0], triangles, rough, category="other")

    def echo(share: float, sent: str, heard: str) -> float:
        sides = {"transmit_polarisation": sent, "receive_polarisation": heard}
        return power(traced([piece], contributions="diffuse", cross_polar_share=share, **sides))

    whole, worst = echo(0.0, "V", "V"), 0.0
    for share in (0.1, 0.5):
        for sent, heard in ("VV", "VH", "HV", "HH"):
            want = 1 - share if sent == heard else share
            worst = max(worst, abs(echo(share, sent, heard) / whole / want - 1))
    return worst_row("cross-polar share 0.1 and 0.5 of a rough plate, relative", "share and its rest", worst, 1e-9)


def rows() -> list[Row]:
    """What is sent and heard in V and H."""
    return [*dihedral_rows(), shared_row()]
