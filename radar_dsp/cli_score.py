"""``radar-dsp score``: detections in labelled files against the targets, over all their frames."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from radar_dsp.cli_input import read_cube, shard_at, target_path
from radar_dsp.cli_options import ClutterRemoval, Detector, Source, Tables
from radar_dsp.detection import CLUTTER_CELLS, slowest_speed
from radar_dsp.tables import TABLES, write_table

Files = Annotated[list[Path], typer.Argument(help="Shards or CSI files with labelled targets.")]
UNITS = {
    "frames": "", "num_frames": "1", "num_targets": "1", "detection_rate": "1", "rate_low": "1", "rate_high": "1",
    "false_per_frame": "1", "median_error": "m", "ninetieth_error": "m", "gospa": "m",
}  # fmt: skip


def score(
    files: Files,
    detector: Detector,
    clutter: ClutterRemoval,
    output: Tables = None,
    cutoff: Annotated[float, typer.Option(help="Farther off [m] a detection belongs to no target.")] = 5.0,
) -> None:
    """Score detections against the labels.

    Detection rate, errors, false detections and GOSPA of what `detect` finds over all frames.
    Frames whose targets all move by 1.5 Doppler cells or more are scored apart from the rest; a CSI file is left out
    where its shard is given too.

    \b
    Example:
      radar-dsp score data/parking_lot/*.h5 --pfa 1e-5 -o scores.csv
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.scores import score_frames, score_table  # slow to import, as are the detectors

    targets = [target_path(files[0], o, "", 0, data=TABLES, picture=False) for o in output or ()]
    groups: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {
        f"|v| >= {CLUTTER_CELLS:g} cells": [],
        "slower": [],
        "all": [],
    }
    fast_name, slow_name, _ = groups
    names = {file.name for file in files}
    for file in files:
        for fast, truth, found in _frames(file, names - {file.name}, detector, clutter):
            groups[fast_name if fast else slow_name].append((truth, found))
            groups["all"].append((truth, found))
    if not groups["all"]:
        raise ValueError(f"no frame of {', '.join(map(str, files))} has a labelled target")
    scores = {name: score_frames(frames, cutoff=cutoff) for name, frames in groups.items() if frames}
    rows = []
    for name, each in scores.items():
        columns = asdict(each)
        rate = columns.pop("detected")
        parts = {"detection_rate": rate["rate"], "rate_low": rate["low"], "rate_high": rate["high"]}
        rows.append({"frames": name} | parts | columns)
    for target in targets:
        write_table(target, rows, UNITS, key="scores", files=[file.name for file in files], cutoff=cutoff)
    print(score_table(scores))
    for target in targets:
        print(f"wrote {target}")


def _frames(
    file: Path, names: set[str], detector: Detector, clutter: ClutterRemoval
) -> Iterator[tuple[bool, np.ndarray, np.ndarray]]:
    """Whether the targets are fast, and true and detected places [m], of every frame that has targets.

    A CSI file whose shard is among `names`, the other files, is left out.
    """
    from radar_dsp.detect import detect
    from radar_dsp.scores import places

    shard = shard_at(file)
    if not file.exists():
        raise FileNotFoundError(f"{file} does not exist")
    if shard is None:
        raise ValueError(f"{file} has no labels: score takes shards and CSI files of raysim")
    if shard.is_csi and shard.attributes.get("shard") in names:
        return  # the same frames
    for frame in range(shard.num_frames):
        read = read_cube(Source(file, frame), clutter)
        if not read.markers:
            continue
        found = detect(read.cube, read.config, detector.settings, grid=read.grid)
        fast = all(abs(marker.velocity) >= slowest_speed(read.cube.velocity) for marker in read.markers)
        yield fast, places(read.markers), places(found)
