"""A small shard and a small CSI file: synthetic, but every dataset agrees with every other."""

import json
from pathlib import Path

import numpy as np

from raysim.paths import point_target
from raysim.scene import CATEGORIES
from raysim.sensors import Camera, look_at, to_polar
from raysim.shards.schema import CSI, SHARD
from raysim.shards.writer import ShardWriter

NAMES = ("asphalt", "target car", "parked car")
CATEGORY_IDS = np.array([CATEGORIES.index(name) for name in ("ground", "car", "car")], np.uint8)
MATERIALS = ("asphalt", "car_paint")
SIZES = np.array([[200.0, 200.0, 0.0], [4.5, 1.8, 1.5], [4.5, 1.8, 1.5]])
MAX_RANGE = 60.0
NOISE_POWER = 1e-12
VELOCITY_AXIS = (np.arange(16) - 8) * 0.67
STAGES = ("rgb", "radio")


def attributes(seed: int, sequence: int) -> dict:
    """What every file needs besides its data."""
    return {
        "scenario": "tiny",
        "seed": seed,
        "sequence": sequence,
        "config": "scenario: tiny\n",
        "versions": json.dumps({"raysim": "0"}),
    }


def tiny_shard(path, num_frames=2, *, seed=0, sequence=0, height=120, width=160, rows=120, columns=160, **writer):
    """Write a valid shard of one car that drives across and one parked car, on asphalt; returns the path.

    The target's place and speed depend on `seed` and `sequence`. The heatmap (`rows` x `columns`, 0..60 m over the
    camera's field of view) has a Gaussian blob at the target's row and column, 30 dB over the noise.
    """
    rng = np.random.Generator(np.random.Philox([seed, sequence]))
    camera = Camera(look_at((0, 0, 5), (0, 25, 0)), width, height, focal_length=0.7125 * width)
    axes = {
        "radar/range": (np.arange(rows) + 0.5) * MAX_RANGE / rows,
        "radar/azimuth": camera.half_fov * ((np.arange(columns) + 0.5) / columns * 2 - 1),
        "radar/power_range": (np.arange(32) + 0.5) * MAX_RANGE / 32,
        "radar/power_azimuth": (np.arange(16) - 7.5) / 8,
        "radar/power_velocity": VELOCITY_AXIS,
    }
    constants = axes | {
        "camera/intrinsics": camera.intrinsics,
        "camera/pose": camera.pose,
        "lidar/pose": camera.pose,
        "radar/pose": camera.pose,
        "radar/noise_power": NOISE_POWER,
        "materials/name": MATERIALS,
        "instances/name": NAMES,
        "instances/category": CATEGORY_IDS,
        "instances/is_target": [False, True, False],
        "instances/size": SIZES,
        "timing/stage": STAGES,
    }
    start = np.array([rng.uniform(-7, 7), rng.uniform(16, 40), 0.75])
    velocity = np.array([rng.choice([-1, 1]) * rng.uniform(2, 10), 0, 0])
    more = {"recipe": json.dumps({"start": start.tolist()}), "rgb_renderer": "synthetic"}
    with ShardWriter(path, SHARD, attributes=attributes(seed, sequence) | more, constants=constants, **writer) as shard:
        for index in range(num_frames):
            time = index / 30
            centres = np.array([[0, 0, 0], start + velocity * time, [6.0, 45.0, 0.75]])
            velocities = np.array([np.zeros(3), velocity, np.zeros(3)])
            picture, labels = _picture(camera, centres)
            labels |= _lidar(camera, picture) | _radar(camera, axes, centres, velocities)
            shard.append(picture | labels | _motion(centres, velocities) | {"time": time, "timing/seconds": [0.1, 0.2]})
    return path


def _rays(camera: Camera) -> np.ndarray:
    """(H, W, 3) world directions with unit z along the optical axis."""
    columns, rows = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    x, y = (columns - camera.width / 2) / camera.focal_length, (rows - camera.height / 2) / camera.focal_length
    return np.stack([x, y, np.ones_like(x)], -1) @ camera.pose[:3, :3].T


def _depth_of_box(origin, directions, centre, size) -> np.ndarray:
    """(H, W) z-depth of an axis-aligned box by slabs, inf where missed."""
    with np.errstate(divide="ignore"):
        planes = (centre - origin + np.array([[-0.5], [0.5]]) * size)[:, None, None] / directions
    near, far = planes.min(0).max(-1), planes.max(0).min(-1)
    return np.where((near < far) & (near > 0), near, np.inf)


