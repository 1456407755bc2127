"""Cycles pictures of a scene, made by a Blender in its own process.

The process lives for many sequences, is renewed now and then, and its crash costs one retry.
"""

import io
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from blender_scenes.blend_file import BlendFile, unpack_blend
from blender_scenes.blender_process import BlenderCrash, BlenderProcess, find_blender
from blender_scenes.blender_scene import exposure, moving_poses, pack_scene
from raysim.scene import Scene

__all__ = ["QUALITIES", "BlenderRenderer", "Quality", "find_blender"]

RENDERS_PER_PROCESS = 300  # Blender's memory creeps: a new process costs a second
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quality:
    """A preset of Cycles.

    Attributes
    ----------
    samples : int
        Per pixel, with the denoiser.
    samples_without_denoiser : int
        Per pixel where Blender lacks OpenImageDenoise.
    denoise : str or None
        OpenImageDenoise quality, "FAST" or "HIGH"; None = not denoised.
    bounces : int
        Longest light path.
    fast_bounces : bool
        Whether ambient occlusion stands in for all bounces but the first: a quarter less time, a little less noise.
    """

    samples: int
    samples_without_denoiser: int
    denoise: str | None
    bounces: int
    fast_bounces: bool


QUALITIES = {
    "draft": Quality(1, 4, "FAST", 3, True),
    "standard": Quality(4, 16, "FAST", 4, True),
    "fine": Quality(32, 96, "HIGH", 6, False),
}


