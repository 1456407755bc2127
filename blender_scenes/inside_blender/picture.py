"""Cycles: settings, rendering to PNG, and the rendering of instance ids."""

import contextlib
import pathlib

import bpy

from . import nodes

DENOISER = "OPENIMAGEDENOISE"


def has_denoiser():
    """Tell whether this Blender was built with OpenImageDenoise (Debian's was not)."""
    cycles = bpy.context.scene.cycles
    before = cycles.denoiser
    try:
        cycles.denoiser = DENOISER
    except TypeError:
        return False
    with contextlib.suppress(TypeError):
        cycles.denoiser = before
    return True


def prepare(threads):
    """Set what holds for every rendering of a scene."""
    scene = bpy.context.scene
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.use_persistent_data = True
    render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        render.threads = threads
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    render.image_settings.color_depth, render.image_settings.compression = "8", 5
    render.dither_intensity = 0.0
    scene.display_settings.display_device = "sRGB"
    cycles.device = "CPU"
    cycles.use_adaptive_sampling = False
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 10.0
    cycles.volume_bounces = 0
    if hasattr(cycles, "use_light_tree"):
        cycles.use_light_tree = False  # costs more than it saves with one sun


def use_cycles(settings):
    """Set up the photo-real picture.

    Parameters
    ----------
    settings : dict
        ``samples``, ``bounces``, ``denoise`` (None, "FAST" or "HIGH"), ``fast_bounces``, ``seed``,
        ``exposure`` [stops].
    """
    scene = bpy.context.scene
    cycles = scene.cycles
    scene.view_settings.view_transform, scene.view_settings.look = "Filmic", "Medium High Contrast"
    scene.view_settings.exposure, scene.view_settings.gamma = settings["exposure"], 1.0
    cycles.samples, cycles.seed = settings["samples"], settings["seed"]
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.5
    bounces = settings["bounces"]
    cycles.max_bounces, cycles.transparent_max_bounces = bounces, 8
    cycles.diffuse_bounces = cycles.glossy_bounces = min(bounces, 2)
    cycles.transmission_bounces = bounces
    cycles.use_fast_gi = settings["fast_bounces"]
    cycles.fast_gi_method, cycles.ao_bounces, cycles.ao_bounces_render = "REPLACE", 1, 1
    cycles.use_denoising = settings["denoise"] is not None
    if settings["denoise"]:
        cycles.denoiser = DENOISER
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        cycles.denoising_prefilter = "FAST" if settings["denoise"] == "FAST" else "ACCURATE"
        if hasattr(cycles, "denoising_quality"):
            cycles.denoising_quality = settings["denoise"]
    scene.update_tag()  # without it persistent data keeps the old settings


@contextlib.contextmanager
def id_rendering():
    """Every object emits its id in pixel centres: one sample, a point-like filter, no colour transform."""
    scene = bpy.context.scene
    layer, world, cycles = scene.view_layers[0], scene.world, scene.cycles
    layer.material_override = _id_material()
    scene.world = bpy.data.worlds.get("nothing") or bpy.data.worlds.new("nothing")
    scene.world.color = (0, 0, 0)
    nodes.tree_of(scene.world)
    scene.view_settings.view_transform, scene.view_settings.look = "Raw", "None"
    scene.view_settings.exposure, scene.view_settings.gamma = 0.0, 1.0
    cycles.samples, cycles.max_bounces, cycles.use_denoising = 1, 0, False
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    scene.update_tag()
    try:
        yield
    finally:
        layer.material_override, scene.world = None, world
        scene.update_tag()


def _id_material():
    material = bpy.data.materials.get("instance id")
    if material is None:
        material = bpy.data.materials.new("instance id")
        tree = nodes.tree_of(material)
        colour = tree.add("ObjectInfo").outputs["Color"]
        tree.output("Material", "Surface", tree.add("Emission", Color=colour, Strength=1.0).outputs[0])
        # Not a lamp: no list of hundreds of thousands of emitting triangles.
        if hasattr(material.cycles, "emission_sampling"):
            material.cycles.emission_sampling = "NONE"
        else:
            material.cycles.sample_as_light = False
    return material


def render_png(folder):
    """Render the scene as it stands and return the PNG's bytes."""
    path = pathlib.Path(folder) / "picture.png"
    path.unlink(missing_ok=True)
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path.read_bytes()
