"""People: sizes, closed meshes, determinism, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from blender_scenes.assets.people import BODY_TYPES, draw_person, make_person
from blender_scenes.assets.person_params import PersonParams
from blender_scenes.linkage import track
from blender_scenes.pieces import asset_pieces
from raysim.boxes import box_extents
from raysim.pieces import assemble, radar_at

each_type = pytest.mark.parametrize("body_type", BODY_TYPES)


def placed(asset):
    """Vertices of all parts as the asset stands."""
    poses = [track(part.linkage, 0.0, np.zeros(1)) for part in asset.parts[1:]]
    return np.concatenate(
        [p.vertices @ pose.rotation[0].T + pose.position[0] for p, pose in zip(asset.parts[1:], poses, strict=True)]
    )


@each_type
def test_who_stands_is_as_tall_as_asked(body_type):
    params = draw_person(body_type, rng=np.random.default_rng(1))
    points = placed(make_person(params))
    extra = 0.03 if params.hair in ("long", "cap", "short") else 0.0
    assert params.height - 0.01 < points[:, 2].max() < params.height * (1.005 + extra / 2)
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.004)
    assert 0.21 < np.ptp(points[:, 1]) / params.height < 0.42
    assert np.ptp(points[:, 0]) / params.height < 0.25


@each_type
def test_meshes_are_closed_smooth_and_light(body_type):
    asset = make_person(draw_person(body_type, speed=1.2, rng=np.random.default_rng(2)))
    assert 6_000 < asset.num_triangles < 13_000
    assert len(asset.parts[0].triangles) == 0
    for part in asset.parts[1:]:
        edges = np.sort(np.concatenate([part.triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
        _, uses = np.unique(edges, axis=0, return_counts=True)
        assert (uses == 2).all(), part.name
        a, b, c = np.moveaxis(part.vertices[part.triangles], 1, 0)
        cross = np.cross(b - a, c - a)
        assert np.linalg.norm(cross, axis=1).min() > 2e-9
        assert np.einsum("ij,ij->i", a, cross).sum() > 0  # the outside is outside


@each_type
def test_bodies_weigh_what_they_should(body_type):
    """Litres over kilograms: clothes add a tenth, parts overlap at the joints."""
    params = draw_person(body_type, rng=np.random.default_rng(3))
    litres = 0.0
    for part in make_person(params).parts[1:]:
        a, b, c = np.moveaxis(part.vertices[part.triangles], 1, 0)
        litres += np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6 * 1000
    assert 0.95 < litres / (params.build * params.height**2) < 1.45


def test_the_box_goes_straight_and_holds_the_walker():
    params = draw_person("man", speed=1.4, rng=np.random.default_rng(4))
    times = np.arange(30) / 30
    pieces = asset_pieces(make_person(params), name="walker", position=(0, 8, 0), yaw=0.4, speed=1.4, times=times)
    scene = assemble(pieces, radar_at((0, 0, 1), (0, 8, 1)), times)
    extents = box_extents(scene)
    assert [scene.instances[0].category, len(scene.instances)] == ["pedestrian", 1]
    for index in (0, 17, 29):
        frame = scene.frame(index)
        np.testing.assert_allclose(frame.velocity[0], 1.4 * np.array([np.cos(0.4), np.sin(0.4), 0]), atol=1e-12)
        assert not frame.angular_velocity[0].any()
        local = (frame.vertices - frame.pose[0, :3, 3]) @ frame.pose[0, :3, :3]
        assert (local >= extents.lower[0] - 1e-9).all() and (local <= extents.upper[0] + 1e-9).all()


def test_same_parameters_give_the_same_bytes():
    params = draw_person("woman", speed=1.1, rng=np.random.default_rng(5))
    one, two = make_person(params), make_person(replace(params))
    for a, b in zip(one.parts, two.parts, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes() and a.triangles.tobytes() == b.triangles.tobytes()
        assert a.linkage == b.linkage


def test_draws_differ_and_stay_in_their_ranges():
    drawn = [draw_person(rng=np.random.default_rng(seed)) for seed in range(60)]
    assert len({params.body_type for params in drawn}) >= 8
    assert len({params.top for params in drawn}) > 40
    assert 1.2 <= min(params.height for params in drawn) < 1.6 < 1.85 < max(params.height for params in drawn) <= 2.0
    assert {True, False} == {params.long_legs for params in drawn} == {params.long_sleeves for params in drawn}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"body_type": "giant"}, r"body_type must be one of man, .* got 'giant'"),
        ({"height": 3.0}, r"height must lie in \[1, 2\.1\], got 3"),
        ({"hair": "green"}, r"hair must be one of short, .* got 'green'"),
        ({"speed": 6.0}, r"speed must be 0 or lie in \[0\.4, 2\.2\] m/s, got 6"),
    ],
)
def test_impossible_people_are_refused(change, message):
    params = draw_person("man", rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        PersonParams(**{**vars(params), **change})
    with pytest.raises(ValueError, match=r"body_type must be one of"):
        draw_person("giant", rng=np.random.default_rng(0))
