"""The same specular paths by raysim and Sionna RT: lengths, amplitudes, phases, Doppler.

A room of five smooth walls of five materials, 0.1 m thick, with ends at random places: line of sight and one mirror
reflection a wall, vertical and horizontal polarisation. And a moving plate between two ends: raysim has it as tubes,
whose specular path is the one of stationary delay; a polynomial through the tubes gives its length and Doppler.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh
from numpy.polynomial import polynomial
from scipy.constants import c
from scipy.optimize import root

from raysim.bistatic import direct_paths
from raysim.intersect import RayCaster
from raysim.meshes import load_pieces
from raysim.mirrors import large_planes
from raysim.motion import Motion
from raysim.paths import concatenate
from raysim.pieces import assemble
from raysim.sensors import Camera, Radar, Sensors, look_at
from raysim.setting import frame_setting
from raysim.trace import TraceConfig, trace

PAIRS, SEED, SPEED = 12, 7, 30.0
CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
ROOM = {  # name: material, centre, half sides along two axes
    "ground": ("concrete", (0, 0, 0), (40, 0, 0), (0, 40, 0)),
    "wall_north": ("brick", (0, 12, 15), (40, 0, 0), (0, 0, 15)),
    "wall_south": ("marble", (0, -12, 15), (40, 0, 0), (0, 0, 15)),
    "wall_east": ("wood", (30, 0, 15), (0, 12, 0), (0, 0, 15)),
    "wall_west": ("metal", (-30, 0, 15), (0, 12, 0), (0, 0, 15)),
}


def write_scene(folder: Path, rectangles: dict) -> Path:
    """Write an XML scene of PLY rectangles, as both read it."""
    lines = ['<scene version="2.1.0">']
    for name, (material, centre, u, v) in rectangles.items():
        corners = [
            np.add(centre, a * np.asarray(u) + b * np.asarray(v)) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], process=False).export(folder / f"{name}.ply")
        lines += [
            f'<bsdf type="itu-radio-material" id="{name}-{material}"><string name="type" value="{material}"/>',
            '<float name="thickness" value="0.1"/></bsdf>',
            f'<shape type="ply" id="mesh-{name}" name="mesh-{name}"><string name="filename" value="{name}.ply"/>',
            f'<boolean name="face_normals" value="true"/><ref id="{name}-{material}" name="bsdf"/></shape>',
        ]
    path = folder / "scene.xml"
    path.write_text("\n".join([*lines, "</scene>"]))
    return path


def ends(transmitter, receiver, target=None) -> Sensors:
    """Level radar with its receiver at one place and its transmitter at another, looking at a target."""
    pose = look_at(transmitter, np.add(transmitter, (1.0, 0, 0)) if target is None else target)
    pose[:3, 3] = receiver
    return Sensors(Camera(pose), Radar(pose, pose[:3, :3].T @ np.subtract(transmitter, receiver)), pose)


def room_paths(scene: Path, polarisation: str, frequency: float, places: np.ndarray) -> list[dict]:
    """Line of sight and reflections between pairs of ends, by rising delay."""
    pieces, found = load_pieces(scene), []
    config = TraceConfig(antenna="isotropic", transmit_polarisation=polarisation, receive_polarisation=polarisation)
    for transmitter, receiver in places:
        room = assemble(pieces, ends(transmitter, receiver))
        smooth = tuple(replace(material, scattering=0.0, rms_height=0.0) for material in room.materials)
        room = replace(room, materials=smooth)
        setting = frame_setting(RayCaster(room).frame(0), config, large_planes(room), frequency=frequency, seed=0)
        paths = concatenate(direct_paths(setting))
        order = np.argsort(paths.delay)
        found.append({"delay": paths.delay[order], "gain": paths.gain[order]})
    return found


def compare_room(sionna, folder: Path, frequency: float) -> dict[str, float]:
    """Largest differences over all pairs of ends and both polarisations."""
    rng = np.random.default_rng(SEED)
    places = rng.uniform((-25, -10, 1.5), (25, 10, 12), (PAIRS, 2, 3))
    scene, count = write_scene(folder, ROOM), 0
    worst = {"length": 0.0, "amplitude_db": 0.0, "phase": 0.0}
    for polarisation in ("V", "H"):
        ours = room_paths(scene, polarisation, frequency, places)
        request = {"transmitters": places[:, 0].tolist(), "receivers": places[:, 1].tolist(), "velocity": {}}
        theirs = sionna.ask(
            "paths", options={}, scene=str(scene), frequency=frequency, polarisation=polarisation, **request
        )
        for mine, other in zip(ours, theirs["pairs"], strict=True):
            if len(mine["delay"]) != len(other["delay"]):
                raise SystemExit(f"Error: raysim has {len(mine['delay'])} paths, Sionna RT {len(other['delay'])}")
            count += len(mine["delay"])
            gain = np.array(other["real"]) + 1j * np.array(other["imag"])
            level = 20 * np.log10(np.abs(mine["gain"] / gain))
            worst["length"] = max(worst["length"], np.abs(mine["delay"] / other["delay"] - 1).max())
            worst["amplitude_db"] = max(worst["amplitude_db"], np.abs(level).max())
            worst["phase"] = max(worst["phase"], np.abs(np.angle(mine["gain"] / gain)).max())
    return worst | {"paths": count}


def stationary(delay, rate, x, y) -> tuple[float, float]:
    """Values where the first of two functions of x and y is stationary, both fitted by fourth-order polynomials."""
    powers = [(i, j) for i in range(5) for j in range(5 - i)]
    terms = np.stack([x**i * y**j for i, j in powers], 1)
    fits = []
    for values in (delay, rate):
        fit = np.zeros((5, 5))
        fit[tuple(np.transpose(powers))] = np.linalg.lstsq(terms, values, rcond=None)[0]
        fits.append(fit)
    slopes = [polynomial.polyder(fits[0], axis=axis) for axis in (0, 1)]
    at = root(lambda p: [polynomial.polyval2d(*p, slope) for slope in slopes], (0.0, 0.0)).x
    return polynomial.polyval2d(*at, fits[0]), polynomial.polyval2d(*at, fits[1])


def plate_path(scene: Path, sensors: Sensors, velocity: np.ndarray, frequency: float, plate: tuple) -> tuple:
    """Length [m] and Doppler [Hz] of the echo of a moving plate."""
    zero = np.zeros((1, 3))
    (piece,) = load_pieces(scene)
    piece = replace(piece, motion=Motion(np.eye(4)[None], velocity[None], zero, zero))
    config = TraceConfig(antenna="isotropic", max_interactions=1, images=False)
    paths = concatenate(trace(RayCaster(assemble([piece], sensors)).frame(0), config, frequency=frequency, seed=0))
    paths = paths.select(paths.depth == 1)
    _, centre, u, v = plate
    arm = paths.last_point - centre
    length, rate = stationary(paths.delay * c, paths.delay_rate * c, arm @ u / (u @ u), arm @ v / (v @ v))
    return length, -frequency / c * rate


def compare_plate(sionna, folder: Path, frequency: float) -> dict[str, float]:
    """Largest relative differences over random ends, attitudes and velocities of a plate of 3 m."""
    rng = np.random.default_rng(SEED)
    worst = {"length": 0.0, "doppler": 0.0}
    for _ in range(PAIRS):
        centre = np.array([0, 0, 4.0])
        transmitter, receiver = centre + rng.uniform((-20, -25, -2), (20, -15, 6), (2, 3))
        towards = [(place - centre) / np.linalg.norm(place - centre) for place in (transmitter, receiver)]
        normal = sum(towards) / np.linalg.norm(sum(towards))
        u = np.cross(normal, (0, 0, 1.0))
        u *= 1.5 / np.linalg.norm(u)
        plate = ("metal", centre, u, np.cross(normal, u))
        velocity = SPEED * (normal + 0.5 * rng.normal(size=3))
        scene = write_scene(folder, {"plate": plate})
        sensors = ends(transmitter, receiver, centre)
        length, doppler = plate_path(scene, sensors, velocity, frequency, plate)
        request = {"transmitters": [transmitter.tolist()], "receivers": [receiver.tolist()]}
        request |= {"velocity": {"plate": velocity.tolist()}, "polarisation": "V"}
        (other,) = sionna.ask("paths", options={}, scene=str(scene), frequency=frequency, **request)["pairs"]
        if len(other["delay"]) != 2:  # the line of sight and the plate
            raise SystemExit(f"Error: Sionna RT has {len(other['delay'])} paths, not 2")
        worst["length"] = max(worst["length"], abs(length / (other["delay"][1] * c) - 1))
        worst["doppler"] = max(worst["doppler"], abs(doppler / other["doppler"][1] - 1))
    return worst


def agreement(sionna, frequency: float) -> list[dict]:
    """Print and give a row a quantity: what was compared, largest difference, bar."""
    with tempfile.TemporaryDirectory() as folder:
        room, plate = (compare(sionna, Path(folder), frequency) for compare in (compare_room, compare_plate))
    where = f"{room['paths']} paths in a room of five materials, V and H"
    moving = f"{PAIRS} moving plates, the tubes' path of stationary delay"
    rows = [
        (f"path length, relative: {where}", room["length"], 1e-5),
        (f"amplitude [dB]: {where}", room["amplitude_db"], 0.1),
        (f"phase [rad]: {where}", room["phase"], None),
        (f"path length, relative: {moving}", plate["length"], 1e-5),
        (f"Doppler, relative: {moving}", plate["doppler"], 1e-4),
    ]
    for case, value, bar in rows:
        print(f"{case}: at most {value:.1e} apart" + (f", bar {bar:g}" if bar else ""))
    return [{"case": case, "measured": float(f"{value:.3g}"), "bar": bar} for case, value, bar in rows]
