"""Procedural cyclists: a bicycle with its rider, wheels that roll and legs that pedal.

Legs are two links bent onto the pedals (inverse kinematics) and follow the way travelled by the gear.
"""

from dataclasses import dataclass, replace

import numpy as np

from blender_scenes.assets import Asset, AssetPart
from blender_scenes.assets.bicycle import CRANK, PEDAL_OFF, Bicycle, bicycle_materials, cranks, frame, pedal, wheel
from blender_scenes.assets.gait import Limbs
from blender_scenes.assets.mesh import Patch, merge
from blender_scenes.assets.people import arrays, linked_parts, person_patches
from blender_scenes.assets.person_body import FOREARM, UPPER_ARM, girth, limbs_of
from blender_scenes.assets.person_materials import Slot, person_materials
from blender_scenes.assets.person_params import Colour, PersonParams, draw_params
from blender_scenes.linkage import (
    FORWARD,
    LEFT,
    RIGHT,
    TAU,
    UP,
    Harmonics,
    Joint,
    Linkage,
    Vector,
    bend_two_links,
    track,
)

__all__ = ["CyclistParams", "draw_cyclist", "make_cyclist"]

ORDER = 10  # harmonics of a leg's angles
SAMPLES = 120
STRETCH = 0.955  # longest reach of a leg over its length: the knee stays bent by some 30 degrees (Holmes et al. 1994)
PITCH = Harmonics(np.radians(-12.0), (0.0,), (np.radians(-8.0),))  # of the foot, toes up; heel highest behind
SEAT = 0.052  # hip joints over the saddle, share of the body height
GRASP = (FOREARM + 0.03) / UPPER_ARM  # from elbow to grip, over the upper arm
ARM_REACH = 0.94  # of grips over the arm's length: elbows are a little bent
FRAMES = ((0.02, 0.022, 0.025), (0.05, 0.10, 0.25), (0.35, 0.03, 0.03), (0.55, 0.55, 0.53), (0.04, 0.16, 0.09))
HELMETS = ((0.6, 0.6, 0.58), (0.03, 0.03, 0.033), (0.45, 0.04, 0.04), (0.05, 0.15, 0.35))


@dataclass(frozen=True)
class CyclistParams:
    """One cyclist, as plain numbers for a recipe.

    Attributes
    ----------
    rider : PersonParams
        Her `phase` is the right crank's angle at time 0, from pointing forwards, downwards first [rad].
    gear : float
        Turns of the wheels in one of the cranks [1].
    paint, helmet : tuple of 3 float
        Linear sRGB albedo; the helmet's counts where the rider wears one.
    """

    rider: PersonParams
    gear: float
    paint: Colour
    helmet: Colour

    def __post_init__(self):
        if not 1.0 <= self.gear <= 5.0:
            raise ValueError(f"cyclist: gear must lie in [1, 5], got {self.gear:g}")


def draw_cyclist(*, rng: np.random.Generator, speed: float = 4.5) -> CyclistParams:
    """Draw a cyclist who pedals about once a second at `speed` [m/s]."""
    rider = draw_params(rng=rng)
    if rng.random() < 0.5:
        rider = replace(rider, hair="helmet")
    bike = _bicycle(rider)
    turns = rng.uniform(0.85, 1.25)  # of the cranks a second
    gear = float(np.clip(speed / (turns * TAU * bike.wheel_radius), 1.2, 4.5))
    paint, helmet = (table[int(rng.integers(len(table)))] for table in (FRAMES, HELMETS))
    return CyclistParams(rider, gear, paint, helmet)


def make_cyclist(params: CyclistParams) -> Asset:
    """Build a cyclist's meshes; the same parameters give the same bytes.

    Parameters
    ----------
    params : CyclistParams

    Returns
    -------
    Asset
        Part 0 is the bicycle's frame with all of the rider that does not move on it.
    """
    rider, bike = params.rider, _bicycle(params.rider)
    limbs, cycle = limbs_of(rider), TAU * bike.wheel_radius * params.gear
    hip = _hip(bike, limbs)
    patches = person_patches(rider, grasping=True)
    shift = len(Slot)  # the bicycle's surfaces follow the rider's
    metal = [_after(frame(bike, hip - [0.0, 0.0, SEAT * rider.height * girth(rider) ** 0.5]), shift)]
    still = _upper_body(bike, limbs, hip)
    seated = [_placed(patches[name], linkage) for name, linkage in still.items()]
    body = merge([*metal, *seated])
    rolling = _after(wheel(bike.wheel_radius), shift)
    parts = [AssetPart("frame", *arrays(body), np.zeros(3))]
    for name, axle in zip(("wheel_rear", "wheel_front"), bike.axles, strict=True):
        parts.append(AssetPart(name, *arrays(rolling), axle, np.array([0.0, 1.0, 0.0]), bike.wheel_radius))
    linkages = _drive(bike, limbs, hip, cycle, rider.phase)
    moving = {name: patches[name] for name in linkages if name in patches}
    turning = {"cranks": cranks(), "pedal_left": pedal(1), "pedal_right": pedal(-1)}
    parts += linked_parts(moving | {name: _after(patch, shift) for name, patch in turning.items()}, linkages)
    materials = person_materials(rider, params.helmet if rider.hair == "helmet" else None)
    return Asset("cyclist", "cyclist", tuple(parts), (*materials, *bicycle_materials(params.paint)))


def _bicycle(rider: PersonParams) -> Bicycle:
    """Bicycle that fits a rider: small people ride smaller wheels."""
    return Bicycle(float(np.clip(rider.height / 1.75, 0.72, 1.12)), 0.345 if rider.height > 1.45 else 0.29)


def _after(patch: Patch, shift: int) -> Patch:
    return Patch(patch.vertices, patch.triangles, patch.material + shift)


