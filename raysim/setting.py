"""What every block of a frame's trace reads: the configuration, the scene as kernels want it, the receiver."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import c

from raysim.curvature import FLAT_RADIUS
from raysim.foliage import Foliage, foliage_of
from raysim.grids import Grid
from raysim.intersect import FrameCaster
from raysim.launch import LaunchConfig, is_owned, object_grids, visible_planes
from raysim.leakage import LeakageConfig
from raysim.materials import complex_permittivity
from raysim.mirrors import Planes
from raysim.ownership import Owners
from raysim.panels import panel_table
from raysim.panes import pane_triangles
from raysim.paths import MAX_INTERACTIONS
from raysim.radio_edges import EdgeConfig
from raysim.radio_terminals import AntennaConfig, ArrayConfig, Polarisation, build_antenna
from raysim.scattering import lobe_row
from raysim.sensors import Radar, is_bistatic
from raysim.sway import Sway, sway_of
from raysim.terminals import Receiver, Transmitter
from raysim.tubes import Bodies, Surfaces


class TraceConfig(BaseModel):
    """Propagation settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    launch: LaunchConfig = LaunchConfig()
    max_interactions: int = Field(5, ge=1, le=MAX_INTERACTIONS, description="Most interactions of a path [1].")
    max_length: float = Field(500.0, gt=0, description="Longest travelled path, transmitter to receiver [m].")
    min_amplitude: float = Field(
        1e-3, ge=0, description="A tube ends when its reflections leave less than this of its launched amplitude [1]."
    )
    antenna: Literal["isotropic", "tr38901"] = Field(
        "tr38901", description="Element pattern of both antennas (3GPP TR 38.901, 8 dBi)."
    )
    images: bool = Field(True, description="Connect hits on objects through the receiver's images in large planes.")
    contributions: Literal["both", "coherent", "diffuse"] = Field(
        "both", description="Which part of a tube's return is kept; one of them alone is for study and tests."
    )
    transmit_antenna: AntennaConfig | None = Field(None, description="Transmitting element; null = as `antenna`.")
    receive_antenna: AntennaConfig | None = Field(None, description="Receiving element; null = as `antenna`.")
    transmit_array: ArrayConfig | None = Field(
        None, description="Transmit elements that send one steered beam; null = a single element."
    )
    transmit_polarisation: Polarisation = Field("V", description="Of the transmitter, V or H.")
    receive_polarisation: Polarisation = Field("V", description="Of the receiver, V or H.")
    cross_polar_share: float = Field(
        0.0, ge=0, le=1, description="Share of the diffusely scattered power in the other polarisation [1]."
    )
    edges: EdgeConfig = EdgeConfig()
    leakage: LeakageConfig | None = Field(
        None,
        description="Path from the transmitter straight into the receiver of one device: `isolation_db`, `delay` [s]; "
        "null = none. Stations apart have a line of sight instead.",
    )
    weather_scatterers: int = Field(
        20_000, ge=0, description="Scatterers that stand for the rain or snow of a frame [1]; 0 = none."
    )


@dataclass(frozen=True)
class Setting:
    """What every block of a frame reads."""

    caster: FrameCaster
    radar: Radar
    config: TraceConfig
    owners: Owners
    surfaces: Surfaces
    bodies: Bodies
    transmitter: Transmitter
    receiver: Receiver
    planes: Planes
    seen: np.ndarray  # (num_planes,) bool: the transmitter sees the plane
    panes: np.ndarray | None  # (num_triangles,) bool; None = the scene has none
    foliage: Foliage | None  # None = nothing grows
    sway: Sway | None  # None = nothing grows, or there is no wind
    images: np.ndarray  # (num_planes, 3) float64, mirror images of the receiver; NaN = unseen [m]

    @property
    def owned(self) -> np.ndarray:
        """(num_instances,) bool: the instance has a grid of its own."""
        return self.owners.owned

    @property
    def instance_of_triangle(self) -> np.ndarray:
        """(num_triangles,) int32."""
        return self.owners.instance


