import numpy as np
import pytest

from raysim.materials import Lobe, Material
from raysim.scattering import CANOPY, footprint_bend, footprint_step, lobe_density, lobe_power, lobe_row, phase_turn

LOBES = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (4.0, 1.0, 1.0), (4.0, 7.0, 0.3), (50.0, 50.0, 0.0), (100.0, 3.0, 0.9))


def half_space(count=200):
    """Directions (n, 3) over the upper half-space, and their solid angles."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    cosine, around = (nodes + 1) / 2, 2 * np.pi * (np.arange(count) + 0.5) / count
    sine = np.sqrt(1 - cosine**2)[:, None]
    upward = np.broadcast_to(cosine[:, None], (count, count))
    directions = np.stack([sine * np.cos(around), sine * np.sin(around), upward], axis=-1)
    return directions.reshape(-1, 3), np.repeat(weights / 2, count) * 2 * np.pi / count


def density_over(lobe, incidence, directions):
    travel = (np.sin(incidence), 0.0, -np.cos(incidence))
    return np.array([lobe_density(lobe, travel, np.cos(incidence), tuple(d), d[2]) for d in directions])


@pytest.mark.parametrize("lobe", LOBES)
@pytest.mark.parametrize("incidence", [0.0, 0.6, 1.2, 1.55])
def test_all_of_the_scattered_power_leaves_through_the_half_space(lobe, incidence):
    directions, solid_angle = half_space()
    assert density_over(lobe, incidence, directions) @ solid_angle == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("incidence", [0.0, 0.6, 1.2, 1.5])
def test_what_a_canopy_scatters_once_leaves_as_radiative_transfer_says(incidence):
    directions, solid_angle = half_space()
    mu = np.cos(incidence)
    want = (1 - mu * np.log(1 + 1 / mu)) / 2  # integral of mu' / (mu + mu') / 2 over mu' from 0 to 1
    assert density_over((CANOPY, 0.0, 0.1), incidence, directions) @ solid_angle == pytest.approx(want, rel=1e-5)


def test_canopies_are_reciprocal_and_of_constant_gamma():
    travel = (0.0, 0.0, -1.0)
    one, other = (
        lobe_density((CANOPY, 0.0, 0.1), travel, a, (0.0, 0.0, 1.0), b) / b for a, b in ((0.2, 0.9), (0.9, 0.2))
    )
    assert one == pytest.approx(other, rel=1e-12)
    for mu in (0.05, 0.5, 1.0):  # sigma0 = 4 pi density mu = gamma mu
        assert 4 * np.pi * lobe_density((CANOPY, 0.0, 0.1), travel, mu, (0.0, 0.0, 1.0), mu) == pytest.approx(
            0.5, rel=1e-12
        )


def test_rows_of_materials():
    assert lobe_row(Material("a", "brick", (0, 0, 0))) == (0, 0, 0)
    assert lobe_row(Material("a", "brick", (0, 0, 0), lobe=Lobe(4, 2, share=0.3))) == (4, 2, 0.3)
    assert lobe_row(Material("a", "foliage", (0, 0, 0), scattering=1.0, albedo=0.1)) == (CANOPY, 0, 0.1)


def test_closed_form_of_a_lobe_about_the_normal():
    for alpha in (1.0, 2.0, 5.0, 30.0):
        # 2 pi times the integral of ((1 + c) / 2)^alpha over c from 0 to 1
        want = 4 * np.pi / (alpha + 1) * (1 - 0.5 ** (alpha + 1))
        assert lobe_power(alpha, 1.0) == pytest.approx(want, rel=1e-12)


def test_a_lobe_along_the_surface_is_cut_in_half():
    for alpha in (1.0, 4.0, 9.0):
        assert lobe_power(alpha, 0.0) == pytest.approx(2 * np.pi / (alpha + 1), rel=1e-12)


def test_straight_back_a_directive_lobe_falls_with_incidence():
    """The mirror direction is 2 theta away: ((1 + cos 2 theta) / 2)^alpha = cos^(2 alpha) theta."""
    for incidence in (0.0, 0.5, 1.0, 1.4):
        back = np.array([[-np.sin(incidence), 0.0, np.cos(incidence)]])
        want = np.cos(incidence) ** 8 / lobe_power(4.0, np.cos(incidence))
        assert density_over((4.0, 1.0, 1.0), incidence, back)[0] == pytest.approx(want, rel=1e-9)


def test_lobes_point_where_they_say():
    directions, _ = half_space()
    incidence = 0.7
    mirror, back = (np.array([side * np.sin(incidence), 0, np.cos(incidence)]) for side in (1, -1))
    for share, axis in ((1.0, mirror), (0.0, back)):
        strongest = directions[density_over((20.0, 20.0, share), incidence, directions).argmax()]
        assert strongest @ axis > 0.999
    both = density_over((20.0, 20.0, 0.25), incidence, np.array([mirror, back]))
    assert both[1] / both[0] == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"alpha_r": 0}, r"alpha_r must be a whole number in \[1, 100\], got 0"),
        ({"alpha_r": 2.5}, r"alpha_r must be a whole number in \[1, 100\], got 2.5"),
        ({"alpha_r": 4, "alpha_i": 101}, r"alpha_i must be a whole number in \[1, 100\], got 101"),
        ({"alpha_r": 4, "share": float("nan")}, r"share must lie in \[0, 1\], got nan"),
    ],
)
def test_bad_lobes_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        Lobe(**given)


@pytest.mark.parametrize("turns", [0.0, 0.4, 0.9, 1.0])
def test_mean_phase_over_a_flat_footprint_with_its_bend(turns):
    """Quadrature of exp(-j k (L + s)) over the footprint, for waves that turn so many times across it."""
    k, normal, length, s = 586.0, np.array([0.0, 0.0, 1.0]), 12.0, 7.0
    back = np.array([0.3, -0.2, np.sqrt(1 - 0.13)])
    width = 0.2 * np.sqrt(2 * np.pi / k * 2 / (1 / length + 1 / s))
    slope = turns * 2 * np.pi / (k * width)  # of the phase along x
    direction = np.array([back[0] + slope, back[1], 0.0])
    direction[2] = -np.sqrt(1 - direction @ direction)
    axes = [np.array(a) - direction[i] * direction for i, a in enumerate(([1.0, 0, 0], [0, 1.0, 0]))]
    steps = [
        footprint_step(tuple(width / length * a), tuple(direction), tuple(normal), -direction[2], length) for a in axes
    ]
    turn = [
        k * phase_turn(tuple(width / length * a), tuple(direction), tuple(normal), -direction[2], length, tuple(back))
        for a in axes
    ]
    bend = footprint_bend(k, *steps, tuple(direction), tuple(back), (1 / length, 1 / s))
    node, weight = np.polynomial.legendre.leggauss(60)
    u, v = (a.ravel() / 2 for a in np.meshgrid(node, node))
    points = np.outer(u, steps[0]) + np.outer(v, steps[1])
    ways = np.linalg.norm(points + length * direction, axis=1) + np.linalg.norm(points - s * back, axis=1)
    exact = np.exp(-1j * k * (ways - length - s)) @ np.outer(weight, weight).ravel() / 4
    linear = np.sinc(turn[0] / 2 / np.pi) * np.sinc(turn[1] / 2 / np.pi)
    assert abs(linear - exact) > 0.005  # what is left out without the bend
    assert linear + 1j * bend == pytest.approx(exact, abs=2e-3)
