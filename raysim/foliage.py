"""What crowns and hedges take from radio that passes them: ITU-R P.833.

Leaves of a mesh scatter, and shade each other, as surfaces do. What goes on behind them crosses the crown as a volume
and loses what the Recommendation says for the length of its way within.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from raysim.crowns import Bearings, Crowns, bearings, crown_depth, crowns_of, leaf_triangles
from raysim.intersect import FrameCaster, accelerate
from raysim.scene import Scene

LOWEST, HIGHEST = 30e6, 30e9  # [Hz] range of P.833's curve of specific attenuation


def specific_attenuation(frequency: float) -> float:
    """Specific attenuation in vegetation [dB/m], vertical polarisation.

    Parameters
    ----------
    frequency : float
        [Hz].

    Returns
    -------
    float
        Straight lines on the logarithmic axes of the figure: 0.02 dB/m at 30 MHz, 0.2 at 1 GHz, 6 at 30 GHz.

    Warns
    -----
    UserWarning
        Outside the figure's range, where the law is extrapolated.

    References
    ----------
    ITU-R P.833-10, Figure 2.
    """
    if not LOWEST <= frequency <= HIGHEST:
        warnings.warn(
            f"vegetation: {frequency / 1e9:g} GHz lies outside 0.03-30 GHz; the P.833 law is extrapolated", stacklevel=2
        )
    ghz = frequency / 1e9
    return 0.2 * ghz if ghz >= 1 else 0.2 * ghz ** (np.log(10) / np.log(1e9 / LOWEST))


def largest_attenuation(frequency: float) -> float:
    """Loss of a long way through vegetation [dB], where what is scattered around takes over.

    References
    ----------
    ITU-R P.833-10, eq. (2), with the coefficients of the mixed forest near St. Petersburg: measured at 0.1-2.1 GHz,
    used above.
    """
    return 1.37 * (frequency / 1e6) ** 0.42


def _loss(depth, specific: float, most: float):
    """Excess loss [dB]: eq. (1) of P.833, `specific` [dB/m] at first and `most` [dB] in the end."""
    return most * (1 - np.exp(-np.asarray(depth) * specific / most))


def vegetation_loss(depth, frequency: float):
    """Excess loss of ways through vegetation [dB].

    Parameters
    ----------
    depth : float or ndarray
        Length of the way within it [m].
    frequency : float
        [Hz].

    References
    ----------
    ITU-R P.833-10, eq. (1).
    """
    return _loss(depth, specific_attenuation(frequency), largest_attenuation(frequency))


@dataclass(frozen=True)
class Foliage:
    """A frame's crowns, as the tracer reads them.

    Attributes
    ----------
    crowns : Crowns
    leaf : (num_triangles,) bool
    bare : FrameCaster
        The frame without leaves.
    specific, most : float
        `specific_attenuation` [dB/m] and `largest_attenuation` [dB].
    transmitter, receiver : Bearings
        From the ends of the radar.
    """

    crowns: Crowns
    leaf: np.ndarray
    bare: FrameCaster
    transmitter: Bearings
    receiver: Bearings
    specific: float
    most: float

    def own(self, triangle: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Crowns (n,) int32 whose leaves were hit, -1 = none: leaves are seen past others, not through the crown."""
        return np.where(self.leaf[triangle], self.crowns.of_instance[instance], -1).astype(np.int32)

    def transmission(
        self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray, own: np.ndarray, start: Bearings
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find ways that go through crowns, and the amplitude that each leaves.

        Parameters
        ----------
        origin, direction, reach, own, start
            As for `crown_depth`.

        Returns
        -------
        which : (m,) int
        amplitude : (m,) float64
            [1].
        """
        depth = np.empty(len(reach))
        crown_depth(self.crowns, start, origin, direction, reach, own, depth)
        which = np.flatnonzero(depth)
        return which, 10 ** (-_loss(depth[which], self.specific, self.most) / 20)


def foliage_of(caster: FrameCaster, frequency: float) -> Foliage | None:
    """Gather a frame's foliage at a carrier [Hz]; None where nothing grows."""
    scene = caster.frame.scene
    crowns = crowns_of(scene)
    if crowns is None:
        return None
    static = _static_without_leaves(scene)
    bare = FrameCaster(caster.frame, tuple(a for a in (static, *caster.accelerators[1:]) if a is not None))
    radar = scene.sensors.radar
    return Foliage(
        crowns,
        leaf_triangles(scene),
        bare,
        bearings(crowns, radar.transmitter),
        bearings(crowns, radar.receiver),
        specific_attenuation(frequency),
        largest_attenuation(frequency),
    )


@lru_cache(maxsize=1)
def _static_without_leaves(scene: Scene):
    return accelerate(scene.frame(0), np.flatnonzero(~scene.triangle_moves & ~leaf_triangles(scene)))
