"""Materials: the visual fields of a material record to a Cycles shader.

Natural surfaces get procedural variation, chosen by what they are electrically; painted metal gets a clear
coat; clear glass is a thin sheet (Fresnel mirror over a tinted, unrefracted view), which four samples a
pixel can carry.
"""

import bpy

from . import nodes

# Socket names before and after Blender 4.0.
_COAT = ("Coat Weight", "Clearcoat")
_COAT_ROUGHNESS = ("Coat Roughness", "Clearcoat Roughness")
_EMISSION = ("Emission Color", "Emission")

_MESH_ROUGHNESS = 0.5  # what is rougher and seen through is a mesh, and mirrors nothing

# (scale of the grain [1/m], contrast of the grain, scale of the patches [1/m], contrast of the patches)
_VARIATION = {
    "asphalt": (60.0, 0.55, 0.22, 0.35),
    "concrete": (30.0, 0.18, 0.4, 0.22),
    "brick": (9.0, 0.3, 0.5, 0.2),
    "soil": (25.0, 0.6, 0.35, 0.5),
    "foliage": (18.0, 0.7, 0.6, 0.45),
    "wood": (12.0, 0.3, 1.0, 0.2),
    "marble": (3.0, 0.12, 0.5, 0.1),
}


def make(record):
    """Build a material; all fields of the record stay with it as custom properties.

    Parameters
    ----------
    record : dict
        Fields of `raysim.materials.Material`.
    """
    material = bpy.data.materials.new(record["name"])
    for key, value in record.items():
        material[f"raysim_{key}"] = value
    material.diffuse_color = (*record["colour"], 1.0)  # what the viewport shows
    tree = nodes.tree_of(material)
    surface = _principled(tree, record)
    if record["transmission"] > 0:
        surface = tree.mix_shader(record["transmission"], surface, _thin_glass(tree, record))
    tree.output("Material", "Surface", surface)
    return material


def _principled(tree, record):
    colour = record["colour"]
    if record["electrical"] in _VARIATION and record["emission"] == 0:
        colour = _varied(tree, colour, *_VARIATION[record["electrical"]])
    shader = tree.add(
        "BsdfPrincipled", Base_Color=colour, Metallic=record["metallic"], Roughness=record["gloss_roughness"]
    )
    painted = record["electrical"] == "metal" and record["metallic"] < 0.8 and record["gloss_roughness"] < 0.6
    if painted:
        _set(tree, shader, _COAT, 1.0)
        _set(tree, shader, _COAT_ROUGHNESS, 0.03)
    if record["emission"] > 0:
        _set(tree, shader, _EMISSION, record["colour"])
        shader.inputs["Emission Strength"].default_value = record["emission"]
    return shader.outputs[0]


def _set(tree, shader, names, value):
    tree.feed(next(shader.inputs[name] for name in names if name in shader.inputs), value)


def _varied(tree, colour, grain_scale, grain, patch_scale, patch):
    """Colour times noise of mean one at two scales, in the part's own axes so that it moves with the part."""
    place = tree.add("TexCoord").outputs["Object"]
    factor = 1.0
    for scale, contrast, detail in ((grain_scale, grain, 2.0), (patch_scale, patch, 3.0)):
        noise = tree.noise(place, scale=scale, detail=detail)
        # Noise fills about 0.3 to 0.7: twice the contrast spans it.
        swing = tree.math("ADD", 1.0 - contrast, tree.math("MULTIPLY", noise, 2 * contrast))
        factor = tree.math("MULTIPLY", factor, swing)
    return tree.add("VectorMath", operation="SCALE", Vector=colour, Scale=factor).outputs["Vector"]


def _thin_glass(tree, record):
    fresnel = tree.add("Fresnel", IOR=1.52).outputs[0]
    clear = tree.add("BsdfTransparent", Color=record["colour"]).outputs[0]
    if record["gloss_roughness"] > _MESH_ROUGHNESS:
        return clear
    mirror = tree.add("BsdfGlossy", Color=(1, 1, 1), Roughness=record["gloss_roughness"]).outputs[0]
    return tree.mix_shader(fresnel, clear, mirror)
