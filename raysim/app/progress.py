"""Progress of a run: a bar with time left on a terminal, a line a sequence elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_QUIET = 10.0  # [s] between lines where there is no terminal


class _Shown:
    """What shows a bar from start to end of a `with` block."""

    _bar: Progress

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class Steps(_Shown):
    """Context manager that counts steps of one kind: a bar with time left, plain lines without a terminal.

    Parameters
    ----------
    what : str
        Plural of a step.
    total : int
    """

    def __init__(self, what: str, total: int):
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._what, self._total, self._done = what, total, 0
        self._task = self._bar.add_task(what, total=total)
        self._start = self._told = time.monotonic()

    def advance(self) -> None:
        """Count a finished step."""
        self._done += 1
        self._bar.advance(self._task)
        now = time.monotonic()
        if self._console.is_terminal or now - self._told < _QUIET:
            return
        self._told, spent = now, now - self._start
        left = spent / self._done * (self._total - self._done)
        self._console.print(
            f"{self._done} of {self._total} {self._what}, {spent:.0f} s, about {left:.0f} s left",
            soft_wrap=True,
            highlight=False,
        )


class RunProgress(_Shown):
    """Context manager that counts frames and sequences.

    Parameters
    ----------
    frames, sequences : int
        To be made.
    """

    def __init__(self, frames: int, sequences: int):
        self._console = Console(stderr=True)
        self._frames, self._sequences = frames, sequences
        self._frames_done = self._sequences_done = 0
        self._start = time.monotonic()
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("frames, elapsed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("generate", total=frames)

    def frame(self) -> None:
        """Count a finished frame."""
        self._frames_done += 1
        self._bar.advance(self._task)

    def sequence(self, name: str) -> None:
        """Count a finished sequence."""
        self._sequences_done += 1
        if self._console.is_terminal:
            return
        spent = time.monotonic() - self._start
        left = spent / max(self._frames_done, 1) * (self._frames - self._frames_done)
        self._console.print(
            f"{name}: {self._sequences_done} of {self._sequences} sequences, {spent:.0f} s, about {left:.0f} s left",
            soft_wrap=True,
            highlight=False,
        )
