"""The folder of a run: configuration, split, checkpoint and metrics, each replaced as a whole.

A file appears under its name only when complete, so a run that is killed at any time can be resumed.
"""

import csv
import io
import json
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from learning.config import LearningConfig, from_dict

DESCRIPTION, CHECKPOINT, METRICS = "run.json", "checkpoint.pt", "metrics.csv"


@dataclass(frozen=True)
class Run:
    """What a run is; equal descriptions give equal models.

    Attributes
    ----------
    config : LearningConfig
    data : str
        Folder of the shards, as given.
    training, held_out : tuple of str
        Sequences.
    """

    config: LearningConfig
    data: str
    training: tuple[str, ...]
    held_out: tuple[str, ...]

    def to_json(self) -> str:
        """Text of the description file."""
        fields = {
            "config": self.config.model_dump(),
            "data": self.data,
            "training": list(self.training),
            "held_out": list(self.held_out),
        }
        return json.dumps(fields, indent=2) + "\n"


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path` and rename."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load_run(folder: Path) -> Run:
    """Read the description of a run.

    Raises
    ------
    FileNotFoundError, ValueError
        The folder is missing or no run; the message names it.
    """
    path = Path(folder) / DESCRIPTION
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"run folder {folder} does not exist")
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is no run folder: it has no {DESCRIPTION}")
    try:
        fields = json.loads(path.read_text())
        return Run(from_dict(fields["config"]), fields["data"], tuple(fields["training"]), tuple(fields["held_out"]))
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None


def check_resumable(folder: Path, run: Run) -> None:
    """Refuse a folder that holds something else, or a run under another configuration or other sequences.

    Raises
    ------
    ValueError
        The message names the first difference.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"run folder {folder} is a file")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / DESCRIPTION).is_file():
        raise ValueError(f"run folder {folder} is not empty and holds no run; choose another --out")
    stored = load_run(folder)
    old, new = stored.config.model_dump(), run.config.model_dump()
    for name in old:
        if old[name] != new[name]:
            raise ValueError(
                f"run folder {folder} holds a run with {name} = {old[name]!r}, got {new[name]!r}; choose another --out"
            )
    if (stored.training, stored.held_out) != (run.training, run.held_out):
        raise ValueError(
            f"run folder {folder} was trained on other sequences than {run.data} has; choose another --out"
        )


def start_run(folder: Path, run: Run) -> None:
    """Create the folder and its description; leaves those of a run to be resumed."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not (Path(folder) / DESCRIPTION).is_file():
        write_atomically(Path(folder) / DESCRIPTION, run.to_json().encode())


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint by `state`."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(Path(folder) / CHECKPOINT, buffer.getvalue())


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Read the checkpoint; None before the first one. ValueError if it is damaged."""
    path = Path(folder) / CHECKPOINT
    if not path.is_file():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"checkpoint {path} is damaged: {str(error).splitlines()[0]}") from None


def save_metrics(folder: Path, history: list[dict[str, float]]) -> None:
    """Replace the table of metrics, one row an epoch."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_atomically(Path(folder) / METRICS, text.getvalue().encode())
