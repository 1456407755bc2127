"""Arrays to Blender objects: one object per part, camera, sun; poses and key frames of the moving parts."""

import array

import bpy
from mathutils import Matrix

from . import surfaces, surroundings
from .messages import POSE

_moving: list[bpy.types.Object] = []  # objects in the order of the parts that move


def build(header, arrays):
    """Build objects, materials, camera, sun and sky.

    Parameters
    ----------
    header : dict
        ``parts``, ``materials``, ``camera``, ``light``.
    arrays : dict
        ``vertices`` (f), ``triangles`` (i, counted within their part), ``slot`` (i, into the part's slots),
        ``rest`` (d, pose of every part at the first frame).
    """
    vertices, triangles, slot, rest = (_typed(arrays[name]) for name in ("vertices", "triangles", "slot", "rest"))
    materials = [surfaces.make(record) for record in header["materials"]]
    _moving.clear()
    v = t = 0
    for index, part in enumerate(header["parts"]):
        nv, nt = part["num_vertices"], part["num_triangles"]
        mesh = _mesh(part["name"], vertices[3 * v : 3 * (v + nv)], triangles[3 * t : 3 * (t + nt)], slot[t : t + nt])
        for material in part["slots"]:
            mesh.materials.append(materials[material])
        obj = _object(part, mesh)
        pose = rest[16 * index : 16 * (index + 1)]
        obj[POSE] = list(pose)
        _set_pose(obj, pose)
        if part["moves"]:
            _moving.append(obj)
        v, t = v + nv, t + nt
    surroundings.make_camera(header["camera"])
    surroundings.make_sun(header["light"])
    surroundings.make_sky(header["light"])


def _typed(item):
    code, data = item
    values = array.array(code)
    values.frombytes(data)
    return values


def _mesh(name, vertices, triangles, slot):
    """Mesh of triangles, smooth throughout: hard edges have vertices of their own."""
    mesh = bpy.data.meshes.new(name)
    count = len(slot)
    mesh.vertices.add(len(vertices) // 3)
    mesh.vertices.foreach_set("co", vertices)
    mesh.loops.add(3 * count)
    mesh.loops.foreach_set("vertex_index", triangles)
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", array.array("i", range(0, 3 * count, 3)))
    if bpy.app.version < (4, 0):  # later derived from the starts, and read-only
        mesh.polygons.foreach_set("loop_total", array.array("i", [3]) * count)
    mesh.polygons.foreach_set("material_index", slot)
    mesh.polygons.foreach_set("use_smooth", array.array("b", b"\1" * count))
    mesh.update(calc_edges=True)
    return mesh


def _object(part, mesh):
    obj = bpy.data.objects.new(part["name"], mesh)
    obj.rotation_mode = "QUATERNION"
    identity = part["instance_id"]
    obj.color = (identity % 256 / 255, identity // 256 / 255, 0, 1)  # what the id rendering emits
    for key in ("part", "instance", "instance_id", "category", "is_target"):
        obj[f"raysim_{key}"] = part[key]
    _collection(part["category"]).objects.link(obj)
    return obj


def _collection(category):
    """Return the collection of a category, so that a person finds the cars under ``car``."""
    found = bpy.data.collections.get(category)
    if found is None:
        found = bpy.data.collections.new(category)
        bpy.context.scene.collection.children.link(found)
    return found


def _set_pose(obj, pose):
    """Place an object; the last rotation decides the quaternion's sign, so that key frames interpolate."""
    last = obj.rotation_quaternion.copy()
    matrix = Matrix([pose[0:4], pose[4:8], pose[8:12], pose[12:16]])
    obj.location, rotation, obj.scale = matrix.decompose()
    if last.dot(rotation) < 0:
        rotation.negate()
    obj.rotation_quaternion = rotation


def place(poses):
    """Place the moving parts, (num_moving, 4, 4) doubles."""
    values = _typed(poses)
    for index, obj in enumerate(_moving):
        _set_pose(obj, values[16 * index : 16 * (index + 1)])


def animate(poses, num_frames, frame_rate):
    """Key the moving parts, (num_moving, num_frames, 4, 4) doubles; Blender's frame 1 is frame 0."""
    values = _typed(poses)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, num_frames
    scene.render.fps, scene.render.fps_base = max(1, round(frame_rate)), max(1, round(frame_rate)) / frame_rate
    size = 16 * num_frames
    for index, obj in enumerate(_moving):
        track = values[size * index : size * (index + 1)]
        obj[POSE] = list(track)
        for frame in range(num_frames):
            _set_pose(obj, track[16 * frame : 16 * (frame + 1)])
            obj.keyframe_insert("location", frame=frame + 1)
            obj.keyframe_insert("rotation_quaternion", frame=frame + 1)
        _make_linear(obj.animation_data.action)
    scene.frame_set(1)


def _make_linear(action):
    """Make the keys linear: new ones are Bezier, whatever the preferences, and the speed would swing."""
    if hasattr(action, "fcurves"):
        curves = list(action.fcurves)
    else:  # Blender 5: layers of strips of channel bags
        curves = [
            c for layer in action.layers for strip in layer.strips for bag in strip.channelbags for c in bag.fcurves
        ]
    for curve in curves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
