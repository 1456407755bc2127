"""Procedural cars: dimensions, sound meshes, the smooth-vertex convention, determinism."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import KDTree

from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.cars import BODY_TYPES, CREASE, CarParams, draw_car, make_car
from blender_scenes.assets.paints import PAINTS, Slot, car_materials, draw_paint
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import Interaction, concatenate
from raysim.pieces import Piece, assemble, radar_at
from raysim.trace import TraceConfig, trace


def rng(seed):
    return np.random.Generator(np.random.Philox(seed))


@pytest.fixture(scope="module")
def cars():
    """One car of each body type, (params, asset)."""
    drawn = [draw_car(body_type, rng=rng(7)) for body_type in BODY_TYPES]
    return {params.body_type: (params, make_car(params)) for params in drawn}


each_type = pytest.mark.parametrize("body_type", BODY_TYPES)


def corners(part, slots=None):
    keep = slice(None) if slots is None else np.isin(part.material, slots)
    return part.vertices[part.triangles[keep]]


def test_at_least_ten_body_types():
    assert len(BODY_TYPES) >= 10


@each_type
def test_dimensions_are_those_of_the_parameters(cars, body_type):
    params, car = cars[body_type]
    skin = corners(car.parts[0], [Slot.PAINT, Slot.TRIM, Slot.GLASS, Slot.WINDSCREEN, Slot.LOAD]).reshape(-1, 3)
    waist = skin[skin[:, 2] < params.belt_height - 0.1]  # mirrors stand above
    if body_type == "truck":
        waist = corners(car.parts[0], [Slot.LOAD]).reshape(-1, 3)
    assert np.ptp(skin[:, 0]) == pytest.approx(params.length, rel=0.02)
    assert np.ptp(waist[:, 1]) == pytest.approx(params.width, rel=0.02)
    assert skin[:, 2].max() == pytest.approx(params.height, rel=0.02)
    assert skin[:, 2].min() == pytest.approx(params.clearance, abs=0.12 * (body_type == "truck") + 1e-6)
    assert abs(skin[:, 0].max() + skin[:, 0].min()) < 0.02 * params.length


@each_type
def test_wheels_touch_the_ground_and_spin_about_their_axles(cars, body_type):
    params, car = cars[body_type]
    assert len(car.parts) == 5
    wheelbase = car.parts[1].origin[0] - car.parts[3].origin[0]
    assert wheelbase == pytest.approx(params.wheelbase, rel=1e-9)
    for wheel in car.parts[1:]:
        assert wheel.vertices[:, 2].min() + wheel.origin[2] == pytest.approx(0.0, abs=1e-9)
        np.testing.assert_array_equal(wheel.axle, [0, 1, 0])
        radius = np.hypot(wheel.vertices[:, 0], wheel.vertices[:, 2])
        assert radius.max() == pytest.approx(wheel.wheel_radius, rel=1e-9)
        outer = np.abs(wheel.vertices[:, 1] + wheel.origin[1]).max()
        assert params.width / 2 - 0.12 < outer < params.width / 2 + 0.01  # fills the arch, does not stick out


@each_type
def test_triangles_have_area(cars, body_type):
    for part in cars[body_type][1].parts:
        a, b, c = np.moveaxis(corners(part), 1, 0)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        assert area.min() > 1e-9


@each_type
def test_triangle_count_in_bounds(cars, body_type):
    assert 8_000 < cars[body_type][1].num_triangles < 40_000


@each_type
def test_symmetric_about_the_middle_plane(cars, body_type):
    _, car = cars[body_type]

    def key(points):
        rounded = np.round(points, 7) + 0.0
        return rounded[np.lexsort(rounded.T)]

    body = corners(car.parts[0], [Slot.PAINT, Slot.GLASS, Slot.WINDSCREEN]).reshape(-1, 3)
    np.testing.assert_allclose(key(body), key(body * [1, -1, 1]), atol=2e-7)
    left, right = car.parts[1], car.parts[2]
    np.testing.assert_array_equal(left.vertices * [1, -1, 1], right.vertices)
    np.testing.assert_array_equal(left.origin * [1, -1, 1], right.origin)


def test_signed_volume_is_that_of_a_car(cars):
    params, car = cars["hatchback"]
    shell = [slot for slot in Slot if slot != Slot.INTERIOR]
    a, b, c = np.moveaxis(corners(car.parts[0], shell), 1, 0)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    block = params.length * params.width * params.height
    assert 0.45 * block < volume < 0.8 * block


@each_type
def test_rays_from_outside_meet_front_faces(cars, body_type):
    """First hits of rays from all around face the ray's origin: nothing is inside out, nothing gapes."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    params, car = cars[body_type]
    triangles = np.concatenate([corners(part) + part.origin for part in car.parts])
    scene = EmbreeScene()
    TriangleMesh(scene, triangles.astype(np.float32))
    draw = rng(1)
    direction = draw.normal(size=(20_000, 3))
    direction[:, 2] = 0.4 * np.abs(direction[:, 2])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    box = np.array([params.length, params.width, params.height]) / 2
    target = draw.uniform(-0.9, 0.9, (20_000, 3)) * box + [0, 0, box[2]]
    hit = scene.run((target + 20 * direction).astype(np.float32), (-direction).astype(np.float32))
    seen = hit >= 0
    a, b, c = np.moveaxis(triangles[hit[seen]], 1, 0)
    facing = np.einsum("ij,ij->i", np.cross(b - a, c - a), direction[seen]) > 0
    assert seen.mean() > 0.6
    assert facing.mean() > 0.999


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("body_type", [name for name in BODY_TYPES if name not in ("pickup", "truck")])
def test_panels_do_not_gape(body_type, seed):
    """Above the lower rim and off the wheel arches every edge of the panels joins two triangles."""
    params = draw_car(body_type, rng=rng(40 + seed))
    car = make_car(params)
    body = car.parts[0]
    skin = [Slot.PAINT, Slot.GLASS, Slot.WINDSCREEN, Slot.TRIM, Slot.LENS, Slot.TAIL_LAMP, Slot.INDICATOR]
    panels = np.isin(body.material, skin)
    _, place = np.unique(np.round(body.vertices, 7) + 0.0, axis=0, return_inverse=True)
    triangles = body.triangles[panels]
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    key = np.sort(place.reshape(-1)[edges], axis=1)
    _, first, uses = np.unique(key, axis=0, return_index=True, return_counts=True)
    middle = body.vertices[edges[first[uses == 1]]].mean(axis=1)
    length = np.ptp(body.vertices[edges[first[uses == 1]]], axis=1).max(axis=1)
    to_wheel = np.min([np.hypot(middle[:, 0] - w.origin[0], middle[:, 2] - w.origin[2]) for w in car.parts[1:]], axis=0)
    rim = (middle[:, 2] < params.clearance + 1e-3) | (to_wheel < params.wheel_radius + params.arch_gap + 0.02)
    rim |= CarShape(params)(middle) < -0.004  # within: blades and walls behind the openings
    assert (np.abs(middle[~rim & (length > 1e-3), 1]) > 0.05).all()  # nothing open along the middle plane
    on_flank = length[~rim & (np.abs(middle[:, 1]) > 0.05) & (length > 1e-3)]
    assert len(on_flank) < 120  # ends of shut lines only


