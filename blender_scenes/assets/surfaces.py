"""Materials of ground, buildings, plants and street furniture.

Roughness and effective-roughness amplitudes are effective values for 28 GHz and a Lambertian lobe, held against
published levels in docs/validation-propagation.md. Asphalt: sigma0 of about -23 dB at 42, -29 dB at 60 and -35 dB at 75
degrees of incidence, the slope of a road of 0.38 mm rms by the integral equation model and 1 to 3 dB under its mean of
both polarisations; all power that leaves the specular direction goes into the lobe, so its rms height is below that of
the texture. Facades scatter up to 0.75 of the field. Foliage is taken as fully rough. Grass is a canopy: its albedo
gives Georgia Tech's level of grass at 35 GHz and 20 degrees of grazing, gamma = -11 dB. Reflectivities at 905 nm are
rounded from the ECOSTRESS spectral library.
"""

from raysim.materials import Material

ASPHALT = Material("asphalt", "asphalt", (0.075, 0.075, 0.078), 1.2e-4, 0.05, 0.18, gloss_roughness=0.85)
ASPHALT_PATCH = ASPHALT.renamed("asphalt_patch", (0.045, 0.045, 0.048))
ASPHALT_WORN = ASPHALT.renamed("asphalt_worn", (0.098, 0.096, 0.093))
PAINT_WHITE = Material("road_paint", "asphalt", (0.66, 0.66, 0.63), 1e-4, 0.05, 0.7, gloss_roughness=0.6)
PAINT_BLUE = PAINT_WHITE.renamed("road_paint_blue", (0.05, 0.15, 0.42))
PAVEMENT = Material("pavement", "concrete", (0.34, 0.33, 0.31), 2e-4, 0.1, 0.4, gloss_roughness=0.85)
GRASS = Material("grass", "foliage", (0.075, 0.115, 0.035), 0.0, 1.0, 0.5, gloss_roughness=0.95, albedo=0.16)
MULCH = Material("mulch", "soil", (0.10, 0.065, 0.04), 1e-2, 0.6, 0.3, gloss_roughness=0.95)

CONCRETE = Material("concrete", "concrete", (0.42, 0.41, 0.38), 4e-4, 0.25, 0.45, gloss_roughness=0.85)
KERB = CONCRETE.renamed("kerb", (0.46, 0.45, 0.43))
BRICK = Material("brick", "brick", (0.33, 0.13, 0.085), 8e-4, 0.35, 0.4, gloss_roughness=0.9)
RENDER = Material("render", "concrete", (0.62, 0.57, 0.47), 8e-4, 0.3, 0.6, gloss_roughness=0.9)
ROOF_TILE = Material("roof_tile", "brick", (0.22, 0.09, 0.06), 5e-3, 0.5, 0.35, gloss_roughness=0.8)
ROOF_FELT = Material("roof_felt", "asphalt", (0.11, 0.11, 0.115), 1e-3, 0.4, 0.2, gloss_roughness=0.95)
# Windows look into dark rooms: camera and lidar see a surface, radio what the panel and the room make of it.
WINDOW_GLASS = Material("window_glass", "glass", (0.035, 0.05, 0.06), 0.0, 0.02, 0.1, gloss_roughness=0.03)
CURTAIN_GLASS = WINDOW_GLASS.renamed("curtained_glass", (0.30, 0.30, 0.28))
# Furniture, shelves, plants: all that comes in is spread to all sides.
ROOM = Material("furnished_room", "plasterboard", (0.3, 0.29, 0.27), 1e-2, 0.6, 0.4, gloss_roughness=0.9)
FRAME_WHITE = Material("frame", "plastic", (0.75, 0.75, 0.73), 1e-4, 0.1, 0.7, gloss_roughness=0.4)
FRAME_DARK = FRAME_WHITE.renamed("frame_dark", (0.06, 0.065, 0.07))
DOOR = Material("door", "wood", (0.11, 0.13, 0.15), 2e-4, 0.15, 0.4, gloss_roughness=0.4)

STEEL = Material("galvanised_steel", "metal", (0.45, 0.46, 0.47), 1e-4, 0.1, 0.5, metallic=0.8, gloss_roughness=0.45)
STEEL_PAINTED = Material("painted_steel", "metal", (0.05, 0.06, 0.06), 1e-4, 0.1, 0.3, gloss_roughness=0.4)
# Fences. From where cameras stand, wires are a veil over what is behind; an eighth of a lidar's beam meets them.
FENCE_SLAT = Material("slat", "wood", (0.20, 0.125, 0.07), 3e-4, 0.2, 0.4, gloss_roughness=0.85, panel="wooden_fence")
FENCE_POST = Material("fence_post", "wood", (0.20, 0.125, 0.07), 3e-4, 0.2, 0.4, gloss_roughness=0.85)
FENCE_STEEL = STEEL_PAINTED.renamed("fence_steel", (0.045, 0.075, 0.05))
FENCE_MESH = Material(
    "wire_mesh", "metal", (0.74, 0.78, 0.75), 0.0, 0.0, 0.06,
    gloss_roughness=0.9, transmission=1.0, panel="chain_link_fence",
)  # fmt: skip
LAMP_GLASS = Material("lamp_glass", "glass", (0.85, 0.85, 0.8), 0.0, 0.05, 0.5, gloss_roughness=0.15)
BIN_PLASTIC = Material("bin_plastic", "plastic", (0.03, 0.11, 0.05), 3e-4, 0.15, 0.3, gloss_roughness=0.5)
SIGN_BLUE = Material("sign_blue", "metal", (0.02, 0.10, 0.42), 1e-4, 0.1, 0.6, gloss_roughness=0.35)
SIGN_WHITE = SIGN_BLUE.renamed("sign_white", (0.8, 0.8, 0.8))
SIGN_RED = SIGN_BLUE.renamed("sign_red", (0.55, 0.02, 0.02))

BARK = Material("bark", "wood", (0.13, 0.095, 0.065), 4e-3, 0.5, 0.35, gloss_roughness=0.95)
BARK_BIRCH = BARK.renamed("birch_bark", (0.55, 0.53, 0.48))
FOLIAGE = Material("foliage", "foliage", (0.07, 0.135, 0.028), 5e-3, 0.6, 0.5, gloss_roughness=0.75)
