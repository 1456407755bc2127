"""Straight tracks, spinning wheels and swinging limbs as tables of rigid motion."""

import numpy as np

from blender_scenes.assets import AssetPart
from blender_scenes.linkage import Linkage, axis_rotation, track
from blender_scenes.recipe import Placement
from raysim.motion import Motion


def yaw_rotation(yaw: float) -> np.ndarray:
    """(3, 3) float64 turn by `yaw` [rad] about z, from east towards north."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def part_motion(placement: Placement, part: AssetPart, times: np.ndarray) -> Motion:
    """Motion of one part of a placed asset.

    Parameters
    ----------
    placement : Placement
        Where the asset stands at time 0 and how fast it drives along its heading.
    part : AssetPart
        Spins at speed / wheel radius about its axle, so that the rim rests where it touches the ground.
    times : (num_frames,) float64
        Middle of every frame [s].

    Returns
    -------
    raysim.scene.Motion
        One pose for an asset at rest, else one per frame. The acceleration of a wheel's origin is zero; what a rim
        point feels follows from the angular velocity.
    """
    if part.linkage is not None:
        return _linked_motion(placement, part.linkage, times)
    turn = yaw_rotation(placement.yaw)
    start = np.asarray(placement.position) + turn @ part.origin
    if placement.speed == 0:
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = turn, start
        return Motion.at_rest(pose)
    velocity = placement.speed * turn[:, 0]
    pose = np.tile(np.eye(4), (len(times), 1, 1))
    pose[:, :3, :3] = turn
    pose[:, :3, 3] = start + times[:, None] * velocity
    angular_velocity = np.zeros(3)
    if part.axle is not None and part.wheel_radius is not None:
        rate = placement.speed / part.wheel_radius
        angular_velocity = rate * (turn @ part.axle)
        pose[:, :3, :3] = turn @ axis_rotation(part.axle, rate * times)
    still = np.zeros((len(times), 3))
    return Motion(pose, still + velocity, still + angular_velocity, still)


def _linked_motion(placement: Placement, linkage: Linkage, times: np.ndarray) -> Motion:
    """Motion of a limb: the linkage's on top of the asset's."""
    moments = times if placement.speed else np.zeros(1)
    limb, turn = track(linkage, placement.speed, moments), yaw_rotation(placement.yaw)
    velocity = placement.speed * turn[:, 0]
    pose = np.tile(np.eye(4), (len(moments), 1, 1))
    pose[:, :3, :3] = turn @ limb.rotation
    pose[:, :3, 3] = np.asarray(placement.position) + limb.position @ turn.T + moments[:, None] * velocity
    if placement.speed == 0:
        return Motion.at_rest(pose[0])
    rates = (velocity + limb.velocity @ turn.T, *(x @ turn.T for x in (limb.spin, limb.acceleration, limb.spin_rate)))
    return Motion(pose, *rates)