@each_type
def test_no_vertex_is_shared_across_a_crease(cars, body_type):
    for part in cars[body_type][1].parts:
        a, b, c = np.moveaxis(corners(part), 1, 0)
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        half_edges = np.concatenate([part.triangles[:, [i, (i + 1) % 3]] for i in range(3)]).astype(np.int64)
        key = np.sort(half_edges, axis=1) @ [len(part.vertices), 1]
        owner = np.tile(np.arange(len(part.triangles)), 3)
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(np.diff(key[order]) == 0)
        cosine = (normal[owner[order[same]]] * normal[owner[order[same + 1]]]).sum(axis=1)
        assert cosine.min() > np.cos(CREASE) - 1e-9
        assert len(same) > 0.8 * 1.5 * len(part.triangles) * (0.5 if part.name != "body" else 1)  # smooth panels share


@each_type
def test_panels_are_fine_and_follow_the_field(cars, body_type):
    """Facets stay small where the body is curved: neighbouring normals turn by a few degrees only."""
    _, car = cars[body_type]
    body = car.parts[0]
    paint = corners(body, [Slot.PAINT])
    edge = np.linalg.norm(paint - np.roll(paint, 1, axis=1), axis=2)
    assert np.median(edge) < 0.085
    assert np.percentile(edge, 99) < 0.20


