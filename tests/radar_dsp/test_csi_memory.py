"""Peak memory of the synthesis and of the maps, as the benchmark prints it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "csi.py"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_peaks_stay_below_three_times_the_csi():
    command = [sys.executable, BENCHMARK, "--memory"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peaks = [float(x) for x in re.findall(r"([\d.]+) x[ ,].*bar 3 x", out)]
    assert len(peaks) == 3, out
    assert max(peaks) <= 2.3, out  # the bar is 3; 1.75 measured for the synthesis, 1.7 for a heatmap
