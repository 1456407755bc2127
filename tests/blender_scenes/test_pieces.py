import numpy as np
import pytest

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.pieces import asset_pieces
from raysim.pieces import assemble, radar_at


def test_a_car_rolls_along_its_heading():
    asset = make_car(draw_car("city", rng=np.random.default_rng(4)))
    times = np.array([-0.1, 0.0, 0.1])
    pieces = asset_pieces(asset, name="city", position=(3.0, 8.0, 0.0), yaw=np.pi / 2, speed=5.0, times=times)
    scene = assemble(pieces, radar_at((0, 0, 2), (3, 8, 0)), times)
    assert [i.name for i in scene.instances] == ["city"]
    assert len(scene.parts) == len(asset.parts) == 5
    assert scene.parts[0].motion.pose[:, :3, 3] == pytest.approx(np.array([[3, 7.5, 0], [3, 8, 0], [3, 8.5, 0]]))
    frame = scene.frame(1)
    low, high = frame.vertices.min(0), frame.vertices.max(0)
    assert low[2] == pytest.approx(0, abs=0.02)
    assert (high - low)[1] > (high - low)[0]  # longer along the heading, y
    radius = asset.parts[1].wheel_radius
    wheel = scene.parts[1].motion.pose[1, :3, 3]
    # where the tyre touches the ground it rests, on top it moves at twice the speed
    contact = frame.point_velocity(np.array([1, 1]), np.array([wheel - [0, 0, radius], wheel + [0, 0, radius]]))
    assert contact == pytest.approx(np.array([[0, 0, 0], [0, 10, 0]]), abs=1e-9)
