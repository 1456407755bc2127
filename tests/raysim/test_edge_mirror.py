from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.diffraction import diffract
from raysim.edge_mirror import Mirror, diffract_mirrored, image_terminal, mirror_of
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.panels import panel_layers
from raysim.paths import Interaction
from raysim.radio_edges import radio_edges
from raysim.sensors import look_at
from raysim.slab import slab
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH
from tests.terminals import vertical_terminal

ANTENNA = fixed_antenna(Pattern.TR38901)
PANE = Material("pane", "glass", (0, 0, 0), thickness=0.004)
COATED = Material("coated", "glass", (0, 0, 0), panel="coated_double_glazing")
SENSORS = sensors_at((0, 0, 0), (0, 1, 0))
SOURCE, OBSERVER = (3.0, -5.0, 4.0), (-6.0, 2.0, 1.5)


def street(ground=PEC, *, hole=False):
    """A tall block whose vertical edge stands at (0, 0), on a ground at z = 0."""
    vertices, triangles = box_triangles((40.0, 4.0, 31.0), (-20.0, -2.0, 14.5))
    y = -6.0 if hole else -30.0  # with a hole the ground lies too far away to mirror
    x = -30.0
    corners = np.array([[x, y, 0], [30, y, 0], [30, 30, 0], [x, 30, 0]], float)
    if hole:
        corners = corners + [100.0, 0, 0]
    pieces = [
        ("ground", "ground", False, corners, [[0, 1, 2], [0, 2, 3]], ground, None),
        ("block", "building", False, vertices, triangles, PEC, None),
    ]
    scene = scene_of(pieces, SENSORS)
    caster = RayCaster(scene).frame(0)
    return caster, radio_edges(caster, min_length=0.3)


def radar(position, target=(0.0, 0.0, 2.0)):
    return vertical_terminal(look_at(position, target), ANTENNA)


def over_the_vertical_edge(paths, digits):
    return paths.select((paths.kinds == digits) & (np.abs(paths.last_point[:, :2]).max(axis=1) < 1e-9))


def test_ground_before_the_edge_is_the_image_below():
    """Conducting ground: the path of the source's image, as if the ground were glass and the block went on below."""
    caster, edges = street()
    high = (-6.0, 2.0, 9.0)  # so the unfolded way passes the edge above the ground
    got = diffract_mirrored(
        caster, edges, radar(SOURCE), radar(high), [mirror_of(caster, 0, FREQUENCY)], frequency=FREQUENCY
    )
    before = over_the_vertical_edge(got, Interaction.REFLECTION | Interaction.DIFFRACTION << 4)
    assert len(before) == 1
    rho = np.hypot(3, 5) + np.hypot(6, 2)
    assert before.delay[0] * c == pytest.approx(np.hypot(rho, 4.0 + 9.0), rel=1e-14)
    assert before.departure[0, 2] < 0
    assert (before.first_instance[0], before.last_instance[0]) == (0, 1)
    assert before.last_point[0, 2] == pytest.approx(-4.0 + 13.0 * np.hypot(3, 5) / rho)

    block = ("block", "building", False, *box_triangles((40.0, 4.0, 60.0), (-20.0, -2.0, 0.0)), PEC, None)
    alone = RayCaster(scene_of([block], SENSORS)).frame(0)
    # a conductor turns the horizontal field over and keeps the vertical one: the image antenna stands on its head
    image = vertical_terminal(np.diag([1.0, 1, -1, 1]) @ look_at(SOURCE, (0.0, 0.0, 2.0)), ANTENNA)
    image_path = diffract(
        alone,
        radio_edges(alone, min_length=0.3),
        type(image)(image.position, lambda d: -image.field(d)),
        radar(high),
        frequency=FREQUENCY,
    )
    image_path = over_the_vertical_edge(image_path, Interaction.DIFFRACTION)
    assert before.gain[0] == pytest.approx(image_path.gain[0], rel=1e-6)


def test_ground_behind_the_edge():
    caster, edges = street()
    mirror = [mirror_of(caster, 0, FREQUENCY)]
    got = diffract_mirrored(caster, edges, radar(SOURCE), radar(OBSERVER), mirror, frequency=FREQUENCY)
    after = got.select(got.kinds == (Interaction.DIFFRACTION | Interaction.REFLECTION << 4))
    assert len(after) == 1
    rho = np.hypot(3, 5) + np.hypot(6, 2)
    assert after.delay[0] * c == pytest.approx(np.hypot(rho, 4.0 + 1.5), rel=1e-14)
    assert after.last_point[0, 2] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(
        after.arrival[0],
        (after.last_point[0] - OBSERVER) / np.linalg.norm(after.last_point[0] - OBSERVER),
        atol=1e-12,
    )
    assert (after.first_instance[0], after.last_instance[0]) == (1, 0)


