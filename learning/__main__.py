"""Command line: ``python -m learning train supervised|scl`` and ``python -m learning evaluate``."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from learning.config import LearningConfig, Reading, Size, Task, preset
from raysim.command import run as run_command

app = typer.Typer(
    help="Radio-visual learning on generated shards.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
console = Console(stderr=True)
# Read when torch starts: idle threads sleep, which on a busy machine trains several times faster than spinning.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
LOG_SECONDS = 10.0  # between lines where there is no terminal

DataOption = Annotated[Path, typer.Option(help="Folder of shards, as made by `raysim generate`.")]


class TrainingBar:
    """Progress with loss and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self):
        columns = (
            TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TextColumn("loss {task.fields[loss]:.4f}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task("", total=None, epoch="-", loss=float("nan"))
        self.started, self.first, self.logged = time.monotonic(), -1, time.monotonic()

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *error):
        self.bar.stop()

    def __call__(self, state) -> None:
        """Show a state of the training."""
        epoch = f"{state.epoch}/{state.epochs}"
        self.bar.update(self.task, total=state.steps, completed=state.step, epoch=epoch, loss=state.loss)
        if self.first < 0:
            self.first = state.step - 1
        now = time.monotonic()
        if not console.is_terminal and (now - self.logged > LOG_SECONDS or state.step == state.steps):
            left = (now - self.started) / (state.step - self.first) * (state.steps - state.step)
            console.print(f"epoch {epoch}, step {state.step}/{state.steps}, loss {state.loss:.4f}, {left:.0f} s left")
            self.logged = now


@app.command()
def train(
    task: Annotated[Task, typer.Argument(help="supervised: localiser on true positions; scl: spatial contrast.")],
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it is taken up.")],
    size: Annotated[Size, typer.Option(help="120 x 160 or 480 x 640 inputs.")] = "small",
    reading: Annotated[Reading, typer.Option(help="Closest to the paper, or best known.")] = "recommended",
    epochs: Annotated[int | None, typer.Option(help="Passes over the training frames.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pairs in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's step size.")] = None,
    radio: Annotated[str | None, typer.Option(help="heatmap or heatmap+doppler.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and augmentation.")] = 0,
    shuffle_pairs: Annotated[bool, typer.Option("--shuffle-pairs", help="Negative control.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "cpu",
    workers: Annotated[int, typer.Option(min=0, help="Processes that read shards.")] = 0,
) -> None:
    """Train a system on a folder of shards."""
    config = preset(
        task, size, reading, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, radio=radio, seed=seed,
        shuffle_pairs=shuffle_pairs,
    )  # fmt: skip
    _train(config, data, out, device, workers)


def _train(config: LearningConfig, data: Path, out: Path, device: str, workers: int) -> None:
    from learning.train import train as run_training  # torch is slow to import: not for --help

    with TrainingBar() as bar:
        run = run_training(config, data, out, accelerator=device, workers=workers, progress=bar)
    console.print(
        f"trained on {len(run.training)} sequences, {len(run.held_out)} held out: {out} "
        f"(python -m learning evaluate {out})",
        soft_wrap=True,
    )


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    data: Annotated[Path | None, typer.Option(help="Other shards than the run's own held-out ones.")] = None,
) -> None:
    """Print what a run is worth on sequences that it has not seen."""
    from learning.evaluate import SupervisedReport
    from learning.evaluate import evaluate as evaluate_run

    report = evaluate_run(run, data)
    table = _error_table(report) if isinstance(report, SupervisedReport) else _retrieval_table(report)
    table.title = f"{report.num_frames} held-out frames of {report.num_sequences} sequences"
    Console().print(table)


def _error_table(report) -> Table:
    table = Table("method", "50 % \\[m]", "interval", "90 % \\[m]", "interval", "gain")
    baseline = next(row for row in report.rows if row.method == "train-mean position").percentile[50]
    for row in report.rows:
        cells = []
        for percentile in (50, 90):
            low, high = row.interval[percentile]
            cells += [f"{row.percentile[percentile]:.2f}", f"{low:.1f}-{high:.1f}"]
        table.add_row(row.method, *cells, f"{baseline / row.percentile[50]:.2f} x")
    table.caption = "Percentiles of the error, 95 % intervals over sequences; gain = median against train mean"
    return table


def _retrieval_table(report) -> Table:
    table = Table("figure", "held-out pairs" + (" (shuffled)" if report.shuffled else ""), "no knowledge", "ratio")
    table.add_row(
        "contrastive loss",
        f"{report.loss:.3f}",
        f"{report.log_batch:.3f} (log B)",
        f"{report.loss / report.log_batch:.2f}",
    )
    table.add_row(
        "top-1 match", f"{report.top1:.3f}", f"{report.chance:.3f} (1 / B)", f"{report.top1 / report.chance:.2f}"
    )
    table.add_row("batch size B", str(report.batch_size), "", "")
    return table


def main() -> None:
    """Run a command; a fault of the user's ends in one line ``Error: ...`` and status 2."""
    sys.exit(run_command(app, "python -m learning"))


if __name__ == "__main__":
    main()
