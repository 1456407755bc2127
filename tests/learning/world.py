"""A synthetic parking lot for learning tests: a moving car among static echoes, in the format of a shard.

Only the datasets that learning reads are written. The picture shows cars as boxes in perspective on
asphalt; the heatmap has one blob a car, static clutter that differs from sequence to sequence, and
speckle; the power cube has the same echoes with their Doppler. Parked cars stand outside the lanes.
"""

from pathlib import Path

import h5py
import numpy as np

from raysim.sensors import Camera, look_at, to_polar

MAX_RANGE = 80.0
CAR = np.array([4.5, 1.8, 1.5])
LANES = (14.0, 24.0)  # distance of the lanes' middles in front of the mast [m]
PARKED_ROWS = (19.0, 31.0, 40.0)
VELOCITY = (np.arange(32) - 16) * 0.67
NOISE_POWER = 1e-12
BEAM = 1 / 8  # half-power width of a beam in direction cosine
RANGE_SPREAD = 0.6  # half extent of a car's echo [m]


def write_world(folder: Path, num_sequences: int, num_frames: int, *, seed: int, size=(120, 160)):
    """Write `num_sequences` shards; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for sequence in range(num_sequences):
        write_sequence(folder / f"{sequence:05d}.h5", sequence, num_frames, seed=seed, size=size)
    return folder


def write_sequence(path: Path, sequence: int, num_frames: int, *, seed: int, size=(120, 160)) -> None:
    """Write one shard of a car driving along a lane, left or right."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, sequence])))
    rows, columns = size
    camera = Camera(look_at((0, 0, 6), (0, 25, 0)), columns, rows, focal_length=457 / 640 * columns)
    distance = (np.arange(rows) + 0.5) * MAX_RANGE / rows
    azimuth = np.arctan((np.arange(columns) + 0.5 - columns / 2) / camera.focal_length)
    axes = (distance, azimuth)
    cube_axes = (np.arange(int(MAX_RANGE / 0.375)) * 0.375, (np.arange(16) - 8) / 8, VELOCITY)

    lane = LANES[rng.integers(len(LANES))] + rng.uniform(-1, 1)
    start = np.array([rng.uniform(-0.5, 0.5) * lane, lane, CAR[2] / 2])
    velocity = np.array([rng.choice([-1, 1]) * rng.uniform(2, 10), 0.0, 0.0])
    parked = np.array([[rng.uniform(-20, 20), rng.choice(PARKED_ROWS), CAR[2] / 2] for _ in range(rng.integers(4, 15))])
    poles = np.column_stack([rng.uniform(-30, 30, 6), rng.uniform(28, 70, 6), np.full(6, 2.0)])
    clutter = np.concatenate([parked, poles])
    clutter_db = rng.normal(np.concatenate([np.full(len(parked), 32.0), np.full(6, 28.0)]), 5)
    colours = rng.uniform(40, 230, (len(parked) + 1, 3))

    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "raysim-shard", "format_version": 1})
        file.attrs.update({"scenario": "world", "seed": seed, "sequence": sequence})
        constants = {
            "camera/intrinsics": camera.intrinsics, "camera/pose": camera.pose, "radar/pose": camera.pose,
            "radar/range": distance, "radar/azimuth": azimuth, "radar/noise_power": NOISE_POWER,
            "radar/power_range": cube_axes[0], "radar/power_azimuth": cube_axes[1], "radar/power_velocity": VELOCITY,
            "instances/is_target": np.arange(len(parked) + 1) == 0,
        }  # fmt: skip
        for name, value in constants.items():
            file[name] = value
        frames = []
        for index in range(num_frames):
            centre = start + velocity * (index - num_frames / 2) / 30
            cars = np.concatenate([centre[None], parked])
            target = to_polar(camera.pose, centre)
            closing = -velocity @ (centre - camera.pose[:3, 3]) / target[0]
            picture, boxes = _picture(camera, cars, colours, rng)
            echoes = np.concatenate([centre[None], clutter])
            strength = np.concatenate([[rng.normal(34, 3)], clutter_db])
            speed = np.concatenate([[closing], np.zeros(len(clutter))])
            frames.append(
                {
                    "time": index / 30,
                    "camera/rgb": picture,
                    "instances/box_2d_visible": boxes,
                    "radar/heatmap": _heatmap(camera, axes, echoes, strength, rng),
                    "radar/power": _cube(camera, cube_axes, echoes, strength, speed, rng),
                    "radar/target/range": np.full(len(cars), target[0]),
                    "radar/target/azimuth": np.full(len(cars), target[1]),
                }
            )
        for name in frames[0]:
            values = np.stack([frame[name] for frame in frames])
            file.create_dataset(name, data=values, chunks=(1, *values.shape[1:]) if values.ndim > 1 else None)


def _picture(camera: Camera, cars, colours, rng):
    """(H, W, 3) uint8 picture and (cars, 4) float32 boxes; nearer cars hide farther ones."""
    height, width = camera.height, camera.width
    ground = 70 + 12 * rng.standard_normal((height, width, 1))
    picture = np.repeat(ground, 3, axis=2)
    boxes = np.full((len(cars), 4), np.nan, np.float32)
    corners = CAR / 2 * np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    for index in np.argsort(-cars[:, 1]):
        local = (cars[index] + corners - camera.pose[:3, 3]) @ camera.pose[:3, :3]
        x = width / 2 + camera.focal_length * local[:, 0] / local[:, 2]
        y = height / 2 + camera.focal_length * local[:, 1] / local[:, 2]
        box = np.clip([x.min(), y.min(), x.max(), y.max()], 0, [width, height, width, height])
        left, top, right, bottom = np.rint(box).astype(int)
        if right <= left or bottom <= top:
            continue
        boxes[index] = box
        middle = (top + bottom) // 2
        picture[top:middle, left:right] = 0.5 * colours[index]  # glass
        picture[middle:bottom, left:right] = colours[index]
    return picture.clip(0, 255).astype(np.uint8), boxes


def _beam(azimuth_cosine, centre):
    """(...,) power pattern of a Hamming-like beam."""
    return np.exp(-np.log(2) * (2 * (azimuth_cosine - centre) / BEAM) ** 2)


def _heatmap(camera, axes, echoes, strength_db, rng):
    """(N, M) float16 dB over thermal noise."""
    distance, azimuth, _ = to_polar(camera.pose, echoes)
    near = np.exp(-0.5 * ((axes[0][:, None] - distance) / RANGE_SPREAD) ** 2)  # (N, echoes)
    aside = _beam(np.sin(axes[1])[:, None], np.sin(azimuth))  # (M, echoes)
    power = (near * 10 ** (strength_db / 10) * (20 / distance) ** 2) @ aside.T
    speckle = rng.exponential(size=power.shape)
    return (10 * np.log10(power * (0.5 + 0.5 * speckle) + 1 + 0.2 * speckle)).astype(np.float16)


def _cube(camera, axes, echoes, strength_db, speed, rng):
    """(K, B, D) float32 linear power."""
    distance, azimuth, _ = to_polar(camera.pose, echoes)
    near = np.exp(-0.5 * ((axes[0][:, None] - distance) / RANGE_SPREAD) ** 2)
    aside = _beam(axes[1][:, None], np.sin(azimuth))
    doppler = np.exp(-0.5 * ((axes[2][:, None] - speed) / 0.5) ** 2)
    power = 10 ** (strength_db / 10) * (20 / distance) ** 2
    cube = np.einsum("ke,be,de,e->kbd", near, aside, doppler, power, optimize=True)
    return (NOISE_POWER * (cube + rng.exponential(size=cube.shape))).astype(np.float32)
