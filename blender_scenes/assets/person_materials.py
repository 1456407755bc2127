"""Material records of people: one record a surface, for radio, lidar and picture."""

from enum import IntEnum

from blender_scenes.assets.person_params import Colour, PersonParams
from raysim.materials import Material


class Slot(IntEnum):
    """Index of a person's surface in the material table."""

    SKIN = 0
    HAIR = 1
    TOP = 2
    BOTTOMS = 3
    SHOES = 4
    SOLE = 5
    EYE = 6
    LIP = 7
    HEADGEAR = 8


# Skin stands under clothes, too: 28 GHz passes half a millimetre to a millimetre of cotton, which changes what skin
# reflects by 0.3 to 1 dB at normal incidence (slab of both laws, docs/decisions.md).
# Folds are rougher than skin; effective values for 28 GHz, set before any cross section was computed.
CLOTH = (5e-4, 0.3, 0.45)  # rms height [m], scattering, lidar reflectivity
BARE = (1e-4, 0.1, 0.5)


def person_materials(params: PersonParams, headgear: Colour | None = None) -> tuple[Material, ...]:
    """Material table of a person, in the order of `Slot`; a helmet's colour where one is worn."""
    red, green, blue = params.skin
    table = {
        Slot.SKIN: Material("skin", "skin", params.skin, *BARE, gloss_roughness=0.55),
        Slot.HAIR: Material("hair", "skin", params.hair_colour, 1e-3, 0.4, 0.15, gloss_roughness=0.5),
        Slot.TOP: Material("top", "skin", params.top, *CLOTH, gloss_roughness=0.9),
        Slot.BOTTOMS: Material("bottoms", "skin", params.bottoms, *CLOTH, gloss_roughness=0.9),
        Slot.SHOES: Material("shoes", "rubber", params.shoes, 3e-4, 0.2, 0.2, gloss_roughness=0.6),
        Slot.SOLE: Material("soles", "rubber", (0.03, 0.03, 0.03), 5e-4, 0.3, 0.1, gloss_roughness=0.9),
        Slot.EYE: Material("eyes", "skin", (0.03, 0.022, 0.018), 0.0, 0.0, 0.2, gloss_roughness=0.2),
        Slot.LIP: Material("lips", "skin", (0.75 * red, 0.45 * green, 0.45 * blue), *BARE),
        Slot.HEADGEAR: Material("headgear", "clothing", params.top, *CLOTH, gloss_roughness=0.9),
    }  # fmt: skip
    if headgear is not None:
        table[Slot.HEADGEAR] = Material("helmet", "plastic", headgear, 1e-4, 0.1, 0.4, gloss_roughness=0.3)
    return tuple(table[slot] for slot in Slot)
