"""Straight tracks and spinning wheels as tables of rigid motion."""

import numpy as np

from blender_scenes.assets import AssetPart
from blender_scenes.recipe import Placement
from raysim.scene import Motion


def yaw_rotation(yaw: float) -> np.ndarray:
    """(3, 3) float64 turn by `yaw` [rad] about z, from east towards north."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def axis_rotation(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return the turns about an axis (Rodrigues' formula).

    Parameters
    ----------
    axis : (3,) float64
        Unit vector.
    angle : (n,) float64
        [rad], right-hand rule.

    Returns
    -------
    (n, 3, 3) float64
    """
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, versine = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    return np.eye(3) + sine * cross + versine * (cross @ cross)


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
        One pose for an asset at rest, else one per frame. The origin's acceleration is zero; what a rim point feels
        follows from the angular velocity.
    """
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
