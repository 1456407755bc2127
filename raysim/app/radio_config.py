"""Configuration of ``raysim trace``: where the radars stand, how they sound, how they are traced."""

from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from radar_dsp.ofdm import RadarConfig
from raysim.app.config import check_radio, complaint
from raysim.environment import Weather
from raysim.pieces import radar_at
from raysim.scene import Scene
from raysim.sensors import Radar, facing
from raysim.trace import TraceConfig

Point = tuple[float, float, float]
NEAR_SHARE = 0.2  # of the longest path: a radar no farther off leaves echoes room to wander


class StationConfig(BaseModel):
    """Where one radar stands and where it looks: at a target, or along angles."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    position: Point | None = Field(
        None,
        description="Where the radar stands [m]; default: two diagonals of the scene away along +x, no farther than a "
        "fifth of trace.max_length, and a quarter of that up.",
    )
    target: Point | None = Field(
        None, description="What it looks at [m]; default: the middle of the scene, if there are no angles."
    )
    yaw_deg: float | None = Field(None, description="It looks this way, from x (east) towards y (north) [deg].")
    tilt_deg: float = Field(0.0, ge=-90, le=90, description="Downwards, beside yaw_deg [deg].")
    roll_deg: float = Field(0.0, description="About its axis, right side down, beside yaw_deg [deg].")
    transmitter_offset: Point = Field(
        (0.0, 0.0, 0.0), description="Transmit phase centre in the radar's axes [m]; zeros = monostatic."
    )

    @model_validator(mode="after")
    def _check_view(self) -> "StationConfig":
        if self.yaw_deg is None and (self.tilt_deg or self.roll_deg):
            raise ValueError("tilt_deg and roll_deg go with yaw_deg")
        if self.yaw_deg is not None and self.target is not None:
            raise ValueError(f"looks either at a target or along yaw_deg, got {list(self.target)} and {self.yaw_deg:g}")
        return self

    def placed(self, scene: Scene, max_length: float) -> Radar:
        """Return the radar in a scene; `max_length` is that of the traced paths [m].

        Raises
        ------
        ValueError
            If it stands where it looks at, or looks at a target straight above or below.
        """
        vertices = scene.frame(0).vertices
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        target = np.array((low + high) / 2 if self.target is None else self.target)
        reach = min(2 * float(np.linalg.norm(high - low)), NEAR_SHARE * max_length)
        away = reach * np.array([1, 0, 0.25])  # raised: flat ground would be seen edge-on
        position = target + away if self.position is None else np.array(self.position)
        if self.yaw_deg is not None:
            yaw, tilt, roll = np.radians((self.yaw_deg, self.tilt_deg, self.roll_deg))
            return Radar(facing(position, yaw, -tilt, roll), np.array(self.transmitter_offset))
        if not np.linalg.norm((target - position)[:2]) > 1e-6:
            raise ValueError(
                f"radar at {position.tolist()} must look sideways, its target is {target.tolist()}: "
                "straight up or down is yaw_deg and tilt_deg"
            )
        return radar_at(position, target, transmitter_offset=self.transmitter_offset).radar


class GeometryConfig(BaseModel):
    """How the scene's file is read; the command line's options go before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up: Literal["y", "z"] | None = Field(None, description="Axis of the file that points up; default: y for glTF.")
    scale: float = Field(1.0, gt=0, allow_inf_nan=False, description="Metres per unit of the file.")
    material: str | None = Field(None, description="Of surfaces without a known one; default: metal.")


class WeatherConfig(BaseModel):
    """State of the air between radar and things."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rain: float = Field(0.0, ge=0, description="Rate [mm/h].")
    snow: float = Field(0.0, ge=0, description="Rate [mm/h], as water.")
    visibility: float | None = Field(None, gt=0, description="In fog [m]; null = clear air.")
    dust: float = Field(0.0, ge=0, description="Mass density [g/m3].")
    wind: float = Field(0.0, ge=0, description="Speed in the trees [m/s]; it sways foliage.")

    def build(self) -> Weather:
        """Return the scene's record."""
        visibility = np.inf if self.visibility is None else self.visibility
        return Weather(self.rain, self.snow, visibility, self.dust, self.wind)


