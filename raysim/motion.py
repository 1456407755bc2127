"""Rigid motion of a part, frame by frame."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Rigid motion of a part, sampled at the middle of every frame (length 1 = at rest for ever).

    Attributes
    ----------
    pose : (num_frames, 4, 4) float64
        Part to world.
    velocity, angular_velocity, acceleration : (num_frames, 3) float64
        Of the part's origin [m/s], about it [rad/s], of the origin [m/s2], all in world axes.
    angular_acceleration : (num_frames, 3) float64, optional
        Rate of the angular velocity [rad/s2], world axes; None = zero, as of wheels and of all that does not swing.
    """

    pose: np.ndarray
    velocity: np.ndarray
    angular_velocity: np.ndarray
    acceleration: np.ndarray
    angular_acceleration: np.ndarray | None = None

    def __post_init__(self):
        n = len(self.pose)
        if self.pose.shape != (n, 4, 4):
            raise ValueError(f"motion pose must have shape (num_frames, 4, 4), got {self.pose.shape}")
        for name in ("velocity", "angular_velocity", "acceleration"):
            if getattr(self, name).shape != (n, 3):
                raise ValueError(f"motion {name} must have shape ({n}, 3), got {getattr(self, name).shape}")
        if self.angular_acceleration is not None and self.angular_acceleration.shape != (n, 3):
            raise ValueError(
                f"motion angular_acceleration must have shape ({n}, 3), got {self.angular_acceleration.shape}"
            )

    @classmethod
    def at_rest(cls, pose: np.ndarray | None = None) -> "Motion":
        """Motion of a part that never moves."""
        zero = np.zeros((1, 3))
        return cls((np.eye(4) if pose is None else np.asarray(pose, float))[None], zero, zero, zero)

    @property
    def moves(self) -> bool:
        """Whether the part belongs to the moving triangles."""
        return len(self.pose) > 1 or bool(self.velocity.any() or self.angular_velocity.any())