def _picture(camera: Camera, centres) -> tuple[dict, dict]:
    """Camera, depth and masks of a frame, and its 2-D boxes."""
    origin, directions = camera.pose[:3, 3], _rays(camera)
    ground = np.where(directions[..., 2] < 0, -origin[2] / np.minimum(directions[..., 2], -1e-9), np.inf)
    alone = [ground] + [_depth_of_box(origin, directions, centres[i], SIZES[i]) for i in (1, 2)]
    depth = np.min(alone, 0)
    instance = np.where(np.isfinite(depth), np.argmin(alone, 0) + 1, 0)
    colours = np.array([[150, 190, 235], [70, 70, 75], [200, 40, 40], [60, 90, 170]], float)
    shade = 1 - 0.4 * np.clip(np.where(np.isfinite(depth), depth, 0) / 100, 0, 1)
    category = np.concatenate([[0], CATEGORY_IDS]).astype(np.uint8)
    picture = {
        "camera/rgb": (colours[instance] * shade[..., None]).astype(np.uint8),
        "depth/z": depth.astype(np.float32),
        "masks/instance": instance.astype(np.uint16),
        "masks/category": category[instance],
        "masks/material": np.array([0, 1, 2, 2], np.uint16)[instance],
    }
    full = np.array([_bounds(np.isfinite(z)) for z in alone])
    visible = np.array([_bounds(instance == i + 1) for i in range(3)])
    count = np.array([[(instance == i + 1).sum(), np.isfinite(z).sum()] for i, z in enumerate(alone)])
    return picture, {
        "instances/box_2d_full": full.astype(np.float32),
        "instances/box_2d_visible": visible.astype(np.float32),
        "instances/visibility": (count[:, 0] / np.maximum(count[:, 1], 1)).astype(np.float32),
        "instances/truncation": np.zeros(3, np.float32),
    }


def _bounds(mask) -> list[float]:
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return [np.nan] * 4
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def _motion(centres, velocities) -> dict:
    return {
        "instances/box_centre": centres,
        "instances/box_rotation": np.tile(np.eye(3), (3, 1, 1)),
        "instances/velocity": velocities,
        "instances/angular_velocity": np.zeros((3, 3)),
    }


def _lidar(camera: Camera, picture: dict) -> dict:
    """Every fourth pixel that hit something, as lidar points."""
    depth, pick = picture["depth/z"][::4, ::4], (slice(None, None, 4),) * 2
    hit = np.isfinite(depth) & (depth < 100)
    points = camera.pose[:3, 3] + depth[hit][:, None] * _rays(camera)[pick][hit]
    count = len(points)
    return {
        "lidar/points": points.astype(np.float32),
        "lidar/intensity": (0.3 / np.maximum(depth[hit], 1) ** 2).astype(np.float32),
        "lidar/time": np.linspace(0, 0.03, count, dtype=np.float32),
        "lidar/radial_velocity": np.zeros(count, np.float32),
        "lidar/category": picture["masks/category"][pick][hit],
        "lidar/instance": picture["masks/instance"][pick][hit],
        "lidar/material": picture["masks/material"][pick][hit],
    }


