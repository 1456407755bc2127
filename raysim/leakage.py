"""The path from a radar's transmitter straight into its own receiver, inside the device.

`radar_dsp.impairments` has a leakage of the receiver's array, with a phase of its own in every element; this one is a
path among paths, for whoever works on paths. A configuration takes one of the two.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from raysim.paths import Interaction, Paths
from raysim.sensors import Radar


class LeakageConfig(BaseModel):
    """Coupling between a radar's own ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    isolation_db: float = Field(
        ge=0, allow_inf_nan=False, description="Transmitted over leaked power, antennas included [dB]."
    )
    delay: float = Field(
        3e-10, gt=0, le=1e-6, description="Of the leaked signal [s]; 0.3 ns = 10 cm of travel, 5 cm of range."
    )


def leakage_path(config: LeakageConfig, radar: Radar) -> Paths:
    """Give the leakage as one path: no interaction, no motion.

    Parameters
    ----------
    config : LeakageConfig
    radar : Radar
        It leaves and arrives along the arrays' own axes, so that all elements of an array have it in phase.

    Returns
    -------
    Paths
        One path of depth 0; its last point is the transmitter.
    """
    none, zero = np.full(1, -1, np.int32), np.zeros(1)
    return Paths(
        gain=np.array([10 ** (-config.isolation_db / 20)], np.complex128),
        delay=np.array([config.delay]),
        delay_rate=zero,
        delay_acceleration=zero.copy(),
        departure=radar.transmitter_pose[None, :3, 2],
        arrival=radar.pose[None, :3, 2],
        depth=np.zeros(1, np.uint8),
        kinds=np.array([Interaction.NONE], np.uint32),
        first_instance=none,
        last_instance=none.copy(),
        last_point=radar.transmitter[None],
    )
