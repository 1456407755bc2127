"""Augmentation that keeps the geometry of a pair (A6).

A pair is mirrored as a whole; nothing else moves. Everything random comes from the generator of one
sample in one epoch, so it does not depend on workers or on where a run was resumed.
"""

import numpy as np
import torch
from torch.utils.data import Dataset

from learning.data import PairDataset, Sample
from learning.split import stream

RADIO_GAIN_DB = 2.0  # standard deviation over samples: calibration and transmit power
RADIO_NOISE_DB = 1.0  # standard deviation over cells
BRIGHTNESS = 0.25  # largest relative change
CONTRAST = 0.25
COLOUR = 0.1

_AUGMENTATION = 1  # purpose of the random stream


def mirror(sample: Sample) -> Sample:
    """Exchange left and right in every part of a sample."""
    mirrored = dict(sample)
    mirrored["radio"] = sample["radio"].flip(-1)
    mirrored["image"] = sample["image"].flip(-1)
    width = sample["image"].shape[-1]
    mirrored["box"] = torch.stack(
        [width - sample["box"][2], sample["box"][1], width - sample["box"][0], sample["box"][3]]
    )
    if "target" in sample:
        mirrored["target"] = sample["target"] * sample["target"].new_tensor([1, -1])
        mirrored["position"] = sample["position"] * sample["position"].new_tensor([-1, 1])
    return mirrored


def jitter_image(image: torch.Tensor, *, rng: np.random.Generator) -> torch.Tensor:
    """Random brightness, contrast and colour cast: (3, H, W) uint8 -> same."""
    picture = image.to(torch.float32)
    mean = picture.mean()
    contrast = 1 + CONTRAST * rng.uniform(-1, 1)
    gain = torch.from_numpy((1 + BRIGHTNESS * rng.uniform(-1, 1)) * (1 + COLOUR * rng.uniform(-1, 1, 3))).float()
    return (((picture - mean) * contrast + mean) * gain[:, None, None]).round().clamp(0, 255).to(torch.uint8)


def jitter_radio(radio: torch.Tensor, *, rng: np.random.Generator) -> torch.Tensor:
    """Random gain of the radio and a little noise on every cell [dB]."""
    noise = torch.from_numpy(rng.standard_normal(radio.shape, dtype=np.float32))
    return radio + float(RADIO_GAIN_DB * rng.standard_normal()) + RADIO_NOISE_DB * noise


def augment(sample: Sample, *, rng: np.random.Generator) -> Sample:
    """Return a randomly changed copy that could as well have been measured."""
    if bool(sample["mirrors"]) and rng.random() < 0.5:
        sample = mirror(sample)
    return sample | {
        "image": jitter_image(sample["image"], rng=rng),
        "radio": jitter_radio(sample["radio"], rng=rng),
    }


class EpochView(Dataset):
    """A dataset as one epoch sees it: augmented, and with exchanged pictures in the negative control.

    Parameters
    ----------
    dataset : PairDataset
    seed, epoch : int
        Key of the random numbers.
    partners : list of int or None
        Example whose picture and box each example gets.
    """

    def __init__(self, dataset: PairDataset, *, seed: int, epoch: int, partners: list[int] | None):
        self.dataset, self.seed, self.epoch, self.partners = dataset, seed, epoch, partners

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        sample = self.dataset[index]
        if self.partners is not None:
            other = self.dataset[self.partners[index]]
            sample |= {name: other[name] for name in ("image", "box")}
        if self.dataset.config.augment:
            sample = augment(sample, rng=stream(self.seed, _AUGMENTATION, self.epoch, index))
        return sample