class RadioConfig(StationConfig):
    """One radar in somebody's scene, or several; `radar` and `trace` are those of ``raysim generate``."""

    stations: dict[str, StationConfig] = Field(
        default_factory=dict, description="Several radars by name, in place of the one above."
    )
    pairs: Literal["own", "all"] | list[tuple[str, str]] = Field(
        "own",
        description="Who sends and who listens: own = each its own echoes, all = everyone hears everyone, or a list of "
        "[transmitter, receiver].",
    )
    indoors: bool = Field(
        False, description="Radars may stand inside closed objects, e.g. in a room whose triangles face outwards."
    )
    geometry: GeometryConfig = Field(default_factory=GeometryConfig)
    weather: WeatherConfig = Field(default_factory=WeatherConfig)
    radar: RadarConfig = Field(default_factory=RadarConfig)
    trace: TraceConfig = Field(default_factory=TraceConfig)

    @model_validator(mode="after")
    def _check_stations(self) -> "RadioConfig":
        check_radio(self.trace, self.radar)
        lone = StationConfig.model_fields.keys() & self.model_fields_set
        alone = {name for name in lone if getattr(self, name) != StationConfig.model_fields[name].default}
        if self.stations and alone:
            raise ValueError(f"{', '.join(sorted(alone))}: belongs to each of the stations where there are some")
        for name in self.stations:
            if not name.isidentifier():
                raise ValueError(f"a station's name has letters, digits and _, got {name!r}")
        if not self.stations and self.pairs != "own":
            raise ValueError("pairs need stations")
        if not isinstance(self.pairs, str):
            if unknown := {name for pair in self.pairs for name in pair} - self.stations.keys():
                raise ValueError(
                    f"pairs are of the stations {', '.join(self.stations)}, got {', '.join(sorted(unknown))}"
                )
            if not self.pairs or len(set(self.pairs)) < len(self.pairs):
                raise ValueError("pairs must name at least one pair, and none twice")
        return self

    def to_yaml(self) -> str:
        """Return the resolved configuration, every value visible."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def with_geometry(self, up: str | None, scale: float | None, material: str | None) -> "RadioConfig":
        """Return the configuration with what the command line says about the file in place of its own."""
        given = {"up": up, "scale": scale, "material": material}
        kept = {name: value for name, value in given.items() if value is not None}
        return self.model_copy(update={"geometry": self.geometry.model_copy(update=kept)})

    def radars(self, scene: Scene) -> dict[str, Radar]:
        """Place the radars in a scene.

        Returns
        -------
        dict of str to Radar
            By name: "" where there is one, else the station, or transmitter and receiver as ``one-other``.

        Raises
        ------
        ValueError
            If a station cannot look where it is told to.
        """
        if not self.stations:
            return {"": self.placed(scene, self.trace.max_length)}
        own = {name: station.placed(scene, self.trace.max_length) for name, station in self.stations.items()}
        if self.pairs == "own":
            return own
        radars = {}
        for sender, listener in product(own, own) if isinstance(self.pairs, str) else self.pairs:
            if sender == listener:
                radars[sender] = own[sender]
            else:
                radars[f"{sender}-{listener}"] = Radar.between(own[sender].transmitter_pose, own[listener].pose)
        return radars


def read_radio_config(path: Path | None) -> RadioConfig:
    """Read a configuration.

    Parameters
    ----------
    path : Path or None
        YAML file; None = defaults.

    Returns
    -------
    RadioConfig

    Raises
    ------
    ValueError
        With the place, what was given and what is allowed.
    FileNotFoundError
    """
    if path is None:
        return RadioConfig()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such configuration file")
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not YAML: {error}") from None
    return _validated({} if data is None else data, path)


def stored_radio_config(text: str, where: str | Path) -> RadioConfig:
    """Return the configuration that a file of paths holds; the defaults where another tool's paths hold none."""
    try:
        return _validated(yaml.safe_load(text) or {}, where)
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: attribute config: not YAML: {error}") from None


def _validated(data: Any, where: str | Path) -> RadioConfig:
    """Return the configuration of plain values; ValueError with the place if it is none."""
    try:
        return RadioConfig.model_validate(data)
    except ValidationError as error:
        raise ValueError(f"{where}: {complaint(RadioConfig, error)}") from None
