"""3-D and 2-D boxes of all instances, with velocity, visibility and truncation."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from raysim.camera import CameraView
from raysim.coverage import NEAR, covered_pixels, projected_bounds
from raysim.intersect import FrameCaster
from raysim.scene import CATEGORIES, Scene, SceneFrame
from raysim.sensors import Camera


@dataclass(frozen=True)
class BoxExtents:
    """Constant 3-D boxes in the axes of every instance's body (its first part).

    Attributes
    ----------
    body : (num_instances,) int32
        Index of the first part.
    lower, upper : (num_instances, 3) float64
        Corners over all parts and frames [m].
    """

    body: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def _vertices_by_part(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Vertices used by triangles, sorted by part: their indices, and (num_parts + 1,) offsets."""
    used = np.zeros(len(scene.mesh.vertices), bool)
    used[scene.mesh.triangles] = True
    owner = np.where(used, scene.part_of_vertex, len(scene.parts)).astype(np.min_scalar_type(len(scene.parts)))
    order = np.argsort(owner, kind="stable")
    return order, np.searchsorted(owner[order], np.arange(len(scene.parts) + 1))


def box_extents(scene: Scene) -> BoxExtents:
    """Find the boxes that hold all parts of every instance in all frames.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    BoxExtents
    """
    count = len(scene.instances)
    body = np.full(count, -1, np.int32)
    lower, upper = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    order, offsets = _vertices_by_part(scene)
    for index, part in enumerate(scene.parts):
        if body[part.instance] < 0:
            body[part.instance] = index
        vertices = scene.mesh.vertices[order[offsets[index] : offsets[index + 1]]]
        if not len(vertices):
            continue
        if index != body[part.instance]:  # (num_frames or 1, 4, 4) from this part's axes to the body's
            relative = np.linalg.inv(scene.parts[body[part.instance]].motion.pose) @ part.motion.pose
            vertices = np.einsum("fij,vj->fvi", relative[:, :3, :3], vertices) + relative[:, None, :3, 3]
            vertices = vertices.reshape(-1, 3)
        lower[part.instance] = np.minimum(lower[part.instance], vertices.min(0))
        upper[part.instance] = np.maximum(upper[part.instance], vertices.max(0))
    empty = np.flatnonzero(np.isinf(lower[:, 0]))
    if len(empty):
        raise ValueError(f"instance {scene.instances[empty[0]].name!r} has no triangles: a box needs at least one")
    return BoxExtents(body, lower, upper)


def box_constants(scene: Scene, extents: BoxExtents | None = None) -> dict[str, np.ndarray]:
    """Return the per-sequence labels of the instances.

    Parameters
    ----------
    scene : Scene
    extents : BoxExtents, optional
        `box_extents` of the scene.

    Returns
    -------
    dict
        ``instances/name``, ``category``, ``is_target`` and ``size``, as in `raysim.shards.schema`.
    """
    extents = extents or box_extents(scene)
    return {
        "instances/name": np.array([i.name for i in scene.instances], dtype=object),
        "instances/category": np.array([CATEGORIES.index(i.category) for i in scene.instances], np.uint8),
        "instances/is_target": np.array([i.is_target for i in scene.instances], bool),
        "instances/size": extents.upper - extents.lower,
    }


def box_state(frame: SceneFrame, extents: BoxExtents) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the 3-D boxes and their velocities.

    Parameters
    ----------
    frame : SceneFrame
    extents : BoxExtents

    Returns
    -------
    centre, velocity : (num_instances, 3) float64
        World [m], [m/s].
    """
    pose = frame.pose[extents.body]
    centre = np.einsum("nij,nj->ni", pose[:, :3, :3], (extents.lower + extents.upper) / 2) + pose[:, :3, 3]
    return centre, frame.point_velocity(extents.body, centre)


def _truncation(box: np.ndarray, camera: Camera) -> np.ndarray:
    """(n,) share of the boxes' area outside the picture; 1 for boxes behind the camera."""
    size = box[:, 2:] - box[:, :2]
    corner = np.array([camera.width, camera.height])
    inside = np.clip(np.minimum(box[:, 2:], corner) - np.maximum(box[:, :2], 0), 0, None)
    share = inside.prod(1) / np.maximum(size.prod(1), 1e-12)
    return np.where(np.isfinite(size).all(1), 1 - share, 1.0)


def _visible(instance: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (count, 4) of the visible pixels, NaN where there is none, and their numbers (count,)."""
    box = np.full((count, 4), np.nan)
    for index, found in enumerate(ndimage.find_objects(instance.astype(np.int32), max_label=count)):
        if found is not None:
            rows, columns = found
            box[index] = columns.start, rows.start, columns.stop, rows.stop
    return box, np.bincount(instance.ravel(), minlength=count + 1)[1:]


def _silhouettes(scene: Scene, camera: Camera, vertices: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Full boxes (num_instances, 4) of all instances, and pixels covered alone by those in `which`."""
    local = (vertices - camera.pose[:3, 3]) @ camera.pose[:3, :3]
    triangles = scene.mesh.triangles
    instance = scene.instance_of_part.astype(np.min_scalar_type(len(scene.instances)))[scene.mesh.part]
    middle = camera.width / 2, camera.height / 2
    box = projected_bounds(local, triangles, instance, len(scene.instances), camera.focal_length, *middle, NEAR)
    order = np.argsort(instance, kind="stable")
    offsets = np.searchsorted(instance[order], np.arange(len(scene.instances) + 1))
    groups = (triangles[order[offsets[i] : offsets[i + 1]]] for i in which)
    covered = [covered_pixels(camera, local, group, box[i]) for i, group in zip(which, groups, strict=True)]
    return np.where(np.isfinite(box), box, np.nan), covered


def boxes(
    caster: FrameCaster, camera: Camera, view: CameraView, extents: BoxExtents | None = None
) -> dict[str, np.ndarray]:
    """Label every instance in one frame.

    Visibility is the number of visible pixels over the number that the object would have alone, be they in the
    picture or not, both counted at pixel centres (`raysim.coverage`).

    Parameters
    ----------
    caster : FrameCaster
    camera : Camera
    view : CameraView
        Of the same frame and camera.
    extents : BoxExtents, optional
        `box_extents` of the scene; spares the recomputation in every frame.

    Returns
    -------
    dict
        ``instances/*`` of one frame, as in `raysim.shards.schema`.
    """
    frame, scene = caster.frame, caster.frame.scene
    extents = extents or box_extents(scene)
    centre, velocity = box_state(frame, extents)
    visible_box, visible = _visible(view.instance, len(scene.instances))
    seen = np.flatnonzero(visible)
    full_box, covered = _silhouettes(scene, camera, frame.vertices, seen)
    visibility = np.zeros(len(scene.instances))
    visibility[seen] = np.minimum(visible[seen] / np.maximum(covered, 1), 1)
    return {
        "instances/box_centre": centre,
        "instances/box_rotation": frame.pose[extents.body, :3, :3],
        "instances/velocity": velocity,
        "instances/angular_velocity": frame.angular_velocity[extents.body],
        "instances/box_2d_full": full_box.astype(np.float32),
        "instances/box_2d_visible": visible_box.astype(np.float32),
        "instances/visibility": visibility.astype(np.float32),
        "instances/truncation": _truncation(full_box, camera).astype(np.float32),
    }
