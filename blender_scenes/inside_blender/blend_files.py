"""Saving .blend files, and reading a user's: evaluated meshes, poses, materials, camera."""

import array
import pathlib

import bpy

from .messages import POSE

SURFACES = ("MESH", "CURVE", "SURFACE", "META", "FONT")


def save(path):
    """Save the scene as it stands."""
    bpy.context.preferences.filepaths.save_version = 0  # no .blend1 beside it
    bpy.context.scene.render.filepath = "//frames/"
    bpy.context.scene.render.threads_mode = "AUTO"
    outcome = bpy.ops.wm.save_as_mainfile(filepath=path, copy=True, compress=True)
    if outcome != {"FINISHED"} or not pathlib.Path(path).is_file():  # Blender 3.4 only prints why
        raise OSError(f"Blender did not write {path}")


def read(path):
    """Read every visible surface of a file, instances included.

    Returns
    -------
    header : dict
        ``objects`` (name, counts, properties), ``materials``, ``camera`` or None, ``frames`` (first, last).
    arrays : dict
        ``vertices`` (f, each object's own axes), ``triangles`` (i), ``material`` (i, -1 = none),
        ``pose`` (d, (num_objects, num_frames, 4, 4)), ``camera`` (d, (num_frames, 4, 4), Blender's axes).
    """
    bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    tracks, camera = {}, array.array("d")
    meshes, records = _Meshes(), {}
    for frame in frames:
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        for key, instance in _surfaces(graph):
            if key not in records and frame == frames[0]:
                records[key] = meshes.add(instance.object)
            if key in records:
                tracks.setdefault(key, array.array("d")).extend(_flat(instance.matrix_world))
        if scene.camera:
            camera.extend(_flat(scene.camera.evaluated_get(graph).matrix_world))
    whole = [key for key in records if len(tracks[key]) == 16 * len(frames)]
    if len(whole) < len(records):
        raise ValueError(f"{len(records) - len(whole)} objects of {path} are not there in every frame")
    pose = array.array("d")
    for key in records:
        pose.extend(tracks[key])
    header = {
        "objects": list(records.values()),
        "materials": [{"name": m.name, "properties": _properties(m), "colour": list(m.diffuse_color)[:3]}
                      for m in meshes.materials],
        "camera": _camera(scene) if scene.camera else None,
        "frames": [frames[0], frames[-1]],
        "frame_rate": scene.render.fps / scene.render.fps_base,
    }  # fmt: skip
    arrays = {name: (values.typecode, values.tobytes()) for name, values in meshes.arrays.items()}
    return header, {**arrays, "pose": ("d", pose.tobytes()), "camera": ("d", camera.tobytes())}


def _surfaces(graph):
    for instance in graph.object_instances:
        if instance.object.type in SURFACES and (instance.is_instance or instance.show_self):
            placed_by = (instance.parent.name, *instance.persistent_id) if instance.is_instance else ()
            yield (instance.object.name, placed_by), instance


def _flat(matrix):
    return [value for row in matrix for value in row]


class _Meshes:
    """Arrays of the meshes read so far."""

    def __init__(self):
        self.arrays = {"vertices": array.array("f"), "triangles": array.array("i"), "material": array.array("i")}
        self.materials = []

    def add(self, obj):
        """Append an evaluated object's triangles and return its record."""
        mesh = obj.to_mesh()
        mesh.calc_loop_triangles()
        count = len(mesh.loop_triangles)
        vertices = array.array("f", bytes(12 * len(mesh.vertices)))
        triangles, slot = array.array("i", bytes(12 * count)), array.array("i", bytes(4 * count))
        mesh.vertices.foreach_get("co", vertices)
        mesh.loop_triangles.foreach_get("vertices", triangles)
        mesh.loop_triangles.foreach_get("material_index", slot)
        number = [self._number(s.material) for s in obj.material_slots] or [-1]
        self.arrays["vertices"].extend(vertices)
        self.arrays["triangles"].extend(triangles)
        self.arrays["material"].extend(array.array("i", [number[min(s, len(number) - 1)] for s in slot]))
        obj.to_mesh_clear()
        return {
            "name": obj.name, "num_vertices": len(vertices) // 3, "num_triangles": count,
            "properties": _properties(obj),
        }  # fmt: skip

    def _number(self, material):
        if material is None:
            return -1
        material = material.original
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)


def _properties(owner):
    """Return the custom properties that JSON can hold."""
    found = {}
    for key in owner.keys():
        value = owner[key]
        value = list(value) if hasattr(value, "typecode") else value
        if isinstance(value, (str, int, float, bool, list)):
            found[key] = value
    return found


def _camera(scene):
    data, render = scene.camera.data, scene.render
    scale = render.resolution_percentage / 100
    return {
        "width": int(render.resolution_x * scale), "height": int(render.resolution_y * scale),
        "lens": data.lens, "sensor_fit": data.sensor_fit, "perspective": data.type == "PERSP",
        "sensor_width": data.sensor_width, "sensor_height": data.sensor_height,
        "properties": {POSE: list(scene.camera[POSE])} if POSE in scene.camera else {},
    }  # fmt: skip
