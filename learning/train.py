"""The training loop: read it from top to bottom in `train`.

Everything that changes during training is in the checkpoint: weights, optimiser, epoch and step (the
whole state of the sampler), torch's generator and the metrics so far. So 2 N steps in one go and N steps,
a new process and N more give the same bits on the CPU.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch.utils.data import DataLoader

from learning.augment import EpochView
from learning.config import LearningConfig
from learning.data import LabelledDataset, PairDataset, index_folder, on_the_heatmap
from learning.run import Run, check_resumable, load_checkpoint, save_checkpoint, save_metrics, start_run
from learning.split import distinct_sequence_batches, ordered_batches, shuffled_partners, split_sequences, stream
from learning.systems import build_system

CHECKPOINT_SECONDS = 30.0
_ORDER, _PARTNERS = 2, 3  # purposes of random streams


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes
    ----------
    epoch, epochs, step, steps : int
        Done and in total.
    loss : float
        Mean of the current epoch so far.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float


def open_dataset(config: LearningConfig, folder: Path) -> tuple[Run, PairDataset]:
    """Index a folder, split it and return the run and its training set."""
    index = index_folder(folder)
    training, held_out = split_sequences(index.sequences, config.held_out_fraction)
    items = tuple(item for item in index.items if item.sequence in set(training))
    # The self-supervised trainer cannot see labels: its dataset has none.
    dataset = PairDataset(items, config) if config.task == "scl" else LabelledDataset(on_the_heatmap(items), config)
    if not len(dataset):
        raise ValueError(f"data folder {folder}: no training target lies within the heatmap")
    return Run(config, str(folder), training, held_out), dataset


def epoch_batches(dataset: PairDataset, config: LearningConfig, epoch: int) -> list[list[int]]:
    """Return the indices of every batch of an epoch."""
    rng = stream(config.seed, _ORDER, epoch)
    if config.task == "scl":
        return distinct_sequence_batches(dataset.items, config.batch_size, rng=rng)
    return ordered_batches(len(dataset), config.batch_size, rng=rng)


def epoch_view(dataset: PairDataset, config: LearningConfig, epoch: int) -> EpochView:
    """Training set as an epoch sees it; the control draws new partners each epoch, so none can be memorised."""
    rng = stream(config.seed, _PARTNERS, epoch)
    partners = shuffled_partners(dataset.items, rng=rng) if config.shuffle_pairs else None
    return EpochView(dataset, seed=config.seed, epoch=epoch, partners=partners)


def learning_rate(config: LearningConfig, step: int, steps: int) -> float:
    """Adam's step size at a step: constant, or a twentieth of the run linearly up and a cosine down."""
    if config.schedule == "constant":
        return config.learning_rate
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return config.learning_rate * (step + 1) / warm_up
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


