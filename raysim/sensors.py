"""Where the sensors stand and how they look.

Every sensor has a 4 x 4 pose, sensor to world. Sensor axes follow the camera convention:
x right, y down, z forward. Azimuth = atan2(x, z), positive to the right; elevation = asin(-y / r),
positive upwards. Camera and radar of a basestation share one orientation, so the image column of a
point is ``cx + f tan(azimuth)`` whatever its elevation.
"""

from dataclasses import dataclass, field

import numpy as np

BISTATIC_SEPARATION = 1.0  # [m] below, the direct path is the leakage of one device, `radar_dsp.impairments`


def _check_pose(name: str, pose: np.ndarray) -> None:
    rotation = pose[:3, :3] if pose.shape == (4, 4) else None
    if rotation is None or not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-9):
        raise ValueError(f"{name} must be a rigid (4, 4) pose, got shape {pose.shape}")


def look_at(position, target, up=(0.0, 0.0, 1.0)) -> np.ndarray:
    """Pose of a sensor at `position` whose forward axis points at `target`.

    Parameters
    ----------
    position, target : (3,) array_like
        World points [m].
    up : (3,) array_like
        World direction that the picture's top should follow.

    Returns
    -------
    (4, 4) float64
        Sensor-to-world pose (x right, y down, z forward).
    """
    position = np.asarray(position, float)
    forward = np.asarray(target, float) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.asarray(up, float))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(forward, right), forward, position
    return pose


def facing(position, yaw: float, elevation: float, roll: float = 0.0) -> np.ndarray:
    """Pose of a sensor by its angles; unlike `look_at`, straight up and down too.

    Parameters
    ----------
    position : (3,) array_like
        World point [m].
    yaw : float
        Of the forward axis, from x (east) towards y (north) [rad].
    elevation : float
        Of the forward axis over the horizon [rad].
    roll : float
        About the forward axis, clockwise as the sensor sees the world: positive = its right side goes down [rad].

    Returns
    -------
    (4, 4) float64
        Sensor-to-world pose (x right, y down, z forward).
    """
    sy, cy, se, ce = np.sin(yaw), np.cos(yaw), np.sin(elevation), np.cos(elevation)
    right, forward = np.array([sy, -cy, 0.0]), np.array([ce * cy, ce * sy, se])
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3, 0] = np.cos(roll) * right + np.sin(roll) * down
    pose[:3, 1] = np.cos(roll) * down - np.sin(roll) * right
    pose[:3, 2], pose[:3, 3] = forward, position
    return pose


@dataclass(frozen=True)
class Camera:
    """Pinhole camera without distortion; pixel centres at +0.5.

    Attributes
    ----------
    width, height : int
        Size [px].
    focal_length : float
        [px], equal in both directions; the principal point is the middle of the picture.
    pose : (4, 4) float64
        Camera-to-world.
    """

    pose: np.ndarray
    width: int = 640
    height: int = 480
    focal_length: float = 457.0  # 70 degrees across 640 px

    def __post_init__(self):
        _check_pose("camera pose", self.pose)
        if self.width < 1 or self.height < 1 or not self.focal_length > 0:
            raise ValueError(
                f"camera needs positive size and focal length, got {self.width} x {self.height}, {self.focal_length} px"
            )

    @property
    def intrinsics(self) -> np.ndarray:
        """(3, 3) float64 matrix K [px]: ``[u, v, 1] ~ K [x, y, z]``."""
        f = self.focal_length
        return np.array([[f, 0, self.width / 2], [0, f, self.height / 2], [0, 0, 1.0]])

    @property
    def half_fov(self) -> float:
        """Half the horizontal field of view [rad]."""
        return float(np.arctan(self.width / 2 / self.focal_length))


@dataclass(frozen=True)
class Radar:
    """Where the radar's arrays stand.

    Attributes
    ----------
    pose : (4, 4) float64
        Receive array to world; origin = phase centre. Columns count along +x (right), rows along -y (up).
    transmitter_offset : (3,) float64
        Transmit phase centre in the radar's axes [m]; zeros = exactly monostatic.
    transmitter_rotation : (3, 3) float64
        Axes of the transmit array in the radar's axes; identity = it looks where the receiver looks.
    """

    pose: np.ndarray
    transmitter_offset: np.ndarray
    transmitter_rotation: np.ndarray = field(default_factory=lambda: np.eye(3))

    def __post_init__(self):
        _check_pose("radar pose", self.pose)
        _check_pose("transmitter pose", self.transmitter_pose)

    @classmethod
    def between(cls, transmitter: np.ndarray, receiver: np.ndarray) -> "Radar":
        """Return the radar of two poses (4, 4), sensor to world: what one station sends and the other hears."""
        turn = receiver[:3, :3].T
        return cls(receiver, turn @ (transmitter[:3, 3] - receiver[:3, 3]), turn @ transmitter[:3, :3])

    @property
    def receiver(self) -> np.ndarray:
        """(3,) float64 world position of the receive phase centre [m]."""
        return self.pose[:3, 3]

    @property
    def transmitter(self) -> np.ndarray:
        """(3,) float64 world position of the transmit phase centre [m]."""
        return self.pose[:3, 3] + self.pose[:3, :3] @ self.transmitter_offset

    @property
    def transmitter_pose(self) -> np.ndarray:
        """(4, 4) float64: transmit array to world; its tubes start and its element is turned by it."""
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = self.pose[:3, :3] @ self.transmitter_rotation, self.transmitter
        return pose


def is_bistatic(radar: Radar) -> bool:
    """Tell whether a radar's ends stand so far apart that they see each other."""
    return bool(np.linalg.norm(radar.transmitter_offset) > BISTATIC_SEPARATION)


@dataclass(frozen=True)
class Sensors:
    """The sensors of one basestation.

    Attributes
    ----------
    camera : Camera
    radar : Radar
    lidar_pose : (4, 4) float64
        Lidar to world.
    """

    camera: Camera
    radar: Radar
    lidar_pose: np.ndarray

    def __post_init__(self):
        _check_pose("lidar pose", self.lidar_pose)


def to_polar(pose: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Range, azimuth and elevation of world points in a sensor's axes.

    Parameters
    ----------
    pose : (4, 4) float64
        Sensor-to-world.
    points : (..., 3) float
        World points [m].

    Returns
    -------
    range, azimuth, elevation : (...,) float64
        [m], [rad] positive right, [rad] positive up.
    """
    local = (np.asarray(points) - pose[:3, 3]) @ pose[:3, :3]
    distance = np.linalg.norm(local, axis=-1)
    azimuth = np.arctan2(local[..., 0], local[..., 2])
    elevation = np.arcsin(np.clip(-local[..., 1] / np.maximum(distance, 1e-12), -1, 1))
    return distance, azimuth, elevation
