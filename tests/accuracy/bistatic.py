"""Separate ends and other carriers: spheres against Mie's series, plates of real materials at their mirror angle."""

import mpmath
import numpy as np
from scipy.constants import c
from scipy.special import spherical_jn, spherical_yn

from raysim.materials import Material, complex_permittivity
from raysim.panels import panel_layers
from tests.accuracy.anywhere import body, channel, kirchhoff, traced
from tests.accuracy.rows import Row, errors_row, worst_row
from tests.fixtures import PEC
from tests.shapes import db, plate, sphere

CARRIERS = (24e9, 60e9, 77e9, 140e9)
RADIUS, FAR = 0.1, 200.0
ANGLES = (0.0, 30.0, 60.0, 90.0)  # [degrees] between the ends, seen from the body


def mie(size: float, angle: float) -> tuple[float, float]:
    """RCS over pi r^2 of a conducting sphere of a circumference over wavelength, ends `angle` apart [rad].

    E across the plane of scattering and within it: Bohren and Huffman, eqs. (4.74), for an infinite index.
    """
    orders = np.arange(1, int(size + 4.05 * np.cbrt(size) + 4))
    j, y = spherical_jn(orders, size), spherical_yn(orders, size)
    hankel = j - 1j * y
    slopes = spherical_jn(orders, size, True), spherical_yn(orders, size, True)
    electric = (j + size * slopes[0]) / (hankel + size * (slopes[0] - 1j * slopes[1]))
    magnetic = j / hankel
    cosine, before, now = -np.cos(angle), 0.0, 1.0
    across = within = 0.0j
    for n, a, b in zip(orders, electric, magnetic, strict=True):
        tau = n * cosine * now - (n + 1) * before
        weight = (2 * n + 1) / (n * (n + 1))
        across, within = across + weight * (a * now + b * tau), within + weight * (a * tau + b * now)
        before, now = now, ((2 * n + 1) * cosine * now - (n + 1) * before) / n
    return 4 * abs(across) ** 2 / size**2, 4 * abs(within) ** 2 / size**2


def ends(angle: float, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Source and sink `angle` [rad] apart as seen from the origin, in front of what faces -y."""
    half = angle / 2
    source = distance * np.array([-np.sin(half), -np.cos(half), 0.0])
    return source, source * [-1, 1, 1]


def sphere_row(carrier: float, placements: int = 6) -> Row:
    found = []
    for k in range(placements):
        vertices, triangles = sphere(RADIUS, 6, rng=np.random.default_rng(k))
        piece = body(vertices + 0.01 * np.random.default_rng(k).uniform(-1, 1, 3), triangles, PEC)
        for degrees in ANGLES:
            source, sink = ends(np.radians(degrees), FAR)
            truth = mie(2 * np.pi * RADIUS * carrier / c, np.radians(degrees))
            for sides, want in zip("VH", truth, strict=True):
                paths = traced(
                    [piece], frequency=carrier, source=source, sink=sink, aim=(0, 0, 0), seed=k, max_length=1e3,
                    transmit_polarisation=sides, receive_polarisation=sides,
                )  # fmt: skip
                echo = channel(paths.select(paths.depth > 0), carrier)
                got = abs(echo) ** 2 * (4 * np.pi) ** 3 * FAR**4 * (carrier / c) ** 2
                found.append(db(got / (np.pi * RADIUS**2 * want)))
    case = f"sphere {RADIUS} m at {carrier / 1e9:g} GHz, ends 0-90 degrees apart, V and H, {placements} placements"
    return errors_row(case, "Mie's series", np.array(found), 0.15, 0.6)


def abcd(permittivity, thickness, frequency: float, angle: float) -> tuple[complex, complex, complex, complex]:
    """Reflection TE, TM and transmission TE, TM of layers by characteristic matrices, 30 digits."""
    out = []
    with mpmath.workdps(30):
        sine, cosine, k = mpmath.sin(angle), mpmath.cos(angle), 2 * mpmath.pi * frequency / c
        for tm in (False, True):
            matrix = mpmath.eye(2)
            for eps, d in zip(permittivity, thickness, strict=True):
                q = mpmath.sqrt(mpmath.mpc(eps) - sine**2)
                q = -q if mpmath.im(q) > 0 else q
                y, turn = (mpmath.mpc(eps) / q if tm else q), k * float(d) * q
                sin, cos = mpmath.sin(turn), mpmath.cos(turn)
                matrix = matrix * mpmath.matrix([[cos, 1j * sin / y], [1j * y * sin, cos]])
            outside = 1 / cosine if tm else cosine
            e, h = matrix[0, 0] + matrix[0, 1] * outside, matrix[1, 0] + matrix[1, 1] * outside
            reflected = (outside * e - h) / (outside * e + h)
            out.append((complex(-reflected if tm else reflected), complex(2 * outside / (outside * e + h))))
    return out[0][0], out[1][0], out[0][1], out[1][1]


def mirror_error(material: Material, carrier: float, degrees: float) -> float:
    """Largest error [dB] of both polarisations of a plate of 0.15 m at its mirror angle."""
    angle = np.radians(degrees) / 2
    source, sink = ends(2 * angle, 30.0)
    if material.layers:
        te, tm, _, _ = abcd(*panel_layers(material.layers, carrier), carrier, float(angle))
    else:
        eps = complex_permittivity(material.electrical, carrier)
        root = np.sqrt(eps - np.sin(angle) ** 2)
        te = (np.cos(angle) - root) / (np.cos(angle) + root)
        tm = (eps * np.cos(angle) - root) / (eps * np.cos(angle) + root)
    whole = kirchhoff(lambda x, z: np.abs(x) < 1, 0.15, np.zeros(3), np.eye(3), carrier, source, sink)
    worst = 0.0
    for sides, gamma in (("V", te), ("H", tm)):
        paths = traced(
            [body(*plate(0.15), material)], frequency=carrier, source=source, sink=sink, aim=(0, 0, 0),
            transmit_polarisation=sides, receive_polarisation=sides,
        )  # fmt: skip
        echo = channel(paths.select(paths.depth > 0), carrier)
        worst = max(worst, abs(float(db(abs(echo / (whole * gamma)) ** 2))))
    return worst


def mirror_rows() -> list[Row]:
    found = []
    materials = (
        Material("glass pane of 4 mm", "glass", (1, 1, 1), thickness=4e-3),
        Material("windscreen", "glass", (1, 1, 1), panel="windscreen"),
        Material("concrete", "concrete", (1, 1, 1)),
    )
    for material in materials:
        worst = max(mirror_error(material, f, d) for f in CARRIERS for d in (0.0, 40.0, 80.0, 120.0))
        case = f"plate 0.15 m of {material.name}, mirror angle 0-60 degrees, V and H, 24-140 GHz"
        found.append(worst_row(case, "quadrature times Fresnel or layers' matrices", worst, 0.3, "dB"))
    return found


def rows() -> list[Row]:
    """Ends apart, and carriers other than 28 GHz: spheres, and plates of real materials at their mirror angle."""
    return [*(sphere_row(carrier) for carrier in CARRIERS), *mirror_rows()]