@pytest.mark.parametrize("ground", [PEC, ASPHALT])
def test_reciprocity(ground):
    caster, edges = street(ground)
    mirror = [mirror_of(caster, 0, FREQUENCY)]
    ends = radar(SOURCE, (1.0, 2.0, 0.0)), radar(OBSERVER, (0.0, -1.0, 5.0))
    there = diffract_mirrored(caster, edges, *ends, mirror, frequency=FREQUENCY)
    back = diffract_mirrored(caster, edges, *ends[::-1], mirror, frequency=FREQUENCY)
    assert len(there) == 1
    np.testing.assert_allclose(np.sort(abs(there.gain)), np.sort(abs(back.gain)), rtol=1e-6)
    np.testing.assert_allclose(np.sort(there.delay), np.sort(back.delay), rtol=1e-14)


def test_asphalt_reflects_less_and_a_missing_ground_nothing():
    power = []
    for ground in (PEC, ASPHALT):
        caster, edges = street(ground)
        mirror = [mirror_of(caster, 0, FREQUENCY)]
        power.append(
            np.abs(diffract_mirrored(caster, edges, radar(SOURCE), radar(OBSERVER), mirror, frequency=28e9).gain).max()
        )
    assert power[1] < 0.7 * power[0]
    caster, edges = street(hole=True)
    mirror = [mirror_of(caster, 0, FREQUENCY)]
    nothing = diffract_mirrored(caster, edges, radar(SOURCE), radar(OBSERVER), mirror, frequency=FREQUENCY)
    assert len(nothing) == 0


def test_two_ray_ground_by_the_image():
    """The image's field is the Fresnel coefficient times the antenna's: vertical over a conductor in phase."""
    position = np.array([0.0, 0.0, 3.0])
    end = vertical_terminal(look_at(tuple(position), (0.0, 10.0, 3.0)), fixed_antenna(Pattern.ISOTROPIC))
    mirror = Mirror(np.zeros(3), np.array([0, 0, 1.0]), PEC, FREQUENCY, 0)
    image = image_terminal(end, mirror)
    np.testing.assert_allclose(image.position, -position)
    direction = np.array([[0.0, 0.8, 0.6]])
    np.testing.assert_allclose(image.field(direction)[0], [0, -0.6, 0.8], atol=1e-12)


@pytest.mark.parametrize("material", [PANE, COATED], ids=["pane", "coated"])
@pytest.mark.parametrize("above", [True, False])
def test_a_panel_mirrors_as_its_layers_do_from_either_side(material, above):
    position = np.array([0.0, 0.0, 3.0 if above else -3.0])
    end = vertical_terminal(look_at(tuple(position), (0.0, 10.0, position[2])), fixed_antenna(Pattern.ISOTROPIC))
    image = image_terminal(end, Mirror(np.zeros(3), np.array([0, 0, 1.0]), material, FREQUENCY, 0))
    layers = material.layers if above else material.layers[::-1]
    _, reflected, _, _ = slab(*panel_layers(layers, FREQUENCY), WAVELENGTH, 0.6)  # vertical: TM
    direction = np.array([[0.0, 0.8, 0.6 if above else -0.6]])
    np.testing.assert_allclose(np.linalg.norm(image.field(direction)), abs(reflected), rtol=1e-12)


def test_rough_mirror_keeps_the_coherent_part():
    black = Material("rough", "metal", (0, 0, 0), rms_height=1e-3)
    caster, edges = street(black)
    rough = mirror_of(caster, 0, FREQUENCY)
    ends = radar(SOURCE), radar(OBSERVER)
    smooth = replace(rough, material=replace(black, rms_height=0.0))
    ratio = [abs(diffract_mirrored(caster, edges, *ends, [m], frequency=FREQUENCY).gain).max() for m in (rough, smooth)]
    rho = np.hypot(3, 5) + np.hypot(6, 2)
    cosine = 5.5 / np.hypot(rho, 5.5)
    assert ratio[0] / ratio[1] == pytest.approx(
        np.exp(-((2 * np.pi / WAVELENGTH * 1e-3 * 2 * cosine) ** 2) / 2), rel=1e-6
    )


def test_no_mirror():
    caster, edges = street()
    with pytest.raises(ValueError, match="at least one mirror"):
        diffract_mirrored(caster, edges, radar(SOURCE), radar(OBSERVER), [], frequency=FREQUENCY)