def _placed(patch: Patch, linkage: Linkage) -> Patch:
    """Put a patch where its linkage holds it for good."""
    pose = track(linkage, 0.0, np.zeros(1))
    return Patch(patch.vertices @ pose.rotation[0].T + pose.position[0], patch.triangles, patch.material)


def _ankle(limbs: Limbs, phase: np.ndarray) -> np.ndarray:
    """Right ankle on its pedal, from the bracket: ahead and up (n, 2) [m]."""
    pitch = PITCH.at(phase)[0]
    back, up = -limbs.ball, limbs.ankle[2] + 0.011  # of the ankle, from the pedal's axle under the ball of the foot
    x = CRANK * np.cos(phase) + back * np.cos(pitch) - up * np.sin(pitch)
    return np.stack([x, -CRANK * np.sin(phase) + back * np.sin(pitch) + up * np.cos(pitch)], axis=-1)


def _hip(bike: Bicycle, limbs: Limbs) -> np.ndarray:
    """Middle between the hip joints: as far up the seat tube's line as legs reach the pedals with bent knees [m]."""
    ankle = _ankle(limbs, TAU * np.arange(SAMPLES) / SAMPLES)
    longest = STRETCH * (limbs.hip[2] - limbs.ankle[2])
    ways = np.linspace(0.3, 1.2, 451)
    hips = np.array([bike.on_seat_tube(way) - bike.bracket for way in ways])[:, [0, 2]]
    reach = np.linalg.norm(hips[:, None] - ankle, axis=2).max(axis=1)
    return bike.on_seat_tube(float(ways[reach <= longest].max()))


def _drive(bike: Bicycle, limbs: Limbs, hip: np.ndarray, cycle: float, phase: float) -> dict[str, Linkage]:
    """Linkages of cranks, pedals and legs."""
    around = TAU * np.arange(SAMPLES) / SAMPLES
    way = bike.bracket[[0, 2]] + _ankle(limbs, around) - hip[[0, 2]]
    upper, lower = limbs.hip[2] - limbs.knee[2], limbs.knee[2] - limbs.ankle[2]
    thigh, knee = bend_two_links(way[:, 0], -way[:, 1], upper, lower)
    angles = [Harmonics.fit(x, ORDER) for x in (thigh, knee, PITCH.at(around)[0] - thigh + knee)]
    turn = Joint(_vector(bike.bracket), ((LEFT, Harmonics(turns=1)),))
    joints: dict[str, tuple[Joint, ...]] = {"cranks": (turn,)}
    for name, side in (("left", 1), ("right", -1)):
        late = np.pi if side > 0 else 0.0
        end = (-side * CRANK, 0.0, 0.0)
        joints[f"pedal_{name}"] = (turn, Joint(end, ((RIGHT, Harmonics(turns=1)), (RIGHT, PITCH.late(late)))))
        flexion, bend, rise = (series.late(late) for series in angles)
        aside = side * (PEDAL_OFF - limbs.hip[1]) / (upper + lower)  # knees lean out to the pedals
        hung = Joint(_vector(hip + [0, side * limbs.hip[1], 0]), ((FORWARD, Harmonics(aside)), (RIGHT, flexion)))
        shank = Joint((0.0, 0.0, -upper), ((LEFT, bend),))
        foot = Joint((0.0, 0.0, -lower), ((RIGHT, rise), (FORWARD, Harmonics(-aside))))
        joints |= {f"thigh_{name}": (hung,), f"shank_{name}": (hung, shank), f"foot_{name}": (hung, shank, foot)}
    return {name: Linkage(chain, cycle, phase) for name, chain in joints.items()}


def _vector(point: np.ndarray) -> Vector:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _upper_body(bike: Bicycle, limbs: Limbs, hip: np.ndarray) -> dict[str, Linkage]:
    """Pelvis, trunk, head and arms, as far bent forwards as hands need to reach the grips."""
    upper = limbs.shoulder[2] - limbs.elbow[2]
    arm = upper, GRASP * upper
    rise = limbs.shoulder[2] - limbs.hip[2]
    leans = np.radians(np.arange(8.0, 70.0))
    for lean in leans:
        shoulder = hip + [rise * np.sin(lean), limbs.shoulder[1], rise * np.cos(lean)]
        if np.linalg.norm(bike.grip - shoulder) <= ARM_REACH * sum(arm):
            break
    pelvis = Joint(_vector(hip), ((LEFT, Harmonics(0.9 * lean)),))
    base = hip + (limbs.lumbar - limbs.hip[2]) * np.array([np.sin(lean), 0.0, np.cos(lean)])
    trunk = Joint(_vector(base), ((LEFT, Harmonics(lean)),))
    head = Joint((0.0, 0.0, limbs.neck - limbs.lumbar), ((LEFT, Harmonics(-0.8 * lean)),))
    chains: dict[str, tuple[Joint, ...]] = {"pelvis": (pelvis,), "trunk": (trunk,), "head": (trunk, head)}
    for name, side in (("left", 1), ("right", -1)):
        x, y, z = bike.grip - shoulder
        flat = float(np.hypot(x, y))
        flexion, elbow = bend_two_links(np.array([-flat]), np.array([-z]), *arm)
        turned = (UP, Harmonics(side * float(np.arctan2(y, x)))), (RIGHT, Harmonics(-float(flexion[0])))
        place = Joint(_vector(shoulder * [1, side, 1]), turned)
        lower = Joint((0.0, 0.0, -arm[0]), ((RIGHT, Harmonics(float(elbow[0]))),))
        chains |= {f"upper_arm_{name}": (place,), f"forearm_{name}": (place, lower)}
    return {name: Linkage(chain, 1.0) for name, chain in chains.items()}