def frame_setting(caster: FrameCaster, config: TraceConfig, planes: Planes, *, frequency: float, seed: int) -> Setting:
    """Gather the setting of a frame; parameters as in `raysim.trace.trace`, and the scene's large planes."""
    scene, frame = caster.frame.scene, caster.frame
    radar, materials = scene.sensors.radar, scene.materials
    surfaces = Surfaces(
        frame.normals,
        scene.mesh.material,
        scene.mesh.part,
        scene.mesh.radius_of_curvature > FLAT_RADIUS,
        planes.of_triangle,
        np.array([complex_permittivity(m.electrical, frequency) for m in materials]),
        np.array([m.rms_height for m in materials]),
        np.array([m.scattering for m in materials]),
        np.array([lobe_row(m) for m in materials], float),
        panel_table([m.layers for m in materials], frequency),
    )
    transmitter, receiver = _terminals(radar, config, c / frequency, seed)
    motion = frame.velocity, frame.angular_velocity, frame.acceleration, frame.angular_acceleration
    bodies = Bodies(frame.pose, *motion, np.any([rates.any(axis=1) for rates in motion], axis=0))
    seen = visible_planes(caster, radar, config.launch, planes)
    images = planes.images(receiver.position) if config.images else np.empty((0, 3))
    if not is_bistatic(radar):  # else the receiver sees planes that the transmitter does not
        images[~seen[: len(images)]] = np.nan
    panes, foliage = pane_triangles(scene), foliage_of(caster, frequency)
    passable = np.zeros(len(scene.mesh.triangles), bool)
    passable |= False if panes is None else panes
    passable |= False if foliage is None else foliage.leaf
    of_triangle, by_image = scene.instance_of_part[scene.mesh.part], config.launch.image_tubes > 0
    return Setting(
        caster,
        radar,
        config,
        Owners(is_owned(caster), of_triangle, planes.of_triangle, passable, by_image),
        surfaces,
        bodies,
        transmitter,
        receiver,
        planes,
        seen,
        panes,
        foliage,
        sway_of(frame, frequency=frequency, seed=seed),
        images,
    )


def own_grids(setting: Setting, launch: LaunchConfig) -> Iterator[Grid]:
    """Yield the grids over a frame's objects and their mirror images, see `raysim.launch.object_grids`."""
    yield from object_grids(
        setting.caster,
        setting.radar,
        launch,
        setting.planes,
        owned=setting.owners.owned,
        seen=setting.seen,
        wavelength=setting.receiver.wavelength,
        seed=setting.receiver.seed,
    )


def _terminals(radar: Radar, config: TraceConfig, wavelength: float, seed: int) -> tuple[Transmitter, Receiver]:
    """Build the two ends of the radar from a configuration."""
    axes, sent = (np.ascontiguousarray(pose[:3, :3].T) for pose in (radar.pose, radar.transmitter_pose))
    positions, weights = np.empty((0, 3)), np.empty(0, np.complex128)
    if config.transmit_array:
        array = config.transmit_array.build(wavelength)
        positions, weights = array.positions, array.weights
    both = AntennaConfig(pattern=config.antenna)
    is_horizontal = config.transmit_polarisation == "H", config.receive_polarisation == "H"
    same = is_horizontal[0] == is_horizontal[1]
    diffuse_power = 1 - config.cross_polar_share if same else config.cross_polar_share
    transmitter = Transmitter(
        build_antenna(config.transmit_antenna or both), sent, is_horizontal[0], wavelength, positions, weights
    )
    receiver = Receiver(
        np.array(radar.receiver),
        axes,
        build_antenna(config.receive_antenna or both),
        is_horizontal[1],
        wavelength,
        seed,
        config.contributions != "diffuse",
        0.0 if config.contributions == "coherent" else float(np.sqrt(diffuse_power)),
    )
    return transmitter, receiver
