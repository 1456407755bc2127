"""A car hidden behind a corner, found twice: in the mirror of the wall across the street, and around the edge."""

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

REFLECTION, DIFFRACTION = Interaction.REFLECTION, Interaction.DIFFRACTION
CONCRETE = Material("concrete", "concrete", (0.5, 0.5, 0.5), rms_height=4e-4, scattering=0.25)
FREQUENCY, MIRROR = 28e9, 12.0  # [Hz], [m] the wall across the street stands at x = 12
CAR, RADAR, EDGE = np.array([8.7, 26.0]), np.array([5.3, 0.0, 2.0]), np.array([7.0, 8.0])


def building(name, low, high):
    """Return a concrete block between two corners."""
    block = trimesh.creation.box(bounds=[low, high])
    return Piece(name, "building", *split_creases(block.vertices, block.faces), (CONCRETE,))


def echoes_by_way_of(out, back):
    """Return the strongest echoes that meet `out`, the car, `back`: ranges, bearings (unit vectors), levels."""
    kinds = out | Interaction.SCATTERING << 4 | back << 8
    found = paths.select(paths.kinds == kinds)
    echoes = strongest_echoes(found, pose, frequency=FREQUENCY, range_cell=0.19, count=12)
    bearing = np.array([[np.sin(e.azimuth), np.cos(e.azimuth)] for e in echoes]) @ (pose[:2, 0], pose[:2, 2])
    bearing /= np.linalg.norm(bearing, axis=1, keepdims=True)
    return np.array([e.range for e in echoes]), bearing, np.array([e.power_db for e in echoes])


def level_mean(values, level):
    """Mean weighted by power."""
    return np.average(values, axis=0, weights=10 ** (level / 10))


car = make_car(draw_car("van", rng=np.random.default_rng(1)))
blocks = [building("corner", (-10, 8, 0), (7.0, 18, 9)), building("wall", (MIRROR, -5, 0), (MIRROR + 6, 45, 9))]
pieces = [*blocks, *asset_pieces(car, name="car", position=(*CAR, 0.0), yaw=np.radians(106))]
scene = assemble(pieces, radar_at(RADAR, (11, 12, 1)))
paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(), frequency=FREQUENCY, seed=0, threads=2))
mine = next(i for i, instance in enumerate(scene.instances) if instance.name == "car")
pose = scene.sensors.radar.pose
print(f"echoes that reach the car straight: {int((paths.first_instance == mine).sum())}")

reach, bearing, level = echoes_by_way_of(REFLECTION, REFLECTION)
ghost = RADAR[:2] + reach[:, None] * bearing
found = ghost * [-1, 1] + [2 * MIRROR, 0]  # mirrored back at the wall
error = np.linalg.norm(level_mean(found, level) - CAR)
print(f"strongest echo by way of the wall {level[0]:.1f} dB; unfolded, {error:.2f} m from the car's middle")
bent, _, bent_level = echoes_by_way_of(DIFFRACTION, DIFFRACTION)
behind = level_mean(bent, bent_level) - np.linalg.norm(EDGE - RADAR[:2])  # [m] from the edge
miss = behind - np.linalg.norm(CAR - EDGE)
print(f"strongest echo around the edge {bent_level[0]:.1f} dB; {behind:.2f} m behind it, {miss:+.2f} m to the middle")
print(f"out by the wall and back around the edge: {echoes_by_way_of(REFLECTION, DIFFRACTION)[2][0]:.1f} dB")

figure, axes = plt.subplots(figsize=(7, 6.5), layout="constrained")
for block in blocks:
    low, high = block.vertices.min(0), block.vertices.max(0)
    axes.add_patch(plt.Rectangle(low[:2], *(high - low)[:2], color="0.75"))
body = scene.frame(0).vertices[scene.vertices_of_instance[mine]]
axes.plot(body[::7, 0], body[::7, 1], ",", color="tab:blue")
axes.plot([], [], "s", color="tab:blue", markersize=4, label="car")
axes.plot(*RADAR[:2], "k^", label="radar")
axes.scatter(*ghost.T, s=15, color="tab:red", label=f"by way of the wall, {level[0]:.0f} dB: as the radar sees it")
axes.scatter(*found.T, s=15, color="tab:green", label="the same, mirrored back")
turn = RADAR[:2] + (ghost[0] - RADAR[:2]) * (MIRROR - RADAR[0]) / (ghost[0, 0] - RADAR[0])  # on the wall
axes.plot(*np.array([RADAR[:2], turn, found[0]]).T, color="tab:green", linewidth=0.8)
around = np.radians(np.linspace(72, 95, 50))
arc = EDGE + behind * np.stack([np.cos(around), np.sin(around)], 1)
axes.plot(*arc.T, color="tab:orange", label=f"around the edge, {bent_level[0]:.0f} dB: as far behind it as this arc")
axes.plot(*np.array([RADAR[:2], EDGE, arc[np.argmin(np.abs(arc[:, 0] - CAR[0]))]]).T, color="tab:orange", linewidth=0.8)
axes.set(xlabel="x [m]", ylabel="y [m]", title="hidden car", xlim=(-14, 20), ylim=(-3, 40), aspect="equal")
axes.legend(loc="upper left", fontsize=8)
figure.savefig("hidden_car.png", dpi=120)
