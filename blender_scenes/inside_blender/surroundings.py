"""Camera, sun and sky."""

import math

import bpy
from mathutils import Matrix, Vector

from . import nodes
from .messages import POSE

SENSOR = 36.0  # [mm] any width does: only the ratio to the focal length counts
SUN_ANGLE = 0.0093  # [rad] apparent diameter of the sun
FAR = 1e4  # [m] the ray caster has no far plane; this one lies behind every scene
FAR_LAND = (0.72, 0.85, 0.72)  # tint of the hazy land that lies beyond the modelled ground
HORIZON_WHITENESS = 0.55  # how far the long way through the air pales the sky at the horizon


def make_camera(camera):
    """Pinhole camera with square pixels and centred principal point; sensor axes are y down, z forward."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR
    data.lens = SENSOR * camera["focal_length"] / camera["width"]
    data.clip_start, data.clip_end = 0.01, FAR
    obj = bpy.data.objects.new("camera", data)
    obj.rotation_mode = "QUATERNION"
    pose = camera["pose"]
    obj[POSE] = [value for row in pose for value in row]
    obj.location, obj.rotation_quaternion, obj.scale = (Matrix(pose) @ Matrix.Diagonal((1, -1, -1, 1))).decompose()
    scene.collection.objects.link(obj)
    scene.camera = obj
    scene.render.resolution_x, scene.render.resolution_y = camera["width"], camera["height"]
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1


def make_sun(light):
    """Sun lamp; its strength is the irradiance on a surface that faces it."""
    if light["sun_irradiance"] <= 0:
        return
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.color, data.angle = light["sun_irradiance"], light["sun_colour"], SUN_ANGLE
    obj = bpy.data.objects.new("sun", data)
    up, round_ = light["sun_elevation"], light["sun_azimuth"]
    towards = Vector((math.cos(up) * math.cos(round_), math.cos(up) * math.sin(round_), math.sin(up)))
    obj.rotation_mode = "QUATERNION"
    obj.rotation_quaternion = towards.to_track_quat("Z", "Y")
    obj.location = 50 * towards  # where a person finds it; a sun has no place
    bpy.context.scene.collection.objects.link(obj)


def make_sky(light):
    """Gradient of the sky's colour: pale at the horizon, deep at the zenith, thin clouds, dull below."""
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    tree = nodes.tree_of(world)
    zenith = light["sky_colour"]
    horizon = [value + HORIZON_WHITENESS * (1 - value) for value in zenith]
    direction = tree.add("TexCoord").outputs["Generated"]
    height = tree.add("SeparateXYZ", Vector=direction).outputs["Z"]
    ramp = tree.ramp(
        height,
        [(0.0, [0.55 * a * b for a, b in zip(horizon, FAR_LAND, strict=True)]), (0.012, horizon),
         (0.1, _between(horizon, zenith, 0.6)), (0.3, zenith), (1.0, [0.5 * value for value in zenith])],
    )  # fmt: skip
    tree.output("World", "Surface", tree.add("Background", Color=_clouds(tree, direction, height, ramp),
                                             Strength=light["sky_radiance"]).outputs[0])  # fmt: skip
    world.cycles.sampling_method = "NONE"  # so smooth a sky needs no importance map


def _between(first, second, share):
    return [(1 - share) * a + share * b for a, b in zip(first, second, strict=True)]


def _clouds(tree, direction, height, sky):
    """Thin high clouds on a plane overhead, fading into the haze at the horizon."""
    flatten = tree.math("DIVIDE", 1.0, tree.math("ADD", tree.math("MAXIMUM", height, 0.0), 0.12))
    plane = tree.add("VectorMath", operation="SCALE", Vector=direction, Scale=flatten).outputs["Vector"]
    noise = tree.noise(plane, scale=0.9, detail=5.0)
    cover = tree.ramp(noise, [(0.5, (0, 0, 0)), (0.76, (1, 1, 1))])
    fade = tree.math(
        "MULTIPLY", cover, tree.math("MINIMUM", tree.math("MAXIMUM", tree.math("MULTIPLY", height, 4.0), 0.0), 0.75)
    )
    return tree.mix_colour(fade, sky, (1.0, 1.0, 1.0))
