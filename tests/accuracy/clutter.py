"""Clutter of grounds and walls against grazing angle, beside the range of published levels."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.constants import pi

from blender_scenes.assets import surfaces
from blender_scenes.assets.facade import Glazing, Opening, add_balconies, add_wall
from blender_scenes.assets.shapes import Solid
from blender_scenes.pieces import asset_pieces
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.pieces import Piece, assemble, radar_at
from raysim.rcs import FAR, radar_cross_section
from raysim.scene import Scene
from raysim.trace import TraceConfig
from tests.accuracy.clutter_levels import GRASS, NOT_READ, ROADS, WALLS, Published, published_range
from tests.accuracy.diffuse import power_error, sigma0
from tests.accuracy.rows import Picture, Row, worst_row
from tests.shapes import FREQUENCY, db

BAR = 3.0  # [dB] outside the range: "at least a 3-dB standard deviation in almost all values", Nathanson, chapter 7
STEP = 5  # [deg]


@dataclass(frozen=True)
class Compared:
    """A surface of the scenes and the published levels of its kind."""

    material: Material
    kind: str
    sources: tuple[Published, ...]

    @property
    def degrees(self) -> np.ndarray:
        """Grazing angles (n,) float64 [deg]."""
        return np.arange(min(s.lowest for s in self.sources), 60 + STEP, STEP, dtype=float)


COMPARED = (
    Compared(surfaces.GRASS, "grass", GRASS),
    Compared(surfaces.ASPHALT, "roads", ROADS),
    Compared(surfaces.PAVEMENT, "roads", ROADS),
    Compared(surfaces.BRICK, "walls", WALLS),
    Compared(surfaces.RENDER, "walls", WALLS),
    Compared(surfaces.CONCRETE, "walls", WALLS),
)
WIDTH, STOREY, STOREYS = 9.0, 3.1, 3  # [m] of the traced facade, as the scenes' flats
HEIGHT = STOREYS * STOREY
STREET, DEPTH = 15.0, 13.0  # [m] from house to house, and of a house
TUBES = 60_000  # over the facade; five times as many change the street by 0.3 dB


def level(material: Material, degrees: float) -> float:
    """Scattering coefficient of a material at 28 GHz and a grazing angle [dB]."""
    return float(db(sigma0(material, pi / 2 - np.radians(degrees))))


def outside(levels: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """How far levels lie above (+) or below (-) a range (2, n) [dB]; 0 inside."""
    return np.maximum(levels - limits[1], 0.0) - np.maximum(limits[0] - levels, 0.0)


def range_row(case: str, degrees: np.ndarray, levels: np.ndarray, limits: np.ndarray, sources: int) -> Row:
    """Row of levels against a published range."""
    off = outside(levels, limits)
    worst = int(np.abs(off).argmax())
    where = f"{off[worst]:+.1f} dB at {degrees[worst]:g} degrees" if off[worst] else "inside at every angle"
    span = limits[1] - limits[0]
    count = f"{sources} sources, up to {span.max():.0f} dB apart"
    measured = f"{levels[0]:.0f} at {degrees[0]:g} to {levels[-1]:.0f} dB at {degrees[-1]:g} degrees; {where}"
    return Row(case, count, measured, f"{BAR:g} dB outside", bool(np.abs(off).max() <= BAR))


def surface_row(compared: Compared) -> Row:
    """Level of a surface of the scenes against those of its kind."""
    degrees, material = compared.degrees, compared.material
    levels = np.array([level(material, d) for d in degrees])
    limits = published_range(compared.sources, material, degrees)
    return range_row(
        f"{material.name} against published {compared.kind}", degrees, levels, limits, len(compared.sources)
    )


def facade(balconies: bool) -> Scene:
    """A wall of brick flats with windows behind reveals, the street before it, nothing else."""
    solid, bay = Solid(), WIDTH / 3
    width, height = 0.46 * bay, 0.48 * STOREY
    left, low = (np.arange(3) + 0.5) * bay - width / 2, STOREY * np.arange(STOREYS) + 0.9
    windows = Opening(width, height, np.stack(np.meshgrid(left, low), axis=-1).reshape(-1, 2))
    rng = np.random.default_rng(0)
    panes = Glazing("low_e", rng)
    add_wall(solid, WIDTH, [(HEIGHT, surfaces.BRICK)], [windows], lambda s: s, surfaces.FRAME_WHITE, panes, rng=rng)
    if balconies:
        corners = np.array([[1.05 * bay, STOREY * storey] for storey in range(1, STOREYS)])
        add_balconies(solid, corners, 0.9 * bay, lambda s: s)
    ground = np.array([[0, 0, 0], [STREET / 2, 0, 0], [STREET / 2, WIDTH, 0], [0, WIDTH, 0]], float)
    half = Piece("street", "ground", ground, np.array([[0, 1, 2], [0, 2, 3]]), (surfaces.ASPHALT,))
    return assemble([*asset_pieces(solid.asset("wall", "building")), half], radar_at((30, 0, 1), (0, 0, 1)))


def cross_sections(scene: Scene, azimuth: np.ndarray, elevation: np.ndarray | float) -> np.ndarray:
    """Mean over 800 MHz [m2] of each aspect (n,) [rad], as plane waves see it."""
    config = TraceConfig(launch=LaunchConfig(object_tubes=TUBES))
    found = radar_cross_section(
        scene, azimuth, elevation, frequency=FREQUENCY, bandwidth=800e6, distance=FAR, config=config
    )
    return found.mean


@cache
def wall_levels() -> tuple[np.ndarray, np.ndarray]:
    """Grazing angles [deg], and the traced facade's median over 24 aspects each, over its area [dB]."""
    degrees, scene = np.arange(20.0, 61, 10), facade(balconies=False)
    levels = []
    for middle in degrees:
        # from street level, where nothing comes off the ground: grazing along the wall alone
        azimuth = pi / 2 - np.radians(middle + np.linspace(-2.5, 2.5, 24))
        levels.append(db(np.median(cross_sections(scene, azimuth, np.radians(2.0))) / (WIDTH * HEIGHT)))
    return degrees, np.array(levels)


