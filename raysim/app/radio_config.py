"""Configuration of ``raysim trace``: where the radar stands, how it sounds, how it is traced."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from radar_dsp.ofdm import RadarConfig
from raysim.pieces import radar_at
from raysim.scene import Scene
from raysim.sensors import Sensors
from raysim.trace import TraceConfig

Point = tuple[float, float, float]


class RadioConfig(BaseModel):
    """One radar in somebody's scene; sections `radar` and `trace` are those of ``raysim generate``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: Point | None = Field(
        None, description="Where the radar stands [m]; default: two diagonals of the scene away, along +x."
    )
    target: Point | None = Field(None, description="What it looks at [m]; default: the middle of the scene.")
    transmitter_offset: Point = Field(
        (0.0, 0.0, 0.0), description="Transmit phase centre in the radar's axes [m]; zeros = monostatic."
    )
    radar: RadarConfig = Field(default_factory=RadarConfig)
    trace: TraceConfig = Field(default_factory=TraceConfig)

    def to_yaml(self) -> str:
        """Return the resolved configuration, every value visible."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def sensors(self, scene: Scene) -> Sensors:
        """Place the radar in a scene.

        Raises
        ------
        ValueError
            If the radar stands where it looks at, or looks straight up or down.
        """
        vertices = scene.frame(0).vertices
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        target = np.array((low + high) / 2 if self.target is None else self.target)
        away = [2 * np.linalg.norm(high - low), 0, 0]
        position = target + away if self.position is None else np.array(self.position)
        if not np.linalg.norm((target - position)[:2]) > 1e-6:
            raise ValueError(f"radar at {position.tolist()} must look sideways, its target is {target.tolist()}")
        return radar_at(position, target, transmitter_offset=self.transmitter_offset)


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
    try:
        return RadioConfig.model_validate({} if data is None else data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(key) for key in first["loc"])
        raise ValueError(f"{path}: {place}: {first['msg']}, got {first['input']!r}") from None
