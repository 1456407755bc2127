"""The tracer: grids of tubes -> hits -> contributions -> blocks of `Paths`."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from raysim.air import weather_clutter, weathered
from raysim.bistatic import direct_paths
from raysim.edge_paths import edge_paths
from raysim.follow import follow
from raysim.grids import Fan, Grid, fan_of
from raysim.intersect import FrameCaster
from raysim.launch import background_tiles
from raysim.leakage import leakage_path
from raysim.mirrors import large_planes
from raysim.paths import Paths
from raysim.sensors import is_bistatic
from raysim.setting import Setting, TraceConfig, frame_setting, own_grids
from raysim.tubes import Workspace

__all__ = ["TraceConfig", "plan_grids", "trace"]

_BLOCK = 1 << 16  # tubes traced together: fixed, so that results do not depend on the number of threads
_SPACES: deque[Workspace] = deque()  # of threads that trace no block now, 30 MiB each


def plan_grids(caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int) -> list[Grid]:
    """Grids that `trace` launches for a frame: their tube counts are the cost.

    Parameters are those of `trace`.
    """
    setting = frame_setting(caster, config, large_planes(caster.frame.scene), frequency=frequency, seed=seed)
    return [*_tiles(setting), *own_grids(setting, config.launch)]


def _tiles(setting: Setting) -> list[Grid]:
    wavelength = setting.receiver.wavelength
    return list(background_tiles(setting.caster, setting.radar, setting.config.launch, wavelength=wavelength))


def trace(
    caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int, threads: int = 1
) -> Iterator[Paths]:
    """Trace one frame.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame; the radar stands in its scene.
    config : TraceConfig
    frequency : float
        Carrier [Hz].
    seed : int
        Of the grid shifts and the surfaces' diffuse phases; the same for all frames of a sequence.
    threads : int
        Blocks traced at once; the result does not depend on it.

    Yields
    ------
    Paths
        Blocks in a fixed order: leakage first, the echoes of rain and snow last. Reference time = middle of the frame.
    """
    setting = frame_setting(caster, config, large_planes(caster.frame.scene), frequency=frequency, seed=seed)
    if config.leakage and not is_bistatic(setting.radar):
        yield leakage_path(config.leakage, setting.radar)
    weather, tilt = caster.frame.scene.weather, 0.0 if config.transmit_polarisation == "H" else np.pi / 2
    yield from weathered(_air_free_paths(setting, threads), weather, frequency=frequency, tilt=tilt)
    count, max_range = config.weather_scatterers, config.max_length / 2
    yield from weather_clutter(caster, setting.transmitter, setting.receiver, count=count, max_range=max_range)


def _air_free_paths(setting: Setting, threads: int) -> Iterator[Paths]:
    """Paths as in a vacuum: those without an object first, if the radar is bistatic, then those by way of surfaces."""
    if is_bistatic(setting.radar) and setting.receiver.coherent:
        yield from direct_paths(setting)
    yield from edge_paths(setting)
    yield from _surface_paths(setting, threads)


def _surface_paths(setting: Setting, threads: int) -> Iterator[Paths]:
    """Paths by way of surfaces."""

    def work(fan: Fan, start: int) -> list[Paths]:
        try:
            space = _SPACES.pop()
        except IndexError:  # as many as threads that ever traced at once
            space = Workspace(_BLOCK)
        try:
            return list(follow(fan, start, min(start + _BLOCK, fan.num_tubes), setting, space))
        finally:
            _SPACES.append(space)

    if threads == 1:
        for fan in _fans(setting):
            for start in range(0, fan.num_tubes, _BLOCK):
                yield from work(fan, start)
        return
    with ThreadPoolExecutor(threads) as pool:
        # the objects' grids are planned while the tiles are traced
        running = deque(pool.submit(work, fan, k) for fan in _fans(setting) for k in range(0, fan.num_tubes, _BLOCK))
        while running:  # what is handed on is let go
            yield from running.popleft().result()


def _fans(setting: Setting) -> Iterator[Fan]:
    """Tubes of the tiles, then those of the objects' grids."""
    rotation = setting.radar.transmitter_pose[:3, :3]
    yield fan_of(_tiles(setting), rotation)
    yield fan_of(list(own_grids(setting, setting.config.launch)), rotation)
