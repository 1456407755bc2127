"""What a benchmark ran on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def processor() -> str:
    """Name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def machine() -> str:
    """One line: processor, cores, load, versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("raysim", "numpy", "numba", "embreex"))
    load = os.getloadavg()[0]
    return f"{processor()}, {os.cpu_count()} cores, load {load:.1f}; Python {platform.python_version()}, {packages}"
