"""CFAR on a 480 x 640 map, CA <= 10 ms and OS with N >= 200 <= 60 ms on one core. Run: python benchmarks/cfar.py."""

import time

import numpy as np

from radar_dsp.cfar import cfar
from radar_dsp.cfar_window import AxisWindow

BAR = {"ca": 10.0, "go": None, "so": None, "os": 60.0}  # [ms]


def best(function, repeats: int = 20) -> tuple[float, float]:
    """Best wall time and best process time [ms]: the two part where other work shares the cores."""
    wall, process = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        function()
        wall.append(time.perf_counter() - start)
        process.append(time.process_time() - used)
    return 1e3 * min(wall), 1e3 * min(process)


def main() -> None:
    """Print the figures."""
    power = np.random.Generator(np.random.Philox(0)).exponential(size=(480, 640)).astype(np.float32)
    window = (AxisWindow(2, 8), AxisWindow(2, 8, wraps=True))
    for method, bar in BAR.items():
        result = cfar(power, window, method=method, pfa=1e-3, scale="power")  # compiled now
        wall, process = best(lambda m=method: cfar(power, window, method=m, pfa=1e-3, scale="power"))
        against = f", bar {bar:g} ms: {wall / bar:.2f} of it" if bar else ""
        print(
            f"{method} N = {result.cells.max()}: {wall:.1f} ms wall, {process:.1f} ms process{against}; "
            f"counted {result.mask.mean():.2e} for 1e-3"
        )


if __name__ == "__main__":
    main()