@cache
def street_levels(balconies: bool) -> tuple[np.ndarray, np.ndarray]:
    """Grazing angles of the ground [deg], and mean level over its area [dB] of a street of such facades.

    All azimuths that see the facade; the houses opposite hide what lies under the line over their eaves.
    """
    degrees, scene = np.array([10.0, 20.0, 30.0]), facade(balconies)
    azimuth = np.radians(np.linspace(-80, 80, 48))
    seen = np.minimum(1.0, STREET * np.tan(np.radians(degrees)) / HEIGHT)
    means = [cross_sections(scene, azimuth, float(np.radians(d))).mean() for d in degrees]
    return degrees, db(np.array(means) * seen / (WIDTH * (STREET + DEPTH)))


def facade_rows() -> list[Row]:
    """The traced facade against published walls; streets of it, for orientation."""
    degrees, levels = wall_levels()
    limits = published_range(WALLS, surfaces.BRICK, degrees)
    found = [range_row("brick wall with windows, traced, against published walls", degrees, levels, limits, len(WALLS))]
    law = "Kulemin, towns: -9 to -6 dB"
    reason = "the law counts roofs, cars, posts and trees of a town as well, which these streets have not"
    for balconies, name in ((False, "street of such walls"), (True, "street with balconies")):
        angles, street = street_levels(balconies)
        shown = ", ".join(f"{s:.0f}" for s in street)
        case = f"{name}, {angles[0]:g}, {angles[1]:g}, {angles[2]:g} degrees, over its ground"
        found.append(Row(case, law, f"{shown} dB", "-", None, reason))
    return found


def rows() -> list[Row]:
    """Scattering coefficient of the scenes' materials at 28 GHz against grazing angle, beside published mean levels.

    Criterion: at every angle inside the range of all levels found for that kind of surface, or no more than 3 dB
    outside it, the least standard deviation of almost all published values (Nathanson, Radar Design Principles, chapter
    7). The sources, and what of them was read, stand under the table.
    """
    return [*(surface_row(compared) for compared in COMPARED), *facade_rows(), *end_to_end()]


def notes() -> list[str]:
    """Sources of the published levels, as lines of the page."""
    every = dict.fromkeys(source for compared in COMPARED for source in compared.sources)
    lines = ["Published levels:", ""]
    for source in every:
        angles = f"{source.lowest:g}-{source.highest:g}" if source.lowest < source.highest else f"{source.lowest:g}"
        lines.append(f"- *{source.name}*, {angles} degrees: {source.source}")
    return [*lines, f"- {NOT_READ}"]


def end_to_end() -> list[Row]:
    """The tracer returns what the model says, for a real rough surface and for a canopy."""
    found = []
    for material in (surfaces.ASPHALT, surfaces.GRASS):
        error = max(abs(power_error(0.01, np.radians(90 - psi), material, 300)) for psi in (15, 30, 45))
        case = f"{material.name} as traced, 15-45 degrees of grazing"
        found.append(worst_row(case, "the model's sigma0", error, 0.2, "dB"))
    return found


def draw() -> None:
    """Draw sigma0 against grazing angle, ours and published."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(11, 4.4), dpi=110, layout="constrained")
    FigureCanvasAgg(drawing)
    panels = drawing.subplots(1, 3, sharey=True)
    for panel, title, ours in zip(panels, ("grass", "roads", "walls"), _shown(), strict=True):
        _draw_sources(panel, ours[0])
        for compared in ours:
            degrees = np.arange(5.0, 61)
            levels = [level(compared.material, d) for d in degrees]
            panel.plot(degrees, levels, linewidth=2.2, label=f"{compared.material.name}, here")
        panel.set(xlabel="grazing angle [degrees]", title=title, xlim=(5, 62), ylim=(-55, 0))
        panel.grid(alpha=0.3)
        panel.legend(fontsize=7, loc="lower right")
    degrees, levels = wall_levels()
    panels[-1].plot(degrees, levels, "k.", label="brick with windows, traced")
    panels[-1].legend(fontsize=7, loc="lower right")
    panels[0].set_ylabel("sigma0 [dB]")
    drawing.savefig(PICTURE.path, metadata={"Software": None})


def _shown() -> tuple[tuple[Compared, ...], ...]:
    return COMPARED[:1], COMPARED[1:3], COMPARED[3:]


def _draw_sources(panel, compared: Compared) -> None:
    """Published levels: bands for ranges, dashed lines for laws, a diamond for a single angle."""
    for index, source in enumerate(compared.sources):
        degrees = np.linspace(source.lowest, source.highest, 51)
        low, high = source.limits(compared.material, np.radians(degrees))
        style = {"color": f"C{index + 4}", "label": source.name}
        if source.lowest == source.highest:
            panel.plot(degrees[:1], low[:1], "D", markersize=6, **style)
        elif np.array_equal(low, high):
            panel.plot(degrees, low, "--", linewidth=1.3, **style)
        else:
            panel.fill_between(degrees, low, high, alpha=0.25, linewidth=0, **style)


PICTURE = Picture("validation-clutter.png", "Clutter against grazing angle, here and published", draw)