@contextmanager
def deterministic(on: bool) -> Iterator[None]:
    """Ask torch for repeatable sums, and give the former setting back."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(on or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


class Training:
    """A run in progress: system, optimiser and position, which a checkpoint holds completely.

    Parameters
    ----------
    config : LearningConfig
    dataset : PairDataset
        Training set.
    folder : Path
        Run folder.
    fabric : Fabric
        Device and precision.
    state : dict or None
        Checkpoint to go on from.
    """

    def __init__(
        self, config: LearningConfig, dataset: PairDataset, folder: Path, fabric: Fabric, state: dict[str, Any] | None
    ):
        self.config, self.dataset, self.folder, self.fabric = config, dataset, folder, fabric
        self.batches_per_epoch = len(epoch_batches(dataset, config, 0))
        torch.manual_seed(config.seed)
        system = build_system(config)
        if state is None:
            system.measure(dataset)
        optimiser = torch.optim.AdamW(
            system.parameters(), config.learning_rate, (config.beta1, 0.999), weight_decay=config.weight_decay
        )
        self.model, self.optimiser = fabric.setup(system, optimiser)
        self.step = 0  # of the whole run
        self.losses: list[float] = []  # of the current epoch
        self.history: list[dict[str, float]] = []  # one row an epoch
        if state is not None:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.losses, self.history = state["step"], state["losses"], state["history"]
            torch.set_rng_state(state["torch_rng"])

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.config.epochs * self.batches_per_epoch

    def save(self) -> None:
        """Write checkpoint and metrics."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "losses": self.losses,
            "history": self.history,
            "torch_rng": torch.get_rng_state(),
            "config": self.config.model_dump(),
        }
        save_checkpoint(self.folder, state)
        if self.history:
            save_metrics(self.folder, self.history)

    def batches(self, epoch: int, workers: int) -> Iterator[dict[str, torch.Tensor]]:
        """Batches of an epoch that are still to come, on the device."""
        order = epoch_batches(self.dataset, self.config, epoch)[self.step - epoch * self.batches_per_epoch :]
        view = epoch_view(self.dataset, self.config, epoch)
        # Its own generator: a loader draws from the global one at every start, also at a resumed one.
        loader = DataLoader(view, batch_sampler=order, num_workers=workers, generator=torch.Generator())
        for batch in loader:
            yield self.fabric.to_device(batch)

    def advance(self, batch: dict[str, torch.Tensor]) -> None:
        """One step of the optimiser."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.steps)
        loss = self.model(batch)
        self.optimiser.zero_grad()
        self.fabric.backward(loss)
        self.optimiser.step()
        self.losses.append(float(loss.detach()))
        self.step += 1
        if not math.isfinite(self.losses[-1]):
            raise ValueError(f"the loss became {self.losses[-1]} at step {self.step}; lower --learning-rate")

    def finish_epoch(self, epoch: int) -> None:
        """Add a row to the metrics."""
        mean = sum(self.losses) / len(self.losses)
        rate = learning_rate(self.config, self.step - 1, self.steps)
        self.history.append({"epoch": epoch + 1, "step": self.step, "loss": mean, "learning_rate": rate})
        self.losses = []


def train(
    config: LearningConfig,
    data: Path,
    folder: Path,
    *,
    accelerator: str = "cpu",
    workers: int = 0,
    stop_after: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Run:
    """Train, or take up, the run in a folder.

    Parameters
    ----------
    config : LearningConfig
    data : Path
        Folder of shards.
    folder : Path
        Run folder: new, empty, or a run under the same configuration.
    accelerator : str
        Fabric's: ``cpu``, ``cuda`` or ``auto``.
    workers : int
        Processes that read shards; 0 reads in this one.
    stop_after : int or None
        Stop, with a checkpoint, when so many steps of the whole run are done.
    progress : callable
        Called after every step.

    Returns
    -------
    Run

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        Bad data, or a folder that holds something else; nothing is written then.
    """
    folder = Path(folder)
    run, dataset = open_dataset(config, Path(data))
    check_resumable(folder, run)
    fabric = Fabric(accelerator=accelerator, devices=1)
    # Measuring the inputs reads shards throughout: a damaged one shows before anything is written.
    training = Training(config, dataset, folder, fabric, load_checkpoint(folder))
    start_run(folder, run)
    with deterministic(fabric.device.type == "cpu"):
        _run_epochs(training, workers, stop_after, progress)
    dataset.close()
    return run


def _run_epochs(training: Training, workers: int, stop_after: int | None, progress: Callable[[Progress], None]) -> None:
    """Train from where `training` stands to the end, or to step `stop_after`."""
    saved = time.monotonic()
    for epoch in range(training.step // training.batches_per_epoch, training.config.epochs):
        for batch in training.batches(epoch, workers):
            if stop_after is not None and training.step >= stop_after:
                return training.save()
            if time.monotonic() - saved > CHECKPOINT_SECONDS:  # before a step: the last epoch is in the metrics then
                training.save()
                saved = time.monotonic()
            training.advance(batch)
            progress(_progress(training, epoch))
        training.finish_epoch(epoch)
    training.save()


def _progress(training: Training, epoch: int) -> Progress:
    mean = sum(training.losses) / len(training.losses)
    return Progress(epoch + 1, training.config.epochs, training.step, training.steps, mean)
