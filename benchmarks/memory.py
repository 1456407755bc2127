"""Memory of one long sequence: ``python benchmarks/memory.py [--frames 300]``.

A whole sequence as `raysim generate` makes it (every sensor, radar, labels, file), with few tubes, small pictures and a
small radar grid, so that a frame takes a fraction of a second. Bar: from frame 100 to the last the process grows by at
most 2 %; exit status 1 where it does not hold.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from machine import machine
from scaling import memory

from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from radar_dsp.ofdm import RadarConfig
from raysim.app.config import Config, OutputConfig
from raysim.app.sequence import SequenceJob, make_sequence
from raysim.launch import LaunchConfig
from raysim.lidar import LidarConfig
from raysim.trace import TraceConfig

MARKS, GROWTH = (10, 30, 100, 200, 300), 0.02


def short_frames(frames: int) -> Config:
    """Return the settings of a sequence of many small frames."""
    scene = ParkingLotConfig(
        frames=frames, frame_rate=300.0, parked_min=3, parked_max=3, image_width=64, image_height=48, vegetation=False
    )
    launch = LaunchConfig(flat_footprint=3.0, max_footprint=0.2, object_samples=8, object_tubes=500, image_tubes=100)
    return Config(
        scenario="parking_lot",
        scene=scene,
        trace=TraceConfig(launch=launch, weather_scatterers=200),
        radar=RadarConfig(num_subcarriers=256, num_symbols=8, heatmap_rows=48, heatmap_columns=64),
        lidar=LidarConfig(lines=8, azimuth_step_deg=1.0),
        output=OutputConfig(renderer="rays", csi="first"),
    )


def main() -> int:
    """Run, print, tell whether the memory is flat."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    arguments = parser.parse_args()
    print(machine())
    held, start = [], time.perf_counter()

    def progress() -> None:
        held.append(memory("VmRSS"))
        if len(held) in MARKS:
            print(f"frame {len(held):4}: {held[-1]:7.1f} MiB, {time.perf_counter() - start:6.1f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        job = SequenceJob(short_frames(arguments.frames), 0, 0, Path(folder) / "long.h5", 2)
        make_sequence(job, None, progress)
    settled = held[min(99, len(held) // 3)]
    growth = held[-1] / settled - 1
    print(f"growth from frame {min(100, len(held) // 3 + 1)} to {len(held)}: {growth:.2%}, bar {GROWTH:.0%}")
    return 0 if growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
