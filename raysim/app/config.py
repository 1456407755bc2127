"""The configuration file: every package's settings in one YAML document.

Each package owns the model of its own section; this module composes them, reads the file and turns a
validation error into one line.
"""

from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, model_validator

from blender_scenes.scenarios import SCENARIOS
from radar_dsp.ofdm import RadarConfig
from raysim.antenna import MAX_GAIN_DBI, Pattern
from raysim.lidar import LidarConfig
from raysim.trace import TraceConfig

Renderer = Literal["auto", "cycles", "rays"]
Quality = Literal["draft", "standard", "fine"]
CsiFrames = Literal["none", "first", "all"]
CARRIERS = 1e8, 1e12  # [Hz] under it cars are smaller than a wavelength, over it no material law was ever measured


class OutputConfig(BaseModel):
    """What is rendered and stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    renderer: Renderer = Field(
        "auto",
        description="RGB: `cycles` in a Blender, `rays` in our own ray caster; auto = cycles where one is found.",
    )
    quality: Quality = Field("standard", description="Cycles preset.")
    csi: CsiFrames = Field("first", description="Frames whose CSI is stored, 110 MB each.")
    strongest_paths: int = Field(1000, ge=1, description="Paths kept with each stored CSI frame.")
    compress: bool = Field(False, description="gzip every dataset: for archives, 20 x slower to read.")


def check_frequency(frequency: float) -> None:
    """Raise ValueError for a carrier [Hz] at which nothing of the propagation model holds."""
    low, high = CARRIERS
    if not low <= frequency <= high:
        raise ValueError(f"carrier frequency must lie in {low:g} to {high:g} Hz, got {frequency:g}")


def check_radio(trace: TraceConfig, radar: RadarConfig) -> None:
    """Raise ValueError for an impossible carrier, and where leakage counts twice: as a path and in the receiver."""
    check_frequency(radar.carrier_frequency)
    if trace.leakage and radar.impairments.isolation_db is not None:
        raise ValueError("leakage is either a path (trace.leakage) or radar.impairments.isolation_db, got both")


class Config(BaseModel):
    """All settings of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str = Field(description="Name of the scenario.")
    scene: SerializeAsAny[BaseModel] = Field(description="The scenario's own settings.")
    trace: TraceConfig = Field(default_factory=TraceConfig)
    radar: RadarConfig = Field(default_factory=RadarConfig)
    lidar: LidarConfig = Field(default_factory=LidarConfig)
    output: OutputConfig = Field(default_factory=OutputConfig)

    @model_validator(mode="after")
    def _check_transmit_gain(self) -> "Config":
        """Path gains hold the transmit element's gain and the link budget takes it off the EIRP: they must agree."""
        trace, stated = self.trace, self.radar.transmit_gain_dbi
        element = MAX_GAIN_DBI[Pattern[trace.antenna.upper()]]
        if trace.transmit_antenna is None and trace.transmit_array is None and abs(stated - element) > 0.01:
            raise ValueError(
                f"radar.transmit_gain_dbi must be the {element:g} dBi of trace.antenna {trace.antenna}, got {stated:g}"
            )
        return self

    @model_validator(mode="after")
    def _check_radio(self) -> "Config":
        check_radio(self.trace, self.radar)
        return self

    def to_yaml(self) -> str:
        """Return the resolved configuration, every value visible."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def resolve(scenario: str | None, path: Path | None, overrides: dict[str, dict[str, Any]]) -> Config:
    """Read a configuration file, lay the command line's choices over it, fill in the defaults.

    Parameters
    ----------
    scenario : str or None
        From the command line; else the file must name it.
    path : Path or None
        YAML file; None = defaults only.
    overrides : dict of dict
        Section -> field -> value; None values are left out.

    Returns
    -------
    Config

    Raises
    ------
    ValueError
        With the place, what was given and what is allowed.
    FileNotFoundError
        If the file does not exist.
    """
    data = _read(path) if path else {}
    where = str(path) if path else "configuration"
    name = scenario or data.get("scenario")
    if not isinstance(name, str) or name not in SCENARIOS:
        hint = "; name it with --scenario" if name is None else ""
        raise ValueError(f"scenario must be one of {', '.join(sorted(SCENARIOS))}, got {name!r}{hint}")
    if scenario and data.get("scenario", scenario) != scenario:
        raise ValueError(f"{where}: is for scenario {data['scenario']!r}, but {scenario!r} was asked for")
    for section, fields in overrides.items():
        chosen = {key: value for key, value in fields.items() if value is not None}
        present = data.get(section) or {}
        if not isinstance(present, dict):
            raise ValueError(f"{where}: {section} must be a mapping of fields, got {present!r}")
        if chosen or present:
            data[section] = {**present, **chosen}
    scene = _validated(SCENARIOS[name].config, data.get("scene") or {}, where, "scene.")
    return _validated(Config, {**data, "scenario": name, "scene": scene}, where, "")


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such configuration file")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not YAML: {error}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path}: must be a mapping of sections, got {type(data).__name__}")
    return data


def _validated(model: Any, data: Any, where: str, prefix: str) -> Any:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ValueError(f"{where}: {complaint(model, error, prefix)}") from None


def complaint(model: type[BaseModel], error: ValidationError, prefix: str = "") -> str:
    """Tell the first thing that is wrong: place, what is allowed, what was given."""
    first = error.errors()[0]
    place = (prefix + ".".join(str(key) for key in first["loc"])).removesuffix(".")
    message = first["msg"].removeprefix("Value error, ")
    given = "" if first["type"] in ("missing", "value_error") else f", got {first['input']!r}"
    allowed = ""
    if first["type"] == "extra_forbidden":
        allowed = f"; allowed here: {', '.join(_fields_at(model, first['loc'][:-1]))}"
    return f"{place}: {message}{given}{allowed}" if place else f"{message}{given}"


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the model at a place inside another."""
    for key in place:
        field = model.model_fields.get(str(key))
        if field is None:  # the name of an entry of a mapping
            continue
        inside = (field.annotation, *get_args(field.annotation))
        model = next((kind for kind in inside if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return list(model.model_fields)
