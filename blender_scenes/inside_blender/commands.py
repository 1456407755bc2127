"""The commands of the worker: load, render, mask, save, read."""

import bpy

from . import blend_files, objects, picture


def hello():
    """Tell who answers."""
    return {"version": ".".join(str(part) for part in bpy.app.version), "denoiser": picture.has_denoiser()}


def load(header, arrays):
    """Replace the whole scene. A factory reset frees everything of the last one."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    objects.build(header, arrays)
    picture.prepare(header["threads"])
    return {}, {}


def render(header, arrays):
    """Render one frame to PNG bytes."""
    objects.place(arrays["pose"])
    picture.use_cycles(header)
    return {}, {"png": ("B", picture.render_png(header["folder"]))}


def mask(header, arrays):
    """Render the instance ids of one frame to PNG bytes: id = red + 256 green."""
    objects.place(arrays["pose"])
    with picture.id_rendering():
        png = picture.render_png(header["folder"])
    return {}, {"png": ("B", png)}


def save(header, arrays):
    """Key the moving parts over all frames and save the file."""
    objects.animate(arrays["pose"], header["num_frames"], header["frame_rate"])
    picture.use_cycles(header)
    blend_files.save(header["path"])
    return {}, {}


def read(header, arrays):
    """Read a file's evaluated meshes."""
    return blend_files.read(header["path"])


COMMANDS = {function.__name__: function for function in (load, render, mask, save, read)}
