"""Lazy datasets on a folder of shards.

A shard is opened in the process that reads it, on its first use, and read one frame at a time. What a
dataset yields is fixed by its type: `PairDataset` knows no labels; `LabelledDataset` adds them. Rows of
the radio picture are flipped, so that far is at the top as in the camera's picture (A2).
"""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from learning.config import LearningConfig
from learning.geometry import normalise, to_plane
from learning.preprocess import moving_power_map, resample_box, resample_image, resample_power_db
from raysim.shards.reader import Shard, open_shard

MAX_OPEN_SHARDS = 64  # file handles of one process
CACHE_BYTES = 2 * 2**30  # decoded samples kept in memory
MIRROR_TOLERANCE = 0.5  # between camera and radar [m]; a mast's width, half a range cell of the small heatmap
CUBE_AXES = ("power_range", "power_azimuth", "power_velocity", "noise_power")

Sample = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Item:
    """One training example: a target seen in one frame of one sequence.

    Attributes
    ----------
    path : Path
        Shard.
    sequence : str
        Identity of the sequence; the unit of splitting.
    frame, instance : int
        Frame of the shard, row of its instance table.
    """

    path: Path
    sequence: str
    frame: int
    instance: int


@dataclass(frozen=True)
class Index:
    """Every usable example of a folder.

    Attributes
    ----------
    items : tuple of Item
        Sorted by sequence, frame, instance.
    num_frames : int
        Frames in the shards.
    num_without_box : int
        Targets left out because no pixel of them is visible (A9).
    """

    items: tuple[Item, ...]
    num_frames: int
    num_without_box: int

    @property
    def sequences(self) -> tuple[str, ...]:
        """Sorted identities of the sequences that have an example."""
        return tuple(sorted({item.sequence for item in self.items}))