def _radar(camera: Camera, axes: dict, centres, velocities) -> dict:
    """Heatmap with a blob at the target, native power with a peak there, labels and one reflector."""
    distance, azimuth, elevation = to_polar(camera.pose, centres)
    closing = -np.einsum("ij,ij->i", velocities, centres - camera.pose[:3, 3]) / distance
    step_row = axes["radar/range"][1] - axes["radar/range"][0]
    step_column = axes["radar/azimuth"][1] - axes["radar/azimuth"][0]
    row = (distance - axes["radar/range"][0]) / step_row
    column = (azimuth - axes["radar/azimuth"][0]) / step_column
    spread_row, spread_column = 0.5 / step_row, np.radians(1.5) / step_column  # 0.5 m, 1.5 degrees
    away_row = (np.arange(len(axes["radar/range"])) - row[1]) / spread_row
    away_column = (np.arange(len(axes["radar/azimuth"])) - column[1]) / spread_column
    blob = 1e3 * np.exp(-(away_row[:, None] ** 2 + away_column**2) / 2)
    power = np.full((32, 16, 16), NOISE_POWER, np.float32)
    peak = (
        np.abs(axes["radar/power_range"] - distance[1]).argmin(),
        np.abs(axes["radar/power_azimuth"] - np.sin(azimuth[1]) * np.cos(elevation[1])).argmin(),
        np.abs(axes["radar/power_velocity"] - closing[1]).argmin(),
    )
    power[peak] = 1e3 * NOISE_POWER
    inside = (row > -0.5) & (row < len(away_row) - 0.5) & (column > -0.5) & (column < len(away_column) - 0.5)
    return {
        "radar/heatmap": (10 * np.log10(1 + blob)).astype(np.float16),
        "radar/power": power,
        "radar/target/range": distance,
        "radar/target/azimuth": azimuth,
        "radar/target/elevation": elevation,
        "radar/target/radial_velocity": closing,
        "radar/target/row": np.where(inside, row, np.nan),
        "radar/target/column": np.where(inside, column, np.nan),
        "radar/target/tangential": np.abs(closing) < 1.0,
        "radar/target/occluded": np.zeros(3, bool),
        "radar/reflectors/instance": np.array([2], np.uint16),
        "radar/reflectors/power": np.array([-90.0], np.float32),
        "radar/reflectors/range": distance[1:2].astype(np.float32),
        "radar/reflectors/azimuth": azimuth[1:2].astype(np.float32),
        "radar/reflectors/radial_velocity": closing[1:2].astype(np.float32),
    }


def tiny_csi(path, *, distance=20.0, azimuth=0.2, elevation=-0.15, velocity=4.0, seed=0, num_frames=1, **writer):
    """Write a valid CSI file of one point target, 16 x 16 elements, 16 symbols, 128 subcarriers; returns the path.

    The channel is the direct sum over 3.84 MHz x 128 subcarriers at 28 GHz and 16 symbols 500 us apart, the target
    30 dB over the noise of one element. All frames are the same.
    """
    pose = look_at((0, 0, 5), (0, 25, 0))
    path_block = point_target(
        pose, distance=distance, azimuth=azimuth, elevation=elevation, velocity=velocity, gain=1e-5 + 0j
    )
    frequency, time = (np.arange(128) - 64) * 3.84e6, (np.arange(16) - 7.5) * 5e-4
    carrier, noise_variance = 28e9, 1e-13
    delay = path_block.delay[0] + path_block.delay_rate[0] * time[:, None]
    u = path_block.arrival[0] @ pose[:3, :3]
    place = np.arange(16) - 7.5  # in elements, half a wavelength apart: phase pi (column u_x + row u_up)
    array = np.exp(1j * np.pi * (place[:, None] * -u[1] + place * u[0]))
    channel = path_block.gain[0] * np.exp(-2j * np.pi * (carrier + frequency) * delay)
    csi = array[..., None, None] * channel
    rng = np.random.Generator(np.random.Philox([seed, 1]))
    csi = csi + np.sqrt(noise_variance / 2) * (rng.standard_normal(csi.shape) + 1j * rng.standard_normal(csi.shape))
    shard = Path(path).name.replace(".csi.h5", ".h5")
    more = {"shard": shard, "carrier_frequency": carrier, "noise_variance": noise_variance}
    constants = {"subcarrier_frequency": frequency, "symbol_time": time, "radar/pose": pose}
    with ShardWriter(path, CSI, attributes=attributes(seed, 0) | more, constants=constants, **writer) as file:
        for index in range(num_frames):
            file.append(
                {
                    "time": index / 30,
                    "frame": index,
                    "csi": csi.astype(np.complex64),
                    "paths/power_share": 1.0,
                    "target/range": [distance],
                    "target/azimuth": [azimuth],
                    "target/radial_velocity": [velocity],
                }
                | _stored_paths(path_block)
            )
    return path


def _stored_paths(block) -> dict:
    return {
        "paths/gain": block.gain,
        "paths/delay": block.delay,
        "paths/delay_rate": block.delay_rate,
        "paths/delay_acceleration": block.delay_acceleration,
        "paths/departure": block.departure.astype(np.float32),
        "paths/arrival": block.arrival.astype(np.float32),
        "paths/depth": block.depth,
        "paths/kinds": block.kinds,
        "paths/first_instance": (block.first_instance + 1).astype(np.uint16),
        "paths/last_instance": (block.last_instance + 1).astype(np.uint16),
        "paths/last_point": block.last_point.astype(np.float32),
    }
