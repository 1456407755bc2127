"""A run: which sequences are still to make, who makes them, what it cost."""

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

from blender_scenes.renderer import BlenderRenderer, find_blender
from raysim.app.config import Config
from raysim.app.progress import RunProgress
from raysim.app.sequence import SequenceJob, Timing, make_sequence
from raysim.shards.reader import open_shard


def available_cores() -> int:
    """Cores that this process may use; how many there are changes no result."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Run:
    """What was asked for, resolved.

    Attributes
    ----------
    config : Config
        `output.renderer` already says ``cycles`` or ``rays``.
    out : Path
        Folder of the shards.
    sequences, seed, workers : int
    blender : str or None
        Blender program; None = the bpy wheel, where one is needed.
    save_blend : bool
    """

    config: Config
    out: Path
    sequences: int
    seed: int
    workers: int
    blender: str | None
    save_blend: bool

    @property
    def threads(self) -> int:
        """Threads of each worker."""
        return max(1, available_cores() // self.workers)

    @property
    def num_frames(self) -> int:
        """Frames of a sequence."""
        return int(self.config.scene.frames)  # type: ignore[attr-defined]

    def job(self, index: int) -> SequenceJob:
        """Return the job of one sequence."""
        path = self.out / f"{self.config.scenario}-{self.seed}-{index:05d}.h5"
        blend = path.with_suffix(".blend") if self.save_blend else None
        return SequenceJob(self.config, self.seed, index, path, self.threads, blend)


@dataclass(frozen=True)
class Outcome:
    """What a run left.

    Attributes
    ----------
    shards : list of Path
        All of the run, in order.
    made : int
        Sequences made now; the others were finished before.
    seconds : (num_frames, num_stages) float32
        Of the frames made now.
    tubes : (made,) int64
        Ray tubes in the first frame of each.
    """

    shards: list[Path]
    made: int
    seconds: np.ndarray
    tubes: np.ndarray


def resolve_renderer(config: Config, blender: str | None, save_blend: bool) -> Config:
    """Settle `auto`, and check that the Blender asked for is there.

    Raises
    ------
    ValueError
        If `blender` is not a Blender, or none is found where one is needed.
    """
    found = find_blender(blender)
    wanted = config.output.renderer
    if found is None and (wanted == "cycles" or save_blend):
        what = "--renderer cycles" if wanted == "cycles" else "--save-blend"
        raise ValueError(
            f"{what} needs a Blender: pip install 'raysim[blender]', or --blender PATH; or --renderer rays"
        )
    if wanted == "auto":
        wanted = "cycles" if found else "rays"
    return config.model_copy(update={"output": config.output.model_copy(update={"renderer": wanted})})


def generate(run: Run) -> Outcome:
    """Make the sequences of a run that are not finished yet.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If the folder holds shards of other settings.
    OSError
        If the folder cannot be written or Blender fails twice.
    """
    run.out.mkdir(parents=True, exist_ok=True)
    _check_writable(run.out)
    jobs = [run.job(index) for index in range(run.sequences)]
    todo = [job for job in jobs if not _is_finished(job)]
    timings: list[Timing] = []
    with RunProgress(len(todo) * run.num_frames, len(todo)) as progress:

        def finished(job: SequenceJob, timing: Timing) -> None:
            timings.append(timing)
            progress.sequence(job.path.name)

        make = _make_here if run.workers == 1 else _make_in_workers
        make(run, todo, progress.frame, finished)
    seconds = np.concatenate([t.seconds for t in timings]) if timings else np.empty((0, 0))
    return Outcome([job.path for job in jobs], len(todo), seconds, np.array([t.tubes for t in timings], np.int64))


def _check_writable(folder: Path) -> None:
    """Find out before the work, not after it."""
    probe = folder / ".raysim.part"
    probe.touch()
    probe.unlink()


def _is_finished(job: SequenceJob) -> bool:
    """Tell whether a sequence's files are there, whole and of the same settings."""
    if not job.path.exists():
        return False
    with open_shard(job.path) as shard:
        same = shard.attributes["config"] == job.config.to_yaml()
    if not same:
        raise ValueError(f"{job.path}: was made with other settings; choose another --out, or delete it")
    wanted = [job.csi_path] if job.config.output.csi != "none" else []
    wanted += [job.save_blend] if job.save_blend else []
    return all(path.exists() for path in wanted)


def _renderer(run: Run) -> Any:
    needed = run.config.output.renderer == "cycles" or run.save_blend
    if not needed:
        return nullcontext()
    try:
        return BlenderRenderer(run.blender, quality=run.config.output.quality, threads=run.threads)
    except OSError as error:
        raise OSError(f"{error}; --renderer rays needs no Blender") from error


def _make_here(
    run: Run,
    jobs: list[SequenceJob],
    on_frame: Callable[[], None],
    on_sequence: Callable[[SequenceJob, Timing], None],
) -> None:
    if not jobs:
        return
    with _renderer(run) as renderer:
        for job in jobs:
            on_sequence(job, make_sequence(job, renderer, on_frame))


_worker: dict[str, Any] = {}  # what a worker process keeps between sequences: its Blender


def _die_with_parent() -> None:
    """End this worker when its parent is gone: a killed run must leave nobody who writes its files."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _start_worker(run: Run, frames: Any) -> None:
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _worker.update(renderer=_renderer(run).__enter__(), frames=frames)


def _work(job: SequenceJob) -> Timing:
    return make_sequence(job, _worker["renderer"], lambda: _worker["frames"].put(None))


def _make_in_workers(
    run: Run,
    jobs: list[SequenceJob],
    on_frame: Callable[[], None],
    on_sequence: Callable[[SequenceJob, Timing], None],
) -> None:
    if jobs:
        with _renderer(run):
            pass  # a Blender that does not start is told here, not by workers that die
    context = multiprocessing.get_context("spawn")
    frames = context.Queue()
    with ProcessPoolExecutor(run.workers, context, _start_worker, (run, frames)) as pool:
        waiting = {pool.submit(_work, job): job for job in jobs}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                _drain(frames, on_frame)
                for future in done:
                    on_sequence(waiting.pop(future), future.result())
        except BrokenProcessPool:
            raise RuntimeError("a worker process died (out of memory?); finished shards are whole, run again") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _drain(frames: Any, on_frame: Callable[[], None]) -> None:
    try:
        while True:
            frames.get_nowait()
            on_frame()
    except Empty:
        pass
