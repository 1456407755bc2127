"""Options that several commands of ``radar-dsp`` share: each block is a dataclass, spelt out by `with_blocks`."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from radar_dsp.detection import DetectionSettings
from radar_dsp.heatmap import Level
from radar_dsp.measured import GivenAxes

FileArgument = Annotated[Path, typer.Argument(help="Shard, CSI file, or HDF5/npz with a complex array.")]
FrameOption = Annotated[int, typer.Option(help="Frame in the file.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="PNG or .h5 file; default: beside the input.")]
DataOutput = Annotated[Path | None, typer.Option("-o", "--output", help=".h5 file; default: beside the input.")]
Tables = Annotated[list[Path] | None, typer.Option("-o", "--output", help="CSV or JSON file, may be repeated.")]
DETECTION = DetectionSettings()


@dataclass(frozen=True)
class Source:
    """Which frame of which file, and what a user states of an array that is not raysim's."""

    file: FileArgument
    frame: FrameOption = 0
    max_range: Annotated[
        float | None, typer.Option(help="Farthest range [m]; default: as stored, else unambiguous.")
    ] = None
    dataset: Annotated[str | None, typer.Option(help="Name of the complex array, where the file is not raysim's.")] = (
        None
    )
    carrier: Annotated[float | None, typer.Option(help="Carrier frequency [Hz], where the file does not say.")] = None
    subcarrier_spacing: Annotated[
        float | None, typer.Option(help="Distance of the array's subcarriers [Hz], where the file does not say.")
    ] = None
    symbol_interval: Annotated[
        float | None, typer.Option(help="Time between the array's symbols [s], where the file does not say.")
    ] = None
    element_spacing: Annotated[
        float | None, typer.Option(help="Of the array [wavelengths], where the file does not say; default 0.5.")
    ] = None

    @property
    def given(self) -> GivenAxes:
        """Axes as stated on the command line."""
        return GivenAxes(
            self.dataset, self.carrier, self.subcarrier_spacing, self.symbol_interval, self.element_spacing
        )

    def refuse_axes(self) -> None:
        """Raise ValueError if axes are given for a file that states its own."""
        for name in ("dataset", "carrier", "subcarrier_spacing", "symbol_interval", "element_spacing"):
            if getattr(self, name) is not None:
                flag = f"--{name.replace('_', '-')}"
                raise ValueError(f"{flag} is for other tools' arrays; {self.file} is raysim's and states its own axes")


@dataclass(frozen=True)
class ClutterRemoval:
    """Whether what stands still is taken off the CSI first."""

    clutter: Annotated[
        Literal["keep", "mean", "exponential"],
        typer.Option(help="Static clutter: keep it, or take off the mean over symbols or over the frames before."),
    ] = "keep"
    clutter_memory: Annotated[
        float | None, typer.Option(help="Of --clutter exponential, 0 to 1: reaches 1 / (1 - memory) frames; 0.9.")
    ] = None

    def __post_init__(self):
        if self.clutter_memory is not None and self.clutter != "exponential":
            raise ValueError("--clutter-memory goes with --clutter exponential")

    @property
    def memory(self) -> float:
        """Of the exponential mean."""
        return 0.9 if self.clutter_memory is None else self.clutter_memory


@dataclass(frozen=True)
class Levels:
    """What the levels of a map count from."""

    level: Annotated[
        Level | None,
        typer.Option(
            help="dB over noise, path gain [dB], radar cross-section [dBsm] or full scale [dBFS]; "
            "default: noise in pictures."
        ),
    ] = None
    antenna_gain: Annotated[
        float | None,
        typer.Option(help="Transmit plus receive gain [dB] for dBsm; default: of the file's 3GPP TR 38.901 elements."),
    ] = None

    def __post_init__(self):
        if self.antenna_gain is not None and self.level != "dbsm":
            raise ValueError("--antenna-gain goes with --level dbsm")


@dataclass(frozen=True)
class Detector:
    """How objects are detected."""

    method: Annotated[Literal["ca", "go", "so", "os"], typer.Option(help="Kind of CFAR.")] = "os"
    pfa: Annotated[float, typer.Option(help="False alarms per cell of noise.")] = DETECTION.pfa
    min_speed: Annotated[
        float | None, typer.Option(help="Slowest Doppler bins searched [m/s]; default 1.5 cells, 0 = static too.")
    ] = DETECTION.min_speed
    min_snr: Annotated[float, typer.Option(help="Weakest detection over the noise [dB].")] = DETECTION.min_snr_db

    @property
    def settings(self) -> DetectionSettings:
        """Of the detectors."""
        return DetectionSettings(method=self.method, pfa=self.pfa, min_speed=self.min_speed, min_snr_db=self.min_snr)


def with_blocks(command: Callable[..., None]) -> Callable[..., None]:
    """Spell out the parameters of a command that are blocks of options, field by field, behind its own options.

    Parameters
    ----------
    command : callable
        Its parameters are options, or dataclasses whose fields are.

    Returns
    -------
    callable
        Takes every option by name, puts the blocks together again and calls `command`.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters.values()
    blocks = {p.name: hints[p.name] for p in parameters if is_dataclass(hints[p.name])}
    spelt = [_keyword(p.name, hints[p.name], p.default) for p in parameters if p.name not in blocks]
    for block in blocks.values():
        kinds = get_type_hints(block, include_extras=True)
        spelt += [_keyword(field.name, kinds[field.name], field.default) for field in fields(block)]

    @wraps(command)
    def together(**options: Any) -> None:
        made = {name: block(**{f.name: options.pop(f.name) for f in fields(block)}) for name, block in blocks.items()}
        command(**options, **made)

    together.__signature__ = inspect.Signature(spelt)  # type: ignore[attr-defined]
    together.__annotations__ = {parameter.name: parameter.annotation for parameter in spelt}
    return together


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    default = inspect.Parameter.empty if default is MISSING else default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
