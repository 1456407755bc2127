"""What stands behind the openings of a car's front: closed, inside the body, flat enough to bounce, and heard."""

from dataclasses import replace

import numpy as np
import pytest

from blender_scenes.assets.car_body import Region
from blender_scenes.assets.car_front import pocket
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.cars import BODY_TYPES, draw_car, make_car
from blender_scenes.assets.mesh import Patch, grid_triangles, merge
from blender_scenes.assets.paints import Slot
from raysim.curvature import FLAT_RADIUS, radius_of_curvature
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import Interaction, concatenate
from raysim.pieces import Piece, assemble, radar_at
from raysim.trace import TraceConfig, trace


def body_of(body_type, seed=0):
    params = draw_car(body_type, rng=np.random.default_rng(seed))
    return params, make_car(params)


def test_pocket_closes_what_its_region_leaves_open():
    x, z = np.meshgrid(np.arange(4.0), np.arange(5.0), indexing="ij")
    plate = Patch(np.stack([x, 0 * x, z], -1).reshape(-1, 3), grid_triangles(4, 5), np.zeros(24, int))
    edges = np.concatenate([plate.triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    alone = ~(edges[:, None] == edges[None, :, ::-1]).all(axis=-1).any(axis=1)
    region = Region(plate, plate.vertices[edges[alone][:, ::-1]])
    hollow = pocket(region, lambda points: points + [0.0, 0.5, 0.0], 1, 2)
    both = merge([plate.flipped(), hollow])  # plate as a lid
    _, place = np.unique(both.vertices, axis=0, return_inverse=True)
    key = np.sort(place.reshape(-1)[np.concatenate([both.triangles[:, [i, (i + 1) % 3]] for i in range(3)])], axis=1)
    assert (np.unique(key, axis=0, return_counts=True)[1] == 2).all()
    a, b, c = np.moveaxis(both.vertices[both.triangles], 1, 0)
    assert abs(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6) == pytest.approx(3 * 4 * 0.5)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("body_type", [name for name in BODY_TYPES if name != "truck"])
def test_cells_and_coolers_stand_inside_the_body(body_type, seed):
    params, car = body_of(body_type, seed)
    body, ahead = car.parts[0], params.length / 2 - 0.6
    for slot in (Slot.MIRROR, Slot.COOLER):
        points = body.vertices[np.unique(body.triangles[body.material == slot])]
        points = points[(points[:, 0] > ahead) & (points[:, 2] < params.nose_height)]
        assert len(points) >= 8
        assert CarShape(params)(points).max() < -0.005


def test_coolers_and_cells_are_flat():
    params, car = body_of("saloon")
    body = car.parts[0]
    flat = radius_of_curvature(body.vertices, body.triangles) > FLAT_RADIUS
    centre = body.vertices[body.triangles].mean(axis=1)
    front = (centre[:, 0] > params.length / 2 - 0.5) & np.isin(body.material, [Slot.COOLER, Slot.MIRROR])
    assert front.sum() > 80
    assert flat[front].all()


def test_lamps_return_by_three_bounces_behind_their_lens():
    """A saloon from 20 degrees off its nose: corners of their cells outshine the rest."""
    _, car = body_of("saloon")
    body = car.parts[0]

    def paths_with(lens):
        materials = [replace(m, panel=lens) if m.name == "lamp_lens" else m for m in car.materials]
        piece = Piece("car", "car", body.vertices, body.triangles, tuple(materials), body.material)
        scene = assemble([piece], radar_at((18.0, 6.5, 5.0), (0.0, 0.0, 0.7)))
        config = TraceConfig(antenna="isotropic", launch=LaunchConfig(object_tubes=20_000))
        return concatenate(trace(RayCaster(scene).frame(0), config, frequency=28e9, seed=0))

    kinds = [Interaction.TRANSMISSION, Interaction.REFLECTION, Interaction.REFLECTION, Interaction.SCATTERING]
    wanted = sum(int(kind) << (4 * k) for k, kind in enumerate(kinds))
    paths = paths_with("plastic_panel")
    corner = paths.kinds == wanted
    channel = paths.gain * np.exp(-2j * np.pi * np.mod(28e9 * paths.delay, 1.0))
    share = abs(channel[corner].sum()) ** 2 / abs(channel[~corner].sum()) ** 2
    print(f"lamps' corners over the rest of the car: {10 * np.log10(share):.1f} dB, {corner.sum()} paths")
    assert corner.sum() > 10
    assert share > 0.1
    assert not (paths_with("").kinds == wanted).any()
