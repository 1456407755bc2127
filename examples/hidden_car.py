"""A car hidden behind a corner, found in the mirror of the wall across the street."""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import trimesh

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.pieces import asset_pieces
from raysim.echoes import strongest_echoes
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.mesh_clean import split_creases
from raysim.paths import Interaction, concatenate
from raysim.pieces import Piece, assemble, radar_at
from raysim.trace import TraceConfig, trace

REFLECTION, SCATTERING = Interaction.REFLECTION, Interaction.SCATTERING
CONCRETE = Material("concrete", "concrete", (0.5, 0.5, 0.5), rms_height=4e-4, scattering=0.25)
FREQUENCY, MIRROR = 28e9, 12.0  # [Hz], [m] the wall across the street stands at x = 12
BY_THE_WALL = sum(kind << 4 * i for i, kind in enumerate((REFLECTION, SCATTERING, REFLECTION)))
CAR, RADAR = (5.0, 26.0), (4.0, 0.0, 2.0)


def building(name, low, high):
    """Return a concrete block between two corners."""
    block = trimesh.creation.box(bounds=[low, high])
    return Piece(name, "building", *split_creases(block.vertices, block.faces), (CONCRETE,))


car = make_car(draw_car("van", rng=np.random.default_rng(1)))
blocks = [building("corner", (-10, 8, 0), (7.0, 18, 9)), building("wall", (MIRROR, -5, 0), (MIRROR + 6, 45, 9))]
pieces = [*blocks, *asset_pieces(car, name="car", position=(*CAR, 0.0), yaw=np.radians(100))]
scene = assemble(pieces, radar_at(RADAR, (11, 12, 1)))
paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(), frequency=FREQUENCY, seed=0, threads=2))

mine = next(i for i, instance in enumerate(scene.instances) if instance.name == "car")
print(f"echoes that reach the car straight: {int((paths.first_instance == mine).sum())}")
pose = scene.sensors.radar.pose
echoes = strongest_echoes(
    paths.select(paths.kinds == BY_THE_WALL), pose, frequency=FREQUENCY, range_cell=0.19, count=12
)
where = np.array([e.range * np.array([np.sin(e.azimuth), np.cos(e.azimuth)]) * np.cos(e.elevation) for e in echoes])
ghost = np.array(RADAR[:2]) + where @ np.stack([pose[:2, 0], pose[:2, 2] / np.linalg.norm(pose[:2, 2])])
found = ghost * [-1, 1] + [2 * MIRROR, 0]  # mirrored back at the wall
weight = 10 ** (np.array([e.power_db for e in echoes]) / 10)
error = np.linalg.norm(np.average(found, axis=0, weights=weight) - CAR)
print(f"strongest echo by way of the wall {echoes[0].power_db:.1f} dB; unfolded, {error:.2f} m from the car's middle")

figure, axes = plt.subplots(figsize=(7, 6.5), layout="constrained")
for block in blocks:
    low, high = block.vertices.min(0), block.vertices.max(0)
    axes.add_patch(plt.Rectangle(low[:2], *(high - low)[:2], color="0.75"))
body = scene.frame(0).vertices[scene.vertices_of_instance[mine]]
axes.plot(body[::7, 0], body[::7, 1], ",", color="tab:blue")
axes.plot(*RADAR[:2], "k^", label="radar")
axes.scatter(*ghost.T, s=15, color="tab:red", label="echoes, as the radar sees them")
axes.scatter(*found.T, s=15, color="tab:green", label="mirrored back at the wall")
turn = RADAR[:2] + (ghost[0] - RADAR[:2]) * (MIRROR - RADAR[0]) / (ghost[0, 0] - RADAR[0])  # on the wall
axes.plot(*np.array([RADAR[:2], turn, found[0]]).T, color="tab:green", linewidth=0.8)
axes.set(xlabel="x [m]", ylabel="y [m]", title="hidden car", xlim=(-11, 26), ylim=(-5, 42), aspect="equal")
axes.legend(loc="upper left", fontsize=8)
figure.savefig("hidden_car.png", dpi=120)
