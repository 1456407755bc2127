"""What is trained: input normalisation, networks and loss of a task in one module.

A system turns a batch of raw samples into a loss and figures to log; its state is all that a trained
model is.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from learning.config import LearningConfig
from learning.data import PairDataset
from learning.encoders import vgg_m
from learning.localiser import SoftArgmaxLocaliser, TableFiveLocaliser
from learning.scl import (
    attention,
    box_mask,
    fixed_templates,
    info_nce,
    masked_templates,
    scale_templates,
    scores,
    unit,
)

STATISTICS_SAMPLES = 512  # evenly spaced training samples that normalisation is measured on
SOFT_ARGMAX_CHANNELS = 32


class InputNormaliser(nn.Module):
    """Clip and standardise radio and picture by figures of the training set (A1, A5), kept with the weights."""

    clip_db: torch.Tensor
    radio_mean: torch.Tensor
    radio_deviation: torch.Tensor
    image_mean: torch.Tensor
    image_deviation: torch.Tensor

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("clip_db", torch.tensor([-30.0, 100.0]))
        for name, count in (("radio", channels), ("image", 3)):
            self.register_buffer(f"{name}_mean", torch.zeros(count, 1, 1))
            self.register_buffer(f"{name}_deviation", torch.ones(count, 1, 1))

    def measure(self, dataset: PairDataset) -> None:
        """Set the figures from a training set."""
        chosen = np.unique(np.linspace(0, len(dataset) - 1, STATISTICS_SAMPLES).astype(int))
        samples = [dataset[int(index)] for index in chosen]
        peak = max(float(sample["radio"].max()) for sample in samples)
        floor = peak - 60 if dataset.config.heatmap_floor == "peak-60" else 0.0
        self.clip_db.copy_(torch.tensor([floor, max(peak, floor + 1)]))
        for name, pictures in (
            ("radio", [sample["radio"].clamp(*self.clip_db.tolist()) for sample in samples]),
            ("image", [sample["image"].float() / 255 for sample in samples]),
        ):
            mean = torch.stack([p.double().mean(dim=(1, 2)) for p in pictures]).mean(0)
            square = torch.stack([(p.double() ** 2).mean(dim=(1, 2)) for p in pictures]).mean(0)
            getattr(self, f"{name}_mean").copy_(mean[:, None, None])
            getattr(self, f"{name}_deviation").copy_((square - mean**2).sqrt().clamp(min=1e-3)[:, None, None])

    def radio(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, channels, H, W) [dB] -> standardised."""
        return (radio.clamp(self.clip_db[0], self.clip_db[1]) - self.radio_mean) / self.radio_deviation

    def image(self, image: torch.Tensor) -> torch.Tensor:
        """(batch, 3, H, W) uint8 -> standardised float32."""
        return (image.to(torch.float32) / 255 - self.image_mean) / self.image_deviation


def _radio_channels(config: LearningConfig) -> int:
    return {"heatmap": 1, "heatmap+doppler": 2}[config.radio]


def _backbone(config: LearningConfig, inputs: int) -> nn.Sequential:
    return vgg_m(inputs, kind=config.normalisation, width=config.width, position_channels=config.position_channels)


class SupervisedSystem(nn.Module):
    """Localiser trained on true positions."""

    mean_position: torch.Tensor

    def __init__(self, config: LearningConfig):
        super().__init__()
        channels = _radio_channels(config)
        self.inputs = InputNormaliser(channels)
        self.register_buffer("mean_position", torch.zeros(2, dtype=torch.float64))  # baseline [m]
        if config.head == "regression":
            self.localiser: TableFiveLocaliser | SoftArgmaxLocaliser = TableFiveLocaliser(channels, config.picture_size)
        else:
            self.localiser = SoftArgmaxLocaliser(
                channels, SOFT_ARGMAX_CHANNELS, config.normalisation, config.position_channels, config.heatmap_weight
            )

    def measure(self, dataset: PairDataset) -> None:
        """Set input normalisation and the train-mean position from a labelled training set."""
        self.inputs.measure(dataset)
        positions = [dataset[index]["position"] for index in range(len(dataset))]
        self.mean_position.copy_(torch.stack(positions).mean(0))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Loss of a batch of labelled samples."""
        return self.localiser.loss(self.inputs.radio(batch["radio"]), batch["target"])

    def locate(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, channels, H, W) [dB] -> (batch, 2) normalised range and azimuth."""
        return self.localiser(self.inputs.radio(radio))


class SclSystem(nn.Module):
    """Radio and vision backbone trained to agree at the target (Eq. 1-4)."""

    def __init__(self, config: LearningConfig):
        super().__init__()
        self.config = config
        self.inputs = InputNormaliser(_radio_channels(config))
        self.radio_encoder = _backbone(config, _radio_channels(config))
        self.vision_encoder = _backbone(config, 3)

    def measure(self, dataset: PairDataset) -> None:
        """Set input normalisation from a training set."""
        self.inputs.measure(dataset)

    def radio_features(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, channels, H, W) [dB] -> (batch, 128, h, w) unit features."""
        return unit(self.radio_encoder(self.inputs.radio(radio)))

    def templates(self, image: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
        """(batch, 3, H, W) uint8 and (batch, 4) boxes [px] -> (batch, 128, k, l) scaled templates."""
        config = self.config
        picture = self.inputs.image(image)
        mask = box_mask(box, config.picture_size, config.box_margin * config.picture_size[0] / 480)
        features = unit(self.vision_encoder(picture * mask))  # masked after normalisation (C1)
        if config.template == "fixed":
            templates, valid = fixed_templates(features, box, config.template_size)
        else:
            templates, valid = masked_templates(features, box, config.template_margin)
        return scale_templates(templates, valid, config.template_normalisation)

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Contrastive loss of a batch of pairs."""
        score, _ = scores(self.radio_features(batch["radio"]), self.templates(batch["image"], batch["box"]))
        return info_nce(score, self.config.temperature)

    def attention_maps(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """(batch, h, w) attention of every pair with itself; row 0 is far."""
        radio, templates = self.radio_features(batch["radio"]), self.templates(batch["image"], batch["box"])
        return torch.cat([attention(radio[k : k + 1], templates[k : k + 1])[:, 0] for k in range(len(radio))])


System = SupervisedSystem | SclSystem


def build_system(config: LearningConfig) -> System:
    """Return the untrained system of a configuration; weights follow torch's global generator."""
    return SupervisedSystem(config) if config.task == "supervised" else SclSystem(config)
