"""Everything that decides a training run, and the presets behind ``--reading`` and ``--size``.

``paper`` is the closest reading of *Look, Radiate, and Learn*; ``recommended`` the best known choice.
Ids such as D2 name the decisions listed in docs/learning.md.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Task = Literal["supervised", "scl"]
Size = Literal["small", "full"]
Reading = Literal["paper", "recommended"]

PICTURE_SIZE = {"small": (120, 160), "full": (480, 640)}  # rows, columns of heatmap and RGB


class LearningConfig(BaseModel):
    """Resolved configuration of one run; stored in the run folder, and a run resumes only under an equal one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    size: Size = "small"
    reading: Reading = "recommended"
    seed: int = Field(0, ge=0, description="Of initial weights, order and augmentation.")
    epochs: int = Field(ge=1, description="Passes over the training frames.")
    batch_size: int = Field(ge=1, description="Pairs in a step; for SCL also the number of candidates.")
    learning_rate: float = Field(gt=0, description="Adam's step size at its largest.")
    beta1: float = Field(0.9, ge=0, lt=1, description="Adam's first moment; Table 5's `momentum` in the paper (G4).")
    weight_decay: float = Field(0.0, ge=0, description="Decoupled weight decay (B8).")
    schedule: Literal["constant", "cosine"] = Field("constant", description="Learning rate over the run.")
    shuffle_pairs: bool = Field(False, description="Negative control: pictures of other sequences (I7).")
    augment: bool = Field(False, description="Paired mirror, photometric jitter, radio gain and noise (A6).")
    held_out_fraction: float = Field(0.2, gt=0, lt=1, description="Share of the sequences kept for evaluation (A7).")

    radio: Literal["heatmap", "heatmap+doppler"] = Field("heatmap", description="Input channels of the radio branch.")
    heatmap_floor: Literal["peak-60", "noise"] = Field(
        "peak-60", description="Lower clip: 60 dB under the training maximum (A1), or the thermal noise."
    )
    position_channels: bool = Field(False, description="Row and column as input channels beside the data.")
    normalisation: Literal["batch", "group"] = Field("batch", description="Layers between convolutions (B3).")
    width: float = Field(1.0, gt=0, description="Factor on the channels of the hidden layers (B1).")

    box_margin: float = Field(5.0, ge=0, description="Growth of the target box at 480 x 640 [px] (C3).")
    template: Literal["masked", "fixed"] = Field("masked", description="Box crop, or resampled to one size (D2).")
    template_size: int = Field(7, ge=1, description="Cells on a side of a fixed template, odd (D2).")
    template_margin: int = Field(1, ge=0, description="Growth of a masked template [features] (C4).")
    template_normalisation: Literal["mean", "sqrt", "sum"] = Field("mean", description="Over template cells (D2).")
    temperature: float = Field(0.1, gt=0, description="Of the softmax over candidates (D9).")

    head: Literal["regression", "soft_argmax"] = Field("regression", description="Table 5's network or G8.")
    heatmap_weight: float = Field(0.0, ge=0, description="Weight of the soft-argmax map's cross-entropy.")

    @property
    def picture_size(self) -> tuple[int, int]:
        """Rows and columns of the radio and the camera input."""
        return PICTURE_SIZE[self.size]


_PAPER: dict[Task, dict[str, Any]] = {
    "supervised": {"epochs": 100, "batch_size": 32, "learning_rate": 1e-3, "beta1": 0.948985588},
    "scl": {"epochs": 200, "batch_size": 32, "learning_rate": 1e-5},
}
_RECOMMENDED_ALL: dict[str, Any] = {
    "weight_decay": 1e-2, "schedule": "cosine", "augment": True, "heatmap_floor": "noise",
    "position_channels": True, "normalisation": "group", "radio": "heatmap+doppler",
}  # fmt: skip
_RECOMMENDED: dict[Task, dict[str, Any]] = {
    "supervised": {
        "epochs": 60, "batch_size": 16, "learning_rate": 3e-3, "head": "soft_argmax", "heatmap_weight": 0.1,
        **_RECOMMENDED_ALL,
    },
    "scl": {"epochs": 20, "batch_size": 8, "learning_rate": 5e-4, "template": "fixed", **_RECOMMENDED_ALL},
}  # fmt: skip
# At 120 x 160 a feature spans 32 px of the full picture: a 7 x 7 template would cover half the map.
_SMALL: dict[Task, dict[str, Any]] = {"supervised": {}, "scl": {"template_size": 3, "width": 0.5}}


def preset(task: Task, size: Size = "small", reading: Reading = "recommended", **overrides: Any) -> LearningConfig:
    """Return the configuration of a reading at a size.

    Parameters
    ----------
    task : {"supervised", "scl"}
    size : {"small", "full"}
    reading : {"paper", "recommended"}
    **overrides
        Fields of `LearningConfig` that replace the preset's; None leaves the preset.

    Raises
    ------
    ValueError
        A field is unknown or out of range; the message names it.
    """
    fields = dict((_PAPER if reading == "paper" else _RECOMMENDED)[task])
    if size == "small" and reading == "recommended":
        fields |= _SMALL[task]
    fields |= {name: value for name, value in overrides.items() if value is not None}
    return from_dict({"task": task, "size": size, "reading": reading, **fields})


def from_dict(fields: dict[str, Any]) -> LearningConfig:
    """Validate a stored or assembled configuration; raises ValueError with the first fault in one line."""
    try:
        config = LearningConfig(**fields)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{where}: {fault['msg']}, got {fault['input']!r}") from None
    if config.task == "scl" and config.batch_size < 2:
        raise ValueError(f"batch_size: SCL contrasts at least 2 pairs, got {config.batch_size}")
    if config.template_size % 2 == 0:
        raise ValueError(f"template_size: must be odd, so that it has a centre, got {config.template_size}")
    return config
