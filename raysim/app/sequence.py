"""One sequence from its seed to its finished files: the stage list of the whole product."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from blender_scenes.build import build
from blender_scenes.recipe import Recipe, draw_recipe
from blender_scenes.renderer import BlenderRenderer
from blender_scenes.shade import shade
from blender_scenes.streams import stream
from radar_dsp.beamform import camera_azimuth
from radar_dsp.csi import Csi, synthesise_csi
from radar_dsp.files import csi_datasets
from radar_dsp.heatmap import Heatmap, range_azimuth
from radar_dsp.periodogram import PowerCube, power_cube
from raysim.app.config import Config
from raysim.app.contents import csi_arrays, origin_attributes, shard_constants, vision_arrays
from raysim.camera import CameraView, cast_camera
from raysim.intersect import FrameCaster, RayCaster
from raysim.labels import BoxExtents, box_extents, boxes, direct_instances, radar_targets, reflectors
from raysim.lidar import scan
from raysim.paths import Paths, concatenate
from raysim.scene import Scene
from raysim.shards.schema import CSI, SHARD
from raysim.shards.writer import ShardWriter
from raysim.trace import plan_grids, trace

STAGES = ("scene", "camera", "rgb", "lidar", "trace", "csi", "maps", "labels", "write")
RADIO_STAGES = ("trace", "csi", "maps")


@dataclass(frozen=True)
class SequenceJob:
    """What a worker needs to make one sequence.

    Attributes
    ----------
    config : Config
    seed, index : int
    path : Path
        Of the shard; the CSI file takes its stem.
    threads : int
    save_blend : Path or None
    """

    config: Config
    seed: int
    index: int
    path: Path
    threads: int
    save_blend: Path | None = None

    @property
    def csi_path(self) -> Path:
        """File of the stored CSI."""
        return self.path.with_suffix(".csi.h5")

    @property
    def trace_seed(self) -> int:
        """Seed of the tracer, the same for all frames: the surfaces keep their phases."""
        return int(self.rng("trace").integers(2**62))

    def rng(self, purpose: str) -> np.random.Generator:
        """Random stream of one purpose."""
        return stream(self.seed, self.config.scenario, self.index, purpose)


@dataclass(frozen=True)
class _Radio:
    """Radio results of one frame."""

    paths: list[Paths]  # in blocks
    csi: Csi
    cube: PowerCube
    heatmap: Heatmap


@dataclass(frozen=True)
class Timing:
    """What a sequence cost.

    Attributes
    ----------
    seconds : (num_frames, len(STAGES)) float32
        The writing of a frame is counted up to its hand-over to the file.
    tubes : int
        Ray tubes launched in the first frame.
    """

    seconds: np.ndarray
    tubes: int


class _Stopwatch:
    """Wall-clock seconds of every stage of one frame."""

    def __init__(self):
        self.seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start

    def row(self) -> np.ndarray:
        """(len(STAGES),) float32."""
        return np.array([self.seconds[stage] for stage in STAGES], np.float32)


def make_sequence(
    job: SequenceJob, renderer: BlenderRenderer | None, progress: Callable[[], None] = lambda: None
) -> Timing:
    """Make one sequence: its shard, and its CSI file where asked for.

    Parameters
    ----------
    job : SequenceJob
    renderer : BlenderRenderer or None
        None = the `rays` renderer.
    progress : callable
        Called after every frame.

    Returns
    -------
    Timing
    """
    with threadpool_limits(1):  # our own chunks are the threads: a BLAS that splits sums differently changes bytes
        return _make(job, renderer, progress)


def _make(job: SequenceJob, renderer: BlenderRenderer | None, progress: Callable[[], None]) -> Timing:
    watch = _Stopwatch()
    with watch("scene"):
        recipe = draw_recipe(job.config.scenario, seed=job.seed, index=job.index, config=job.config.scene)
        scene = build(recipe)
        caster, extents = RayCaster(scene), box_extents(scene)
    if job.save_blend and renderer:
        renderer.save_blend(scene, job.save_blend)
    if job.config.output.renderer == "rays":
        renderer = None  # it was there to save the .blend file
    targets = [i for i, instance in enumerate(scene.instances) if instance.is_target]
    stored = {"none": 0, "first": 1, "all": scene.num_frames}[job.config.output.csi]
    timing, tubes = [], _count_tubes(job, caster.frame(0))
    with ExitStack() as files:  # closes the CSI file first: where the shard has its name, everything is there
        for index in range(scene.num_frames):
            with watch("scene"):
                frame_caster = caster.frame(index)
            arrays, view = _vision(job, frame_caster, renderer, watch)
            radio = _radio(job, recipe.max_range, frame_caster, watch)
            with watch("labels"):
                labels = _labels(job, frame_caster, extents, view, radio)
            with watch("write"):
                if index == 0:
                    shard = files.enter_context(_shard_writer(job, recipe, scene, extents, radio, renderer))
                    csi_file = files.enter_context(_csi_writer(job, recipe, scene, radio.csi)) if stored else None
                if csi_file and index < stored:
                    kept = csi_arrays(
                        radio.csi, concatenate(radio.paths), labels, targets, job.config.output.strongest_paths
                    )
                    csi_file.append(kept | {"time": scene.frame_times[index], "frame": np.int64(index)})
            timing.append(watch.row())
            shard.append(
                arrays
                | labels
                | {
                    "time": scene.frame_times[index],
                    "radar/power": radio.cube.power,
                    "radar/heatmap": radio.heatmap.decibels.astype(np.float16),
                    "timing/seconds": timing[-1],
                }
            )
            watch = _Stopwatch()
            progress()
    return Timing(np.array(timing), tubes)


def _count_tubes(job: SequenceJob, caster: FrameCaster) -> int:
    """Count the tubes of a frame, outside its timing."""
    grids = plan_grids(caster, job.config.trace, frequency=job.config.radar.carrier_frequency, seed=job.trace_seed)
    return sum(grid.num_tubes for grid in grids)


def _vision(
    job: SequenceJob, caster: FrameCaster, renderer: BlenderRenderer | None, watch: _Stopwatch
) -> tuple[dict[str, Any], CameraView]:
    """Camera, depth, masks and lidar of one frame."""
    scene, index = caster.frame.scene, caster.frame.index
    with watch("camera"):
        view = cast_camera(caster, scene.sensors.camera, threads=job.threads)
    with watch("rgb"):
        rgb = renderer.render(scene, index) if renderer else shade(caster, view, threads=job.threads)
    with watch("lidar"):
        points = scan(caster, job.config.lidar, rng=job.rng(f"lidar/{index}"), threads=job.threads)
    return vision_arrays(view, rgb, points), view


def _radio(job: SequenceJob, max_range: float, caster: FrameCaster, watch: _Stopwatch) -> _Radio:
    """Paths, CSI and maps of one frame."""
    scene, radar, threads = caster.frame.scene, job.config.radar, job.threads
    with watch("trace"):
        frequency, seed = radar.carrier_frequency, job.trace_seed
        paths = list(trace(caster, job.config.trace, frequency=frequency, seed=seed, threads=threads))
    with watch("csi"):
        rng = job.rng(f"thermal noise/{caster.frame.index}")
        csi = synthesise_csi(paths, radar, pose=scene.sensors.radar.pose, rng=rng, threads=threads)
    with watch("maps"):
        cube = power_cube(csi, radar, max_range=max_range, threads=threads)
        azimuth = camera_azimuth(scene.sensors.camera.half_fov, radar.heatmap_columns)
        heatmap = range_azimuth(csi, radar, max_range=max_range, azimuth=azimuth, threads=threads)
    return _Radio(paths, csi, cube, heatmap)


def _labels(
    job: SequenceJob, caster: FrameCaster, extents: BoxExtents, view: CameraView, radio: _Radio
) -> dict[str, Any]:
    """Boxes, radar targets and reflectors of one frame."""
    scene, radar = caster.frame.scene, job.config.radar
    pose, heatmap = scene.sensors.radar.pose, radio.heatmap
    direct = direct_instances(radio.paths)
    targets = radar_targets(caster, pose, heatmap.range, heatmap.azimuth, radar.velocity_resolution, direct, extents)
    found = reflectors(
        radio.paths,
        pose,
        num_instances=len(scene.instances),
        frequency=radar.carrier_frequency,
        range_cell=radar.range_resolution,
        azimuth_cell_cosine=float(np.diff(radio.cube.azimuth[:2])[0]),
        max_range=float(heatmap.range[-1]),
    )
    return boxes(caster, scene.sensors.camera, view, extents) | targets | found


def _shard_writer(
    job: SequenceJob,
    recipe: Recipe,
    scene: Scene,
    extents: BoxExtents,
    radio: _Radio,
    renderer: BlenderRenderer | None,
) -> ShardWriter:
    picture = f"cycles {renderer.version} {job.config.output.quality}" if renderer else "rays"
    attributes = origin_attributes(recipe, job.config.to_yaml()) | {
        "recipe": recipe.to_json(),
        "rgb_renderer": picture,
    }
    constants = shard_constants(scene, extents, radio.cube, radio.heatmap, STAGES)
    compress = job.config.output.compress
    return ShardWriter(job.path, SHARD, attributes=attributes, constants=constants, compress=compress)


def _csi_writer(job: SequenceJob, recipe: Recipe, scene: Scene, csi: Csi) -> ShardWriter:
    _, constants, of_csi = csi_datasets(csi, job.config.radar)
    attributes = origin_attributes(recipe, job.config.to_yaml()) | of_csi
    attributes |= {
        "shard": job.path.name,
        "max_range": recipe.max_range,
        "half_fov": scene.sensors.camera.half_fov,
    }
    compress = job.config.output.compress
    return ShardWriter(job.csi_path, CSI, attributes=attributes, constants=constants, compress=compress)
