"""What a trained run is worth on sequences it has not seen."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from learning.data import LabelledDataset, PairDataset, Sample, index_folder, on_the_heatmap
from learning.geometry import denormalise, to_plane
from learning.metrics import PERCENTILES, bootstrap_interval, position_error, retrieval
from learning.run import Run, load_checkpoint, load_run, write_atomically
from learning.scl import attention
from learning.split import shuffled_partners, stream
from learning.systems import SclSystem, SupervisedSystem, System, build_system

EVALUATION = "evaluation.json"
BATCH = 16
_BOOTSTRAP, _BATCHES, _PARTNERS = 4, 5, 6  # purposes of random streams


@dataclass(frozen=True)
class ErrorRow:
    """Errors of one method on the held-out frames.

    Attributes
    ----------
    method : str
    percentile : dict of int to float
        Error [m] at 50 and 90 %.
    interval : dict of int to (float, float)
        Its 95 % interval over sequences [m].
    """

    method: str
    percentile: dict[int, float]
    interval: dict[int, tuple[float, float]]


@dataclass(frozen=True)
class SupervisedReport:
    """Localisation errors.

    Attributes
    ----------
    num_frames, num_sequences : int
        Held-out ones.
    rows : tuple of ErrorRow
        The localiser first.
    """

    num_frames: int
    num_sequences: int
    rows: tuple[ErrorRow, ...]


@dataclass(frozen=True)
class SclReport:
    """Retrieval on held-out pairs.

    Attributes
    ----------
    num_frames, num_sequences, batch_size : int
    loss, log_batch : float
        Contrastive loss, and what no knowledge gives.
    top1, chance : float
        Share of the right matches, and what no knowledge gives.
    shuffled : bool
        Whether the pairs were shuffled in training and here.
    """

    num_frames: int
    num_sequences: int
    batch_size: int
    loss: float
    log_batch: float
    top1: float
    chance: float
    shuffled: bool


Report = SupervisedReport | SclReport


def load_system(folder: Path, run: Run) -> System:
    """Return the trained system of a run folder, ready for inference."""
    state = load_checkpoint(folder)
    if state is None:
        raise ValueError(f"run folder {folder} has no checkpoint yet; train it first")
    system = build_system(run.config)
    system.load_state_dict(state["model"])
    return system.eval()


def evaluate(folder: Path, data: Path | None = None) -> Report:
    """Evaluate a run on every sequence of a folder that it was not trained on.

    Parameters
    ----------
    folder : Path
        Run folder; the report is stored there as ``evaluation.json``.
    data : Path or None
        Folder of shards; None = the one of the training.

    Returns
    -------
    SupervisedReport or SclReport

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        No run, no data, or no sequence that is new to the run.
    """
    folder = Path(folder)
    run = load_run(folder)
    system = load_system(folder, run)
    source = Path(run.data) if data is None else Path(data)
    index = index_folder(source)
    held_out = tuple(item for item in index.items if item.sequence not in set(run.training))
    if not held_out:
        raise ValueError(f"data folder {source} holds no sequence that the run was not trained on")
    if isinstance(system, SupervisedSystem):
        report: Report = _supervised(system, run, held_out)
    else:
        report = _scl(system, run, held_out)
    write_atomically(folder / EVALUATION, (json.dumps(asdict(report), indent=2) + "\n").encode())
    return report


def _chunks(dataset: PairDataset):
    for start in range(0, len(dataset), BATCH):
        samples = [dataset[k] for k in range(start, min(start + BATCH, len(dataset)))]
        yield {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}


CELL_BASELINES = ("strongest cell", "strongest mover")  # one for each radio channel


def _strongest(channel: torch.Tensor) -> np.ndarray:
    """(batch, H, W) -> (batch, 2) normalised range and azimuth of the largest value."""
    rows, columns = channel.shape[1:]
    cell = channel.flatten(1).argmax(dim=1).numpy()
    # Row 0 is far: the range coordinate runs from +1 down.
    return np.stack([1 - 2 * (cell // columns + 0.5) / rows, 2 * (cell % columns + 0.5) / columns - 1], axis=1)


def _metres(points: np.ndarray, batch: Sample) -> np.ndarray:
    """(batch, 2) normalised range and azimuth -> (batch, 2) right and forward [m], by the axes of each sample."""
    axes = zip(batch["range_axis"].numpy(), batch["azimuth_axis"].numpy(), strict=True)
    return np.stack(
        [to_plane(denormalise(p[0], r), denormalise(p[1], a)) for p, (r, a) in zip(points, axes, strict=True)]
    )


def _supervised(system: SupervisedSystem, run: Run, held_out) -> SupervisedReport:
    dataset = LabelledDataset(on_the_heatmap(held_out), run.config)
    if not len(dataset):
        raise ValueError("no held-out target lies within its heatmap")
    error: dict[str, list[np.ndarray]] = {}
    for batch in _chunks(dataset):
        truth = batch["position"].numpy()
        with torch.no_grad():
            located = system.locate(batch["radio"]).double().numpy()
        estimates = {
            "localiser": _metres(located, batch),
            "train-mean position": np.broadcast_to(system.mean_position.numpy(), truth.shape),
        }
        for name, channel in zip(CELL_BASELINES, batch["radio"].unbind(1), strict=False):
            estimates[name] = _metres(_strongest(channel), batch)
        for name, estimate in estimates.items():
            error.setdefault(name, []).append(position_error(estimate, truth))
    sequence = [item.sequence for item in dataset.items]
    rows = tuple(_error_row(name, np.concatenate(parts), sequence) for name, parts in error.items())
    return SupervisedReport(len(dataset), len(set(sequence)), rows)


def _error_row(method: str, error: np.ndarray, sequence: list[str]) -> ErrorRow:
    intervals = {p: bootstrap_interval(error, sequence, p, rng=stream(0, _BOOTSTRAP)) for p in PERCENTILES}
    return ErrorRow(method, {p: float(np.percentile(error, p)) for p in PERCENTILES}, intervals)


def _scl(system: SclSystem, run: Run, held_out) -> SclReport:
    dataset = PairDataset(held_out, run.config)
    sequence = [item.sequence for item in held_out]
    batch_size = min(run.config.batch_size, len(set(sequence)))
    score = score_matrix(system, dataset)
    if run.config.shuffle_pairs:
        score = score[:, shuffled_partners(held_out, rng=stream(run.config.seed, _PARTNERS))]
    figures = retrieval(score, sequence, batch_size, run.config.temperature, rng=stream(0, _BATCHES))
    return SclReport(len(dataset), len(set(sequence)), batch_size, shuffled=run.config.shuffle_pairs, **figures)


def score_matrix(system: SclSystem, dataset: PairDataset) -> np.ndarray:
    """Scores of every radio picture against every visual template: (n, n) float32."""
    with torch.no_grad():
        radio = [system.radio_features(batch["radio"]) for batch in _chunks(dataset)]
        columns = []
        for batch in _chunks(dataset):
            templates = system.templates(batch["image"], batch["box"])
            columns.append(torch.cat([attention(features, templates).amax(dim=(2, 3)) for features in radio]))
    return torch.cat(columns, dim=1).numpy()