class BlenderRenderer:
    """Context manager around a Blender process.

    Parameters
    ----------
    command : str or None
        Path or name of a Blender; None = the bpy wheel.
    quality : str
        Key of `QUALITIES`.
    threads : int
        Of Cycles; 0 = all.

    Raises
    ------
    ValueError
        If the quality is unknown, or `command` missing or not a Blender.
    FileNotFoundError
        If there is no Blender.
    OSError
        If Blender does not start.
    """

    def __init__(self, command: str | None = None, *, quality: str = "standard", threads: int = 0):
        if quality not in QUALITIES:
            raise ValueError(f"quality must be one of {sorted(QUALITIES)}, got {quality!r}")
        found = find_blender(command)
        if found is None:
            raise FileNotFoundError("no Blender: pip install 'raysim[blender]', or give the path of a Blender program")
        self.command, self.quality, self.threads = found, QUALITIES[quality], threads
        self._process: BlenderProcess | None = None
        self._scene: Scene | None = None  # the one that the process holds
        self._renders = 0
        self._folder = tempfile.TemporaryDirectory(prefix="raysim-blender-")
        self._told_no_denoiser = False
        try:
            self._started()
        except OSError:
            self._folder.cleanup()
            raise

    def __enter__(self) -> "BlenderRenderer":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its temporary files."""
        self._stop()
        self._folder.cleanup()

    @property
    def version(self) -> str:
        """Blender's version, e.g. ``"5.0.1"``."""
        return self._started().greeting["version"]

    @property
    def pid(self) -> int:
        """Process id of Blender."""
        return self._started().pid

    def render(self, scene: Scene, frame: int) -> np.ndarray:
        """Render the camera picture of one frame.

        Parameters
        ----------
        scene : Scene
            Sent to Blender when it is another object than last time.
        frame : int

        Returns
        -------
        (H, W, 3) uint8
            sRGB.

        Raises
        ------
        OSError
            If Blender crashed twice in a row.
        """
        return self._picture("render", scene, frame)

    def instance_mask(self, scene: Scene, frame: int) -> np.ndarray:
        """Render the instance ids at the pixel centres of one frame with Cycles.

        Parameters
        ----------
        scene : Scene
        frame : int

        Returns
        -------
        (H, W) uint16
            Instance index + 1; 0 = sky.
        """
        code = self._picture("mask", scene, frame).astype(np.uint16)
        return code[..., 0] + 256 * code[..., 1]

    def save_blend(self, scene: Scene, path: str | Path) -> None:
        """Save a scene as a .blend file that a person can open: objects by name, movers keyed over the frames.

        Parameters
        ----------
        scene : Scene
        path : path-like
        """
        path = Path(path).resolve()
        if not path.parent.is_dir():
            raise FileNotFoundError(f"folder {path.parent} does not exist; cannot save {path.name}")
        if path.is_dir():  # Blender 3.4 would rename it out of the way
            raise IsADirectoryError(f"{path} is a folder; cannot save a .blend file there")
        span = np.diff(scene.frame_times)
        header = {
            "path": str(path), "num_frames": scene.num_frames,
            "frame_rate": float(1 / span.mean()) if len(span) else 30.0,
        }  # fmt: skip
        poses = np.stack([moving_poses(scene, f) for f in range(scene.num_frames)], axis=1)
        try:
            self._ask("save", {**header, **self._settings(scene, 0)}, {"pose": poses}, scene)
        except RuntimeError as error:
            raise OSError(f"cannot save {path}: {error}") from error
        self._scene = None  # its movers now follow key frames

    def read_blend(self, path: str | Path) -> BlendFile:
        """Read the evaluated meshes, materials, poses and camera of a .blend file.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        BlendFile

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If Blender cannot read it.
        """
        path = Path(path).resolve()
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}")
        self._scene = None
        try:
            return unpack_blend(*self._ask("read", {"path": str(path)}, {}, None))
        except RuntimeError as error:
            raise ValueError(f"{path}: {error}") from error

    def _picture(self, command: str, scene: Scene, frame: int) -> np.ndarray:
        poses = moving_poses(scene, frame)
        _, out = self._ask(command, self._settings(scene, frame), {"pose": poses}, scene)
        self._renders += 1
        return np.asarray(Image.open(io.BytesIO(out["png"].tobytes())).convert("RGB"))

    def _settings(self, scene: Scene, frame: int) -> dict[str, Any]:
        quality = self.quality
        denoises = self._started().greeting["denoiser"]
        return {
            "folder": self._folder.name,
            "samples": quality.samples if denoises else quality.samples_without_denoiser,
            "denoise": quality.denoise if denoises else None,
            "bounces": quality.bounces,
            "fast_bounces": quality.fast_bounces,
            "exposure": exposure(scene.light),
            "seed": frame,  # noise that stood still over the frames would look like dirt on the lens
        }

    def _ask(self, command: str, header: dict, arrays: dict, scene: Scene | None):
        """Send a command with its scene loaded; after a crash once more, to a new process."""
        if self._renders >= RENDERS_PER_PROCESS and scene is not self._scene:
            self._stop()
        try:
            return self._ask_once(command, header, arrays, scene)
        except BlenderCrash as crash:
            _log.warning("%s; trying once more", crash)
            self._stop()
        try:
            return self._ask_once(command, header, arrays, scene)
        except BlenderCrash:
            self._stop()
            raise

    def _ask_once(self, command: str, header: dict, arrays: dict, scene: Scene | None):
        process = self._started()
        if scene is not None and scene is not self._scene:
            self._scene = None
            load, load_arrays = pack_scene(scene)
            process.ask("load", {**load, "threads": self.threads}, load_arrays)
            self._scene = scene
        return process.ask(command, header, arrays)

    def _started(self) -> BlenderProcess:
        if self._process is None:
            self._process, self._scene, self._renders = BlenderProcess(self.command), None, 0
            if not self._process.greeting["denoiser"] and not self._told_no_denoiser:
                self._told_no_denoiser = True
                _log.warning(
                    "Blender %s has no OpenImageDenoise: rendering %d samples a pixel without denoising instead of %d",
                    self._process.greeting["version"],
                    self.quality.samples_without_denoiser,
                    self.quality.samples,
                )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.close()
        self._process = self._scene = None
