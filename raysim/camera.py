"""Pinhole camera on the ray caster: pixel rays, projection, exact depth, and masks."""

from dataclasses import dataclass

import numpy as np

from raysim.chunks import map_chunks
from raysim.intersect import FrameCaster
from raysim.scene import CATEGORIES, Scene
from raysim.sensors import Camera

CHUNK_RAYS = 1 << 15


@dataclass(frozen=True)
class CameraView:
    """What the camera's pixel centres see in one frame.

    Attributes
    ----------
    camera : Camera
    distance : (height, width) float64
        Along the ray [m]; inf where nothing was hit.
    depth : (height, width) float32
        z along the optical axis [m]; inf where nothing was hit.
    triangle : (height, width) int32
        Scene triangle; -1 where nothing was hit.
    instance, material : (height, width) uint16
        Index + 1; 0 where nothing was hit.
    category : (height, width) uint8
        Index into `raysim.scene.CATEGORIES`; 0 where nothing was hit.
    direction : (height, width, 3) float64
        World unit vectors from the camera through the pixel centres.
    """

    camera: Camera
    distance: np.ndarray
    depth: np.ndarray
    triangle: np.ndarray
    instance: np.ndarray
    category: np.ndarray
    material: np.ndarray
    direction: np.ndarray


def to_world(pose: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Rotate vectors from sensor to world axes.

    The sum runs in one fixed order, so that a mirrored sensor gives exactly mirrored vectors.

    Parameters
    ----------
    pose : (4, 4) float64
        Sensor to world.
    vectors : (..., 3) float64

    Returns
    -------
    (..., 3) float64
    """
    x, y, z = vectors[..., 0, None], vectors[..., 1, None], vectors[..., 2, None]
    return x * pose[:3, 0] + y * pose[:3, 1] + z * pose[:3, 2]


def pixel_rays(camera: Camera, pixel: np.ndarray | None = None) -> np.ndarray:
    """Ray directions with unit length along the optical axis: a hit's ray parameter is its z-depth.

    Parameters
    ----------
    camera : Camera
    pixel : (..., 2) float64, optional
        Column and row [px]; the centres of all pixels by default.

    Returns
    -------
    (..., 3) or (height, width, 3) float64
        World vectors, not normalised.
    """
    if pixel is None:
        column, row = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
        pixel = np.stack([column, row], axis=-1)
    local = np.ones((*pixel.shape[:-1], 3))
    local[..., 0] = (pixel[..., 0] - camera.width / 2) / camera.focal_length
    local[..., 1] = (pixel[..., 1] - camera.height / 2) / camera.focal_length
    return to_world(camera.pose, local)


def project(camera: Camera, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project world points into the picture.

    Parameters
    ----------
    camera : Camera
    points : (n, 3) float64
        World [m].

    Returns
    -------
    pixel : (n, 2) float64
        Column and row [px]; NaN for points that are not in front of the camera.
    z : (n,) float64
        Along the optical axis [m].
    """
    x, y, z = ((np.asarray(points, float) - camera.pose[:3, 3]) @ camera.pose[:3, :3]).T
    forward = np.where(z > 0, z, np.nan)
    column = camera.width / 2 + camera.focal_length * x / forward
    row = camera.height / 2 + camera.focal_length * y / forward
    return np.stack([column, row], axis=-1), z


def surface_ids(scene: Scene, triangle: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instance, category and material ids of hits, as masks and lidar points store them.

    Parameters
    ----------
    scene : Scene
    triangle : (...) int
        Scene triangle; -1 = nothing hit.

    Returns
    -------
    instance : (...) uint16
        Index + 1; 0 = nothing hit.
    category : (...) uint8
        Index into `CATEGORIES`; 0 = nothing hit.
    material : (...) uint16
        Index + 1; 0 = nothing hit.
    """
    category_of = np.array([0] + [CATEGORIES.index(i.category) for i in scene.instances], np.uint8)
    hit = triangle >= 0
    instance = np.where(hit, scene.instance_of_part[scene.mesh.part[triangle]] + 1, 0).astype(np.uint16)
    material = np.where(hit, scene.mesh.material[triangle] + 1, 0).astype(np.uint16)
    return instance, category_of[instance], material


def cast_camera(caster: FrameCaster, camera: Camera, *, threads: int = 1) -> CameraView:
    """Cast one ray through every pixel centre.

    Parameters
    ----------
    caster : FrameCaster
    camera : Camera
    threads : int
        The result does not depend on it.

    Returns
    -------
    CameraView
    """
    shape = (camera.height, camera.width)
    rays = pixel_rays(camera).reshape(-1, 3)
    origin = np.broadcast_to(camera.pose[:3, 3], rays.shape)
    hits = map_chunks(lambda s: caster.closest(origin[s], rays[s]), len(rays), CHUNK_RAYS, threads=threads)
    depth = np.concatenate([h.distance for h in hits]).reshape(shape)
    triangle = np.concatenate([h.triangle for h in hits]).reshape(shape)
    length = np.sqrt(rays[:, 0] ** 2 + rays[:, 1] ** 2 + rays[:, 2] ** 2)
    instance, category, material = surface_ids(caster.frame.scene, triangle)
    return CameraView(
        camera=camera,
        distance=depth * length.reshape(shape),
        depth=depth.astype(np.float32),
        triangle=triangle,
        instance=instance,
        category=category,
        material=material,
        direction=(rays / length[:, None]).reshape(*shape, 3),
    )
