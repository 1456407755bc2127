import numpy as np
import pytest

from raysim.camera import cast_camera, pixel_rays, project
from raysim.intersect import RayCaster
from raysim.scene import CATEGORIES, Scene
from raysim.sensors import Camera, look_at
from tests.fixtures import ASPHALT, PEC, hand_made_scene, scene_of, sensors_at


def sphere(radius, centre, subdivisions):
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return np.asarray(mesh.vertices) + centre, np.asarray(mesh.faces, np.int32)


def mirrored(scene: Scene) -> Scene:
    """The scene reflected in the plane x = 0, sensors included, parts at rest."""
    flip = np.array([-1.0, 1, 1])
    vertices = scene.frame(0).vertices * flip
    pieces = []
    for index, (part, instance) in enumerate(zip(scene.parts, scene.instances, strict=True)):
        own = scene.mesh.part == index
        material = scene.materials[scene.mesh.material[own][0]]
        triangles = scene.mesh.triangles[own][:, [0, 2, 1]]
        pieces.append((part.name, instance.category, instance.is_target, vertices, triangles, material, None))
    position = scene.sensors.camera.pose[:3, 3]
    target = position + scene.sensors.camera.pose[:3, 2]
    return scene_of(pieces, sensors_at(position * flip, target * flip))


def test_depth_of_a_plane_is_exact():
    scene = hand_made_scene()
    camera = Camera(look_at((1, -2, 7), (3, 25, 0)))
    view = cast_camera(RayCaster(scene).frame(1), camera)
    ground = view.category == CATEGORIES.index("ground")
    expected = -7 / view.direction[ground][:, 2]
    np.testing.assert_allclose(view.distance[ground], expected, rtol=1e-5)
    np.testing.assert_allclose(view.depth[ground], expected * (view.direction[ground] @ camera.pose[:3, 2]), rtol=1e-5)
    assert ground.mean() > 0.3
    sky = view.triangle < 0
    assert np.isinf(view.depth[sky]).all() and not view.instance[sky].any() and not view.material[sky].any()


def test_depth_of_a_sphere_is_exact():
    centre, radius = np.array([0.05, 12, 3.0]), 0.5
    sensors = sensors_at((0, 0, 3), (0, 12, 3), 640, 480, 600.0)
    scene = scene_of([("ball", "other", True, *sphere(radius, centre, 6), PEC, None)], sensors)
    view = cast_camera(RayCaster(scene).frame(0), sensors.camera)
    along = view.direction @ (centre - sensors.camera.pose[:3, 3])
    off_axis = np.sum((centre - sensors.camera.pose[:3, 3]) ** 2) - along**2
    core = off_axis < (0.8 * radius) ** 2  # away from the rim, where facets tell
    assert core.sum() > 500
    expected = along[core] - np.sqrt(radius**2 - off_axis[core])
    np.testing.assert_allclose(view.distance[core], expected, rtol=1e-5)


def test_a_pixel_ray_projects_back_to_its_pixel():
    camera = Camera(look_at((3, -4, 6), (10, 30, 1)))
    pixel = np.array([[0.5, 0.5], [320, 240], [639.5, 0.5], [-50, 700.0]])
    points = camera.pose[:3, 3] + 7.5 * pixel_rays(camera, pixel)
    back, z = project(camera, points)
    np.testing.assert_allclose(back, pixel, atol=1e-9)
    np.testing.assert_allclose(z, 7.5, rtol=1e-12)
    behind, z = project(camera, camera.pose[:3, 3] - pixel_rays(camera, pixel))
    assert np.isnan(behind).all() and (z < 0).all()


def test_the_first_pixel_is_top_left_and_columns_run_right():
    camera = Camera(look_at((0, 0, 0), (0, 1, 0)), width=4, height=2, focal_length=2.0)
    rays = pixel_rays(camera)
    np.testing.assert_allclose(rays[0, 0], [-1.5 / 2, 1, 0.5 / 2])
    np.testing.assert_allclose(rays[1, 3], [1.5 / 2, 1, -0.5 / 2])


def test_a_mirrored_scene_gives_mirrored_depth_and_masks():
    scene = scene_of(
        [
            ("ground", "ground", False, [[-40, -5, 0], [40, -5, 0], [40, 80, 0], [-40, 80, 0]], [[0, 1, 2], [0, 2, 3]],
             ASPHALT, None),
            ("ball", "other", True, *sphere(1.5, (2.2, 18, 1.1), 3), PEC, None),
        ],
        sensors_at((1, 0, 5), (2, 25, 0)),
    )  # fmt: skip
    other = mirrored(scene)
    view = cast_camera(RayCaster(scene).frame(0), scene.sensors.camera)
    image = cast_camera(RayCaster(other).frame(0), other.sensors.camera)
    for name in ("instance", "category", "material"):
        np.testing.assert_array_equal(getattr(image, name), getattr(view, name)[:, ::-1])
    np.testing.assert_allclose(image.depth, view.depth[:, ::-1], rtol=1e-6)


def test_threads_do_not_change_a_byte():
    scene = hand_made_scene()
    caster, camera = RayCaster(scene).frame(0), Camera(scene.sensors.camera.pose, 640, 480)
    one, two = cast_camera(caster, camera), cast_camera(caster, camera, threads=2)
    assert one.distance.tobytes() == two.distance.tobytes() and one.triangle.tobytes() == two.triangle.tobytes()


def test_refuses_no_threads():
    scene = hand_made_scene()
    with pytest.raises(ValueError, match="threads must be at least 1"):
        cast_camera(RayCaster(scene).frame(0), scene.sensors.camera, threads=0)
