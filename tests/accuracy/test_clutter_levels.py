import numpy as np
import pytest

from tests.accuracy.clutter import COMPARED, notes, outside, surface_row
from tests.accuracy.clutter_levels import Published, integral_equation, level_of, published_range
from tests.shapes import WAVELENGTH

EPS = 4.83 - 0.73j


def ref_small_perturbation(eps, grazing, height, length):
    """First order, exponential correlation: 8 k^4 s^2 cos^4 |alpha|^2 W (Ulaby, Moore and Fung, section 12-5)."""
    k, sine, cosine = 2 * np.pi / WAVELENGTH, np.cos(grazing), np.sin(grazing)
    root = np.sqrt(eps - sine**2)
    alpha_v = (eps - 1) * (sine**2 - eps * (1 + sine**2)) / (eps * cosine + root) ** 2
    alpha_h = (cosine - root) / (cosine + root)
    spectrum = length**2 * (1 + (2 * k * sine * length) ** 2) ** -1.5
    return 8 * k**4 * height**2 * cosine**4 * spectrum * np.abs([alpha_v, alpha_h]) ** 2


def test_the_integral_equation_model_ends_in_small_perturbations():
    grazing = np.radians([10.0, 30.0, 60.0])
    want = ref_small_perturbation(EPS, grazing, 1e-6, 3e-3)
    np.testing.assert_allclose(integral_equation(EPS, grazing, 1e-6, 3e-3), want, rtol=1e-4)


def test_rougher_roads_return_more():
    grazing = np.radians([10.0, 30.0, 60.0])
    assert (integral_equation(EPS, grazing, 8e-4, 3e-3) > integral_equation(EPS, grazing, 4e-4, 3e-3)).all()


def test_range_of_sources_at_the_angles_that_they_hold_for():
    sources = (Published("a", 10, 30, level_of(-20), ""), Published("b", 20, 60, level_of(-15), ""))
    found = published_range(sources, COMPARED[0].material, np.array([5.0, 10, 20, 60]))
    np.testing.assert_array_equal(found, [[np.nan, -20, -20, -15], [np.nan, -20, -15, -15]])
    np.testing.assert_array_equal(outside(np.array([-21.0, -17, -12]), found[:, 1:]), [-1, 0, 3])


@pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.material.name)
def test_surfaces_lie_among_published_ones(compared):
    row = surface_row(compared)
    assert row.holds, row.measured


def test_every_source_says_what_was_read():
    lines = [line for line in notes() if line.startswith("- *")]
    assert len(lines) == len({line.split("*")[1] for line in lines}) > 6
    assert all(" read " in line or "not read" in line for line in lines)
