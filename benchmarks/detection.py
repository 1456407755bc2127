"""Statistical baseline: the answers of CFAR and DBSCAN in a folder of shards against the targets.

Run: python benchmarks/detection.py DIR [--store [FILE]]. Lots of docs/validation-signal-processing.md:

    raysim generate --sequences 40 --frames 5 --renderer rays --csi none --out DIR [--config FILE, for another preset]

The answer of a frame is its strongest detection, as a user without labels would take it; frames with another number of
targets than one are left out. Frames in which the target moves by at least 1.5 Doppler cells are scored apart from the
rest. ``--store`` keeps the figures by preset, in detection.json for the page unless another file is named.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from radar_dsp.detect import detect
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.detection import CLUTTER_CELLS, slowest_speed
from radar_dsp.files import markers, replaced
from radar_dsp.ofdm import RadarConfig
from radar_dsp.presets import PRESETS
from radar_dsp.scores import places, score_frames
from raysim import __version__
from raysim.shards.reader import Shard, open_shard

STORED = Path(__file__).with_name("detection.json")
HIT = 5.0  # [m] an answer farther from the target is a miss
GROUPS = {f"|v_r| >= {CLUTTER_CELLS} cells": (True,), "the rest": (False,), "all": (True, False)}


@dataclass(frozen=True)
class Frame:
    """One frame of one target.

    Attributes
    ----------
    fast : bool
    truth, answer : (1, 2), (0 or 1, 2) float64
        Places right and forward [m].
    detections : int
    seconds : float
        Of the processor, for `detect`.
    """

    fast: bool
    truth: np.ndarray
    answer: np.ndarray
    detections: int
    seconds: float


def frames_of(shard: Shard) -> Iterator[Frame]:
    """Detect in every frame that has one target."""
    for index in range(shard.num_frames):
        truth = markers(shard, index)
        if len(truth) != 1:
            continue
        cube, config = cube_from_shard(shard, index)
        start = time.process_time()
        found = detect(cube, config)
        seconds = time.process_time() - start
        fast = abs(truth[0].velocity) >= slowest_speed(cube.velocity)
        yield Frame(bool(fast), places(truth), places(found[:1]), len(found), seconds)


def figures(frames: list[Frame]) -> dict[str, Any]:
    """Scores of a group of frames; errors are those of all its frames, None = so many have no answer within `HIT`."""
    score = score_frames([(frame.truth, frame.answer) for frame in frames], cutoff=HIT)
    return {
        "frames": len(frames),
        "detected": score.detected.rate,
        "detected_low": score.detected.low,
        "detected_high": score.detected.high,
        "error_50": score.median_error if np.isfinite(score.median_error) else None,
        "error_90": score.ninetieth_error if np.isfinite(score.ninetieth_error) else None,
        "detections_per_frame": float(np.mean([frame.detections for frame in frames])),
    }


def preset_of(config: RadarConfig) -> str:
    """Return the name of the preset that a configuration is, or `custom`."""
    return next((name for name in PRESETS if RadarConfig(preset=name) == config), "custom")


def measure(folder: Path) -> tuple[str, dict[str, Any]]:
    """Preset and figures of a folder of shards; ValueError where it holds no frame to score."""
    if not folder.is_dir():
        raise ValueError(f"{folder} must be a folder of shards")
    frames: list[Frame] = []
    origins, presets = set(), set()
    paths = [path for path in sorted(folder.glob("*.h5")) if not path.name.endswith(".csi.h5")]
    for path in paths:
        with open_shard(path) as shard:
            frames += frames_of(shard)
            origins.add((str(shard.attributes["scenario"]), int(shard.attributes["seed"])))
            presets.add(preset_of(cube_from_shard(shard, 0)[1]))
    if not frames:
        raise ValueError(f"{folder} must hold frames of one target, got {len(paths)} shards without any")
    if len(origins) > 1 or len(presets) > 1:
        raise ValueError(f"{folder} must hold one scenario, seed and radar, got {sorted(origins)}, {sorted(presets)}")
    groups = {name: [frame for frame in frames if frame.fast in which] for name, which in GROUPS.items()}
    (scenario, seed), (preset,) = *origins, presets
    about = {"raysim": __version__, "scenario": scenario, "seed": seed, "sequences": len(paths), "within": HIT}
    scores = {name: figures(group) for name, group in groups.items() if group}
    return preset, about | {"milliseconds": 1e3 * float(np.median([f.seconds for f in frames])), "groups": scores}


def show(preset: str, result: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{preset}: {result['sequences']} shards, detect takes {result['milliseconds']:.0f} ms a frame (median)")
    for name, g in result["groups"].items():
        half, ninety = ("missed" if e is None else f"{e:.3f} m" for e in (g["error_50"], g["error_90"]))
        print(
            f"{name:19} {g['frames']:4d} frames: detected {g['detected']:6.1%} within {HIT:g} m, error 50 % {half}, "
            f"90 % {ninety}, {g['detections_per_frame']:.1f} detections a frame"
        )


def store(path: Path, preset: str, result: dict[str, Any]) -> None:
    """Put the figures of a preset beside those of others."""
    stored = json.loads(path.read_text()) if path.exists() else {}
    with replaced(path) as part:
        part.write_text(json.dumps(stored | {preset: result}, indent=1) + "\n")


def main() -> int:
    """Print, and store if asked; status 2 and one line where there is nothing to score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", type=Path, nargs="?", const=STORED, help=f"keep the figures in {STORED.name}")
    options = parser.parse_args()
    try:
        preset, result = measure(options.folder)
        if options.store:
            store(options.store, preset, result)
    except (ValueError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    show(preset, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
