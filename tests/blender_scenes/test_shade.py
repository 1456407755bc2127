from dataclasses import replace

import numpy as np
import pytest

from blender_scenes.picture import exposure, to_srgb, tone
from blender_scenes.shade import shade
from blender_scenes.shading import around
from blender_scenes.sky import light_table, skies
from raysim.camera import cast_camera, project
from raysim.environment import Light
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.scene import Scene
from raysim.sensors import Camera
from tests.fixtures import ASPHALT, PEC, box_triangles, hand_made_scene, scene_of, sensors_at

GROUND = np.array([[-40, -5, 0], [40, -5, 0], [40, 80, 0], [-40, 80, 0]], float)
PLAIN_GROUND = Material("floor", "plastic", (0.3, 0.3, 0.3), gloss_roughness=0.9)


def picture(scene: Scene, threads: int = 1, camera: Camera | None = None) -> np.ndarray:
    caster = RayCaster(scene).frame(0)
    return shade(caster, cast_camera(caster, camera or scene.sensors.camera), threads=threads)


def with_block(light: Light, material: Material = PLAIN_GROUND, block: Material = PEC) -> Scene:
    pieces = [
        ("floor", "ground", False, GROUND, [[0, 1, 2], [0, 2, 3]], material, None),
        ("block", "other", False, *box_triangles((2, 2, 3), (0, 18, 1.5)), block, None),
    ]
    return replace(scene_of(pieces, sensors_at((0, 0, 6), (0, 18, 0))), light=light)


def at(image: np.ndarray, scene: Scene, point) -> np.ndarray:
    column, row = project(scene.sensors.camera, np.array([point], float))[0][0].astype(int)
    return image[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3).astype(float).mean(0)


def test_a_lit_plane_is_brighter_than_its_shadowed_part():
    scene = with_block(Light(sun_elevation=0.7, sun_azimuth=0.0))  # from the east: the shadow falls to the west
    image = picture(scene)
    length = 3 / np.tan(0.7)  # of the shadow [m], from the block's western face
    lit, shadowed = at(image, scene, (3, 18, 0)), at(image, scene, (-1 - length / 2, 18, 0))
    assert (lit > shadowed + 30).all()
    beyond = at(image, scene, (-1 - length - 0.5, 18, 0))
    np.testing.assert_allclose(beyond, lit, atol=6)


def test_the_open_plane_has_the_radiance_of_its_irradiance():
    light = Light(sun_elevation=0.9, sun_azimuth=-1.5, sun_irradiance=3.0)
    scene = with_block(light, replace(PLAIN_GROUND, gloss_roughness=1.0))
    table = light_table(light)
    radiance = 0.3 * (table[1] * np.sin(0.9) / np.pi + table[4])  # Lambert under sun and open sky
    expected = to_srgb(tone(radiance[None], exposure(table)))[0].astype(float)
    np.testing.assert_allclose(at(picture(scene), scene, (8, 15, 0)), expected, rtol=0.06)  # the rest is sheen


def test_ambient_light_is_the_mean_of_the_sky():
    table = light_table(Light(sun_irradiance=0.0))
    rays = around(np.tile([0.0, 0, 1], (16, 1)), np.arange(16), 64).reshape(-1, 3)  # cosine-distributed
    np.testing.assert_allclose(skies(rays.astype(float), table).mean(0), table[4], rtol=0.03)


def test_contact_is_darker_than_open_ground_without_sun():
    scene = with_block(Light(sun_irradiance=0.0))
    image = picture(scene)
    assert (at(image, scene, (0, 16.8, 0)) < at(image, scene, (6, 16.8, 0)) - 10).all()


def test_a_mirror_shows_what_it_reflects():
    mirror = Material("mirror", "metal", (0.95, 0.95, 0.95), metallic=1.0, gloss_roughness=0.0)
    red = Material("lamp", "plastic", (1.0, 0.0, 0.0), emission=3.0)
    pieces = [
        ("wall", "building", False, *box_triangles((6, 0.2, 6), (0, 10, 3)), mirror, None),
        ("lamp", "other", False, *box_triangles((9, 0.2, 9), (0, -4, 3)), red, None),
    ]
    image = picture(scene_of(pieces, sensors_at((0, 0, 3), (0, 10, 3))))
    middle = image[60, 80].astype(int)
    assert middle[0] > 200 and middle[1] < 60


def test_glass_shows_what_is_behind_it_and_dims_it():
    pane = Material("pane", "glass", (0.5, 0.5, 0.5), transmission=1.0, gloss_roughness=0.0)
    green = Material("lamp", "plastic", (0.0, 1.0, 0.0), emission=0.5)
    lamp = ("lamp", "other", False, *box_triangles((9, 0.2, 9), (0, 14, 3)), green, None)
    pieces = [("pane", "building", False, *box_triangles((1, 0.01, 1), (0, 10, 3)), pane, None), lamp]
    behind = picture(scene_of(pieces, sensors_at((0, 0, 3), (0, 10, 3))))[60, 80].astype(int)
    bare = picture(scene_of([lamp], sensors_at((0, 0, 3), (0, 10, 3))))[60, 80].astype(int)
    assert bare[1] > behind[1] > behind[0] + 25


def test_threads_do_not_change_a_byte():
    scene = hand_made_scene()
    camera = Camera(scene.sensors.camera.pose, 320, 240, 228.0)
    one, two = picture(scene, 1, camera), picture(scene, 2, camera)
    assert one.shape == (240, 320, 3) and one.dtype == np.uint8
    assert one.tobytes() == two.tobytes()
    assert picture(scene, 1, camera).tobytes() == one.tobytes()


def test_an_empty_view_is_sky_brighter_at_the_horizon():
    scene = scene_of(
        [("floor", "ground", False, GROUND, [[0, 1, 2], [0, 2, 3]], ASPHALT, None)],
        sensors_at((0, 0, 5), (0, -20, 18)),
    )
    image = picture(scene).astype(float).mean((1, 2))
    assert image[-1] > image[0] > 50


def test_dusk_is_exposed_longer_yet_stays_darker():
    day, dusk = (light_table(Light(sun_irradiance=e, sky_radiance=e / 4)) for e in (4.0, 1.0))
    assert exposure(dusk) > exposure(day)
    assert exposure(dusk) * 1.0 < exposure(day) * 4.0


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 0, -1), (0.6, 0, 0.8), (1, 0, 0), (0, -1, 0)])
def test_occlusion_rays_follow_the_cosine_law(normal):
    normal = np.array(normal, float)
    rays = around(np.tile(normal, (16, 1)), np.arange(16), 4).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(rays, axis=1), 1, rtol=1e-5)
    cosine = rays @ normal
    assert (cosine > 0).all()
    np.testing.assert_allclose(cosine.mean(), 2 / 3, rtol=0.02)  # mean of cos under the density cos / pi
    np.testing.assert_allclose(rays.mean(0), 2 / 3 * normal, atol=0.03)