def test_same_parameters_give_the_same_bytes():
    params = draw_car("estate", rng=rng(3))
    assert params == draw_car("estate", rng=rng(3))
    one, two = make_car(params), make_car(CarParams.from_json(params.to_json()))
    for a, b in zip(one.parts, two.parts, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes()
        assert a.triangles.tobytes() == b.triangles.tobytes()
        assert a.material.tobytes() == b.material.tobytes()


def test_fifty_draws_are_fifty_cars():
    draw = rng(11)
    drawn = [draw_car(rng=draw) for _ in range(50)]
    assert len({params.to_json() for params in drawn}) == 50
    assert len({params.body_type for params in drawn}) >= 6
    assert len({params.paint for params in drawn}) >= 6
    lengths = [params.length for params in drawn]
    assert 3.0 <= min(lengths) <= max(lengths) <= 6.5


@pytest.mark.parametrize("seed", range(4))
@each_type
def test_corners_of_the_ranges_build(body_type, seed):
    """Every draw makes a car whose wheel arches stay below the bonnet: the panel above the wheel is closed."""
    params = draw_car(body_type, rng=rng(100 + seed))
    car = make_car(params)
    body = corners(car.parts[0], [Slot.PAINT]).mean(axis=1)
    for wheel in car.parts[1:3]:
        above = np.abs(body[:, 0] - wheel.origin[0]) < 0.1
        lip = 2 * params.wheel_radius + params.arch_gap
        assert (above & (body[:, 2] > lip) & (body[:, 1] * wheel.origin[1] > 0.35)).any()


def test_materials_follow_the_slots():
    materials = car_materials("red", "silver", "white")
    assert [m.electrical for m in (materials[Slot.PAINT], materials[Slot.GLASS], materials[Slot.TYRE])] == [
        "metal", "glass", "rubber",
    ]  # fmt: skip
    assert materials[Slot.PAINT].colour == PAINTS["red"][0]
    assert materials[Slot.GLASS].transmission > 0.5
    assert len(materials) == len(Slot)
    with pytest.raises(ValueError, match="purple"):
        car_materials("purple", "silver", "white")


def cabin_echoes(windscreen, cars):
    """Power of the paths of a radar in front of a saloon, and which come through glass from the interior."""
    _, car = cars["saloon"]
    body = car.parts[0]
    materials = list(car.materials)
    for slot in (Slot.GLASS, Slot.WINDSCREEN):
        materials[slot] = replace(materials[slot], panel=windscreen)
    piece = Piece("car", "car", body.vertices + body.origin, body.triangles, tuple(materials), body.material)
    scene = assemble([piece], radar_at((18.0, 2.0, 3.0), (0.0, 0.0, 1.0)))
    config = TraceConfig(antenna="isotropic", launch=LaunchConfig(object_tubes=20_000))
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=28e9, seed=0))
    interior = corners(body, [Slot.INTERIOR]).reshape(-1, 3) + body.origin
    nearest, _ = KDTree(interior).query(paths.last_point)
    through = paths.kinds == (Interaction.TRANSMISSION | Interaction.SCATTERING << 4)
    return np.abs(paths.gain) ** 2, through & (nearest < 0.12)


def test_seats_are_seen_through_the_glass(cars):
    """Radio passes the windscreen, meets the cabin and comes back; coated glass keeps all but a thousandth outside."""
    power, inside = cabin_echoes("windscreen", cars)
    assert inside.sum() > 200
    share = power[inside].sum() / power.sum()
    print(f"share of a saloon's return that comes from its cabin: {10 * np.log10(share):.1f} dB")
    assert -40 < 10 * np.log10(share) < -3
    coated, still_inside = cabin_echoes("coated_windscreen", cars)
    assert coated[still_inside].sum() < 1e-3 * power[inside].sum()


def test_working_vehicles_are_mostly_white():
    draw = rng(5)
    paints = [draw_paint("working", rng=draw) for _ in range(400)]
    assert 0.5 < paints.count("white") / 400 < 0.7


def test_parameters_that_cannot_be():
    params = draw_car("city", rng=rng(0))
    with pytest.raises(ValueError, match="body_type"):
        draw_car("tank", rng=rng(0))
    with pytest.raises(ValueError, match="overhang"):
        replace(params, wheelbase=params.length - params.front_overhang)
    with pytest.raises(ValueError, match="length"):
        replace(params, length=-1.0)
    with pytest.raises(ValueError, match="exactly the fields"):
        CarParams.from_json('{"length": 4.0}')