def find_shards(folder: Path) -> list[Path]:
    """Shards of a folder, sorted by name; CSI files are none.

    Raises
    ------
    FileNotFoundError
        The folder is missing or holds no shard.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"data folder {folder} does not exist")
    paths = sorted(path for path in folder.glob("*.h5") if not path.name.endswith(".csi.h5"))
    if not paths:
        raise FileNotFoundError(f"data folder {folder} holds no shard (*.h5); `raysim generate` makes them")
    return paths


def index_folder(folder: Path) -> Index:
    """List the targets that a detector could see in every frame of a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Index

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        No shard, a damaged one, or no visible target at all; the message names the file.
    """
    items, num_frames, hidden = [], 0, 0
    for path in find_shards(folder):
        with open_shard(path) as shard:
            targets = np.flatnonzero(shard["instances/is_target"])
            box = shard["instances/box_2d_visible"]
            sequence = "-".join(str(shard.attributes.get(key)) for key in ("scenario", "seed", "sequence"))
        num_frames += len(box)
        for frame in range(len(box)):
            for instance in targets:
                if np.isfinite(box[frame, instance]).all():
                    items.append(Item(path, sequence, frame, int(instance)))
                else:
                    hidden += 1
    if not items:
        raise ValueError(f"data folder {folder}: no frame of {num_frames} shows a target")
    return Index(tuple(sorted(items, key=lambda i: (i.sequence, i.frame, i.instance))), num_frames, hidden)


class ShardFiles:
    """Shards this dataset has open, least recently used closed first; each process opens its own."""

    def __init__(self):
        self._open: OrderedDict[Path, Shard] = OrderedDict()

    def __getitem__(self, path: Path) -> Shard:
        if path not in self._open:
            if len(self._open) >= MAX_OPEN_SHARDS:
                self._open.popitem(last=False)[1].close()
            self._open[path] = open_shard(path)
        self._open.move_to_end(path)
        return self._open[path]

    def close(self) -> None:
        """Close every file."""
        while self._open:
            self._open.popitem()[1].close()


class PairDataset(Dataset):
    """Radio, picture and box of the target: what self-supervised training may see.

    A sample is a dict: ``radio`` (channels, H, W) float32 [dB over thermal noise], far at the top; ``image``
    (3, H, W) uint8; ``box`` (4,) float32 x0, y0, x1, y1 [px of ``image``]; ``mirrors`` bool, whether a mirrored
    pair is again a possible pair.

    Parameters
    ----------
    items : sequence of Item
    config : LearningConfig
    """

    def __init__(self, items, config: LearningConfig):
        self.items = tuple(items)
        self.config = config
        self._files = ShardFiles()
        self._cache: dict[int, Sample] = {}
        self._cached_bytes = 0

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        if index in self._cache:
            return dict(self._cache[index])
        sample = self._read(self.items[index])
        size = sum(value.nbytes for value in sample.values())
        if self.config.size == "small" and self._cached_bytes + size <= CACHE_BYTES:
            self._cache[index] = sample
            self._cached_bytes += size
        return dict(sample)

    def close(self) -> None:
        """Close the shards; a later read opens them again."""
        self._files.close()

    def _read(self, item: Item) -> Sample:
        shard, size = self._files[item.path], self.config.picture_size
        image = shard["camera/rgb", item.frame]
        box = shard["instances/box_2d_visible", item.frame][item.instance]
        return {
            "radio": torch.from_numpy(self._radio(shard, item.frame)),
            "image": torch.from_numpy(resample_image(image, size)),
            "box": torch.from_numpy(resample_box(box, image.shape[:2], size)),
            "mirrors": torch.tensor(_mirrors(shard)),
        }

    def _radio(self, shard: Shard, frame: int) -> np.ndarray:
        channels = [resample_power_db(shard["radar/heatmap", frame], self.config.picture_size)]
        if self.config.radio == "heatmap+doppler":
            channels.append(
                moving_power_map(
                    shard["radar/power", frame],
                    **{name: shard[f"radar/{name}"] for name in CUBE_AXES},
                    range_axis=shard["radar/range"],
                    azimuth_axis=shard["radar/azimuth"],
                    size=self.config.picture_size,
                )
            )
        return np.ascontiguousarray(np.stack(channels)[:, ::-1], np.float32)


class LabelledDataset(PairDataset):
    """A `PairDataset` with the true position of the target.

    A sample has besides: ``target`` (2,) float32 range and azimuth in normalised heatmap coordinates;
    ``position`` (2,) float64 right and forward in the sensor plane [m]; ``range_axis`` (N,) [m] and
    ``azimuth_axis`` (M,) [rad], to turn an estimate into metres.
    """

    def _read(self, item: Item) -> Sample:
        shard = self._files[item.path]
        distance = shard["radar/target/range", item.frame][item.instance]
        azimuth = shard["radar/target/azimuth", item.frame][item.instance]
        axes = {name: shard[f"radar/{name}"] for name in ("range", "azimuth")}
        target = np.array([normalise(distance, axes["range"]), normalise(azimuth, axes["azimuth"])], np.float32)
        return super()._read(item) | {
            "target": torch.from_numpy(target),
            "position": torch.from_numpy(to_plane(distance, azimuth)),
            "range_axis": torch.from_numpy(axes["range"]),
            "azimuth_axis": torch.from_numpy(axes["azimuth"]),
        }


def on_the_heatmap(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Examples whose true position lies within the axes of their heatmap."""
    kept, files = [], ShardFiles()
    for item in items:
        shard = files[item.path]
        inside = [
            np.isfinite(normalise(shard[f"radar/target/{name}", item.frame][item.instance], shard[f"radar/{name}"]))
            for name in ("range", "azimuth")
        ]
        if all(inside):
            kept.append(item)
    files.close()
    return tuple(kept)


def _mirrors(shard: Shard) -> bool:
    """Whether left and right may be exchanged: camera and radar share pose and principal column, symmetric axis."""
    azimuth, centre = shard["radar/azimuth"], shard["camera/intrinsics"][0, 2]
    return bool(
        np.allclose(shard["camera/pose"], shard["radar/pose"], atol=MIRROR_TOLERANCE)
        and abs(centre - shard.shape("camera/rgb")[2] / 2) < 1
        and np.allclose(azimuth, -azimuth[::-1], atol=1e-3)
    )
