"""Contact sheet of the procedural people and cyclists: ten body types who stand or walk, six riders, from two sides."""

import numpy as np
from PIL import Image

from blender_scenes.assets.cyclists import draw_cyclist, make_cyclist
from blender_scenes.assets.people import BODY_TYPES, draw_person, make_person
from blender_scenes.pieces import asset_pieces
from blender_scenes.shade import shade
from raysim.camera import cast_camera
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.pieces import Piece, assemble
from raysim.sensors import Camera, Radar, Sensors, look_at

asphalt = Material("asphalt", "asphalt", (0.18, 0.18, 0.18), 1.2e-4, 0.05)
corners = np.array([[-60, -60, 0], [60, -60, 0], [60, 60, 0], [-60, 60, 0]], float)
ground = Piece("ground", "ground", corners, np.array([[0, 1, 2], [0, 2, 3]]), (asphalt,))
pose = look_at((9.0, 0.0, 1.6), (0.0, 0.0, 0.92))
sensors = Sensors(Camera(pose, 1200, 340, 1080.0), Radar(pose, np.zeros(3)), pose)


def row(assets, spacing, yaw):
    """Picture of assets side by side, all turned by `yaw` [rad] against the camera."""
    places = spacing * (np.arange(len(assets)) - (len(assets) - 1) / 2)
    pieces = [ground]
    for place, asset in zip(places, assets, strict=True):
        pieces += asset_pieces(asset, name=f"at {place:.2f} m", position=(0.0, float(place), 0.0), yaw=yaw)
    caster = RayCaster(assemble(pieces, sensors)).frame(0)
    return shade(caster, cast_camera(caster, sensors.camera))


people = [
    make_person(draw_person(body_type, speed=0.0 if index % 3 == 0 else 1.3, rng=np.random.default_rng(index)))
    for index, body_type in enumerate(BODY_TYPES)
]
cyclists = [make_cyclist(draw_cyclist(rng=np.random.default_rng(index))) for index in range(6)]
rows = [row(people, 0.92, 0.35), row(people, 0.92, 2.5), row(cyclists, 1.6, 0.45), row(cyclists[::2], 2.6, 1.4)]
Image.fromarray(np.concatenate(rows)).quantize(256, Image.Quantize.FASTOCTREE).save(
    "people_and_cyclists.png", optimize=True
)
for name, assets in (("people", people), ("cyclists", cyclists)):
    counts = [asset.num_triangles for asset in assets]
    print(f"{name}: {min(counts)} to {max(counts)} triangles, {len(assets[0].parts)} rigid parts")
