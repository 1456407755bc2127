"""Statistical baseline: detections in a folder of shards against the targets. Run: python benchmarks/detection.py DIR.

The answer of a frame is its strongest detection, as a user without labels would take it. Frames in which the target
moves by at least 1.5 Doppler cells are scored apart from the rest. "Look, Radiate, and Learn", Tab. 3, has 2.709 m and
8.062 m (median and 90 % error) for CFAR and DBSCAN.
"""

import sys
import time
from pathlib import Path

import numpy as np

from radar_dsp.detect import detect
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.files import Marker, markers
from raysim.shards.reader import open_shard

HIT = 5.0  # [m] an answer farther from the target is a miss


def place(distance: float, azimuth: float) -> np.ndarray:
    """Position to the right and ahead [m]."""
    return distance * np.array([np.sin(azimuth), np.cos(azimuth)])


def score(path: Path) -> list[tuple[bool, float, int, float]]:
    """Per frame of one target: fast enough, error of the strongest detection [m], number of detections, seconds."""
    rows = []
    with open_shard(path) as shard:
        for frame in range(shard.num_frames):
            truth: list[Marker] = markers(shard, frame)
            if len(truth) != 1:
                continue
            cube, config = cube_from_shard(shard, frame)
            start = time.process_time()
            found = detect(cube, config)
            seconds = time.process_time() - start
            fast = abs(truth[0].velocity) >= 1.5 * (cube.velocity[1] - cube.velocity[0])
            error = np.inf
            if found:
                answer = place(found[0].range, found[0].azimuth)
                error = float(np.hypot(*(answer - place(truth[0].range, truth[0].azimuth))))
            rows.append((fast, error, len(found), seconds))
    return rows


def main(folder: Path) -> None:
    """Print the table."""
    shards = [path for path in sorted(folder.glob("*.h5")) if not path.name.endswith(".csi.h5")]
    rows = [row for path in shards for row in score(path)]
    fast, error, count, seconds = (np.array(column) for column in zip(*rows, strict=True))
    print(f"{len(shards)} shards, {len(rows)} frames, {1e3 * np.median(seconds):.0f} ms a frame (median)")
    for name, which in (("|v_r| >= 1.5 cells", fast), ("the rest", ~fast), ("all", np.ones(len(fast), bool))):
        if which.any():
            e = np.sort(error[which])
            half, nine = e[int(0.5 * (len(e) - 1))], e[int(np.ceil(0.9 * (len(e) - 1)))]
            print(
                f"{name:19} {which.sum():4d} frames: detected {np.mean(e <= HIT):6.1%} within {HIT:g} m, error 50 % "
                f"{half:.3f} m, 90 % {nine:.3f} m, {count[which].mean():.1f} detections a frame"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
