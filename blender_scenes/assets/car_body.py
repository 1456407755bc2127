"""The body's panels: a grid shot onto `CarShape`'s surface, cut along windows, lamps, grille and wheel arches."""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, compact, drop_degenerate, loft
from blender_scenes.assets.mesh_edit import cut
from blender_scenes.assets.paints import Slot

# Distances between grid lines [m]: around the ends and up the sides; along the car; across the lid, whose rays spread.
SPACING, ALONG, ACROSS = 0.060, 0.062, 0.085


def panels(shape: CarShape) -> Patch:
    """Left half (y >= 0) of the body's outside in paint, open at the plane y = 0 and at the bottom.

    The grid lies on a box around the body (rear, top and front strips folded into one, side below). Each vertex is
    shot from a sheet in the plane y = 0, so that low vertices move horizontally, high ones fan out of a spine.
    """
    box, origin = _launch_grid(shape)
    rows, columns = box.shape[:2]
    points = shape.shoot(origin.reshape(-1, 3), box.reshape(-1, 3))
    patch = loft(points.reshape(rows, columns, 3), Slot.PAINT).flipped()
    return drop_degenerate(patch)


def _launch_grid(shape: CarShape) -> tuple[np.ndarray, np.ndarray]:
    """Vertices on the box, (rows, columns, 3), and where their rays start.

    A row is a section: from the sill up the side and over the top to the middle. The rows run from the middle of
    the rear around the side to the middle of the front.
    """
    p = shape.params
    spine_z = p.clearance + 0.6 * (p.nose_height - p.clearance)
    inner = 0.40 if shape.rear_full else 0.25
    ahead, behind = shape.front_x - 0.45, shape.rear_x + inner
    top, half = p.height + 0.02, shape.half + 0.02
    front, rear = shape.front_x + 0.02, shape.rear_x - 0.02
    scale = max(1.0, p.height / 1.7)  # large vehicles have flat panels
    spacing = SPACING * scale
    across = np.linspace(0, half, round(half / spacing) + 1)
    along = _stations(shape, behind, ahead, ALONG * scale)
    corner_rear = np.linspace(rear, behind, round((behind - rear) / spacing) + 1)
    corner_front = np.linspace(ahead, front, round((front - ahead) / spacing) + 1)
    xs = np.concatenate([corner_rear[:-1], along, corner_front[1:]])
    outline = np.concatenate(  # plan view of the box: rear, side, front
        [
            np.stack([np.full(len(across) - 1, rear), across[:-1]], -1),
            np.stack([xs, np.full(len(xs), half)], -1),
            np.stack([np.full(len(across) - 1, front), across[:-1][::-1]], -1),
        ]
    )
    low = np.linspace(p.clearance, spine_z, round((spine_z - p.clearance) / spacing) + 1)
    high = np.linspace(spine_z, top, round((top - spine_z) / spacing) + 1)
    heights = np.concatenate([low, high[1:]])
    shrink = np.linspace(1, 0, round(half / (ACROSS * scale)) + 1)[1:]
    sections = []
    for x, y in outline:
        side = np.column_stack([np.full(len(heights), x), np.full(len(heights), y), heights])
        # The top closes towards the spine: rows over the ends shrink into its end points.
        pole_x = np.clip(x, behind, ahead)
        lid = np.column_stack([pole_x + (x - pole_x) * shrink, y * shrink, np.full(len(shrink), top)])
        sections.append(np.concatenate([side, lid]))
    box = np.array(sections)
    origin = np.stack(
        [np.clip(box[..., 0], behind, ahead), np.zeros(box.shape[:2]), np.minimum(box[..., 2], spine_z)], -1
    )
    return box, origin


def _stations(shape: CarShape, behind: float, ahead: float, spacing: float) -> np.ndarray:
    """Places of sections along the car, evenly spaced along the silhouette of its top."""
    x = np.linspace(behind, ahead, 300)
    low, high = np.full(300, shape.params.clearance), np.full(300, shape.params.height + 0.1)
    for _ in range(10):
        middle = (low + high) / 2
        within = shape(np.stack([x, np.full(300, 0.3), middle], -1)) < 0
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), 0.9 * np.diff(low)))])
    count = round(length[-1] / spacing) + 1
    return np.interp(np.linspace(0, length[-1], count), length, x)


@dataclass(frozen=True)
class Region:
    """A piece of the panels inside a field.

    Attributes
    ----------
    patch : Patch
        Its triangles.
    rim : (n, 2, 3) float64
        Edges that it shares with the panels around it, in the order of those panels' triangles [m].
    """

    patch: Patch
    rim: np.ndarray


class Cutter:
    """A patch that is cut again and again, with its vertices kept on the body's surface.

    The rim at the bottom stays; vertices in the plane y = 0 stay in it.
    """

    def __init__(self, shape: CarShape, patch: Patch):
        self.shape, self.patch = shape, patch
        # The rim and the middle plane must stay where they are, or the halves and the floor would gape.
        self.fixed = (patch.vertices[:, 2] < shape.params.clearance + 1e-6) | (patch.vertices[:, 1] == 0)

    def _place(self, points: np.ndarray) -> np.ndarray:
        placed = self.shape.place(points)
        placed[points[:, 1] < 1e-9, 1] = 0.0
        rim = points[:, 2] < self.shape.params.clearance + 1e-6
        placed[rim] = points[rim]
        return placed

    def cut(self, field: np.ndarray) -> np.ndarray:
        """Cut along the field's zero set; returns which triangles lie inside."""
        on_cut = np.abs(field) < 1e-9
        self.patch, inside = cut(self.patch, field, place=self._place, movable=~self.fixed)
        fresh = len(self.patch.vertices) - len(self.fixed)
        # Vertices on this cut must not be moved by the next one.
        within, without = np.zeros((2, len(self.patch.vertices)), bool)
        within[self.patch.triangles[inside]] = True
        without[self.patch.triangles[~inside]] = True
        boundary = within & without
        self.fixed = np.concatenate([self.fixed | on_cut, np.ones(fresh, bool)]) | boundary
        return inside

    def paint(self, field: np.ndarray, slot: Slot, only: Slot | None = None) -> np.ndarray:
        """Give the triangles inside a field another material (`only`: those that have this one); returns which."""
        inside = self.cut(field)
        if only is not None:
            inside &= self.patch.material == only
        self.patch = Patch(self.patch.vertices, self.patch.triangles, np.where(inside, slot, self.patch.material))
        return inside

    def line(self, field: np.ndarray, width: float, within: np.ndarray, slot: Slot) -> None:
        """Draw a line of `width` [m] along the field's zero set over the triangles `within`."""
        if not within.any():
            return
        for level in (-width / 2, width / 2):
            chosen = Patch(self.patch.vertices, self.patch.triangles[within], self.patch.material[within])
            rest = Patch(self.patch.vertices, self.patch.triangles[~within], self.patch.material[~within])
            none = np.zeros(len(field), bool)
            split, _ = cut(chosen, field - level, place=lambda points: points, movable=none)
            # The field is linear along the old edges, so are its values at the new vertices.
            self.fixed = np.concatenate([self.fixed, np.ones(len(split.vertices) - len(field), bool)])
            self.patch = Patch(
                split.vertices,
                np.concatenate([split.triangles, rest.triangles]),
                np.concatenate([split.material, rest.material]),
            )
            field = np.concatenate([field, np.full(len(split.vertices) - len(field), level)])
            within = np.arange(len(self.patch.triangles)) < len(split.triangles)
        mean = field[self.patch.triangles].mean(axis=1)
        on_line = within & (np.abs(mean) < width / 2) & (self.patch.material == Slot.PAINT)
        self.patch = Patch(self.patch.vertices, self.patch.triangles, np.where(on_line, slot, self.patch.material))

    def region(self, inside: np.ndarray) -> Region:
        """Copy the triangles `inside`, with the edges around them that are not in the plane y = 0."""
        triangles, count = self.patch.triangles, len(self.patch.vertices)

        def edges(chosen: np.ndarray) -> np.ndarray:
            return np.concatenate([chosen[:, [i, (i + 1) % 3]] for i in range(3)])

        outer, inner = edges(triangles[~inside]), edges(triangles[inside])
        shared = np.isin(outer[:, 0] * count + outer[:, 1], inner[:, 1] * count + inner[:, 0])
        patch = compact(Patch(self.patch.vertices, triangles[inside], self.patch.material[inside]))
        return Region(patch, self.patch.vertices[outer[shared]])

    def remove(self, field: np.ndarray) -> Region:
        """Cut a hole; returns what was there."""
        inside = self.cut(field)
        taken, keep = self.region(inside), ~inside
        self.patch = Patch(self.patch.vertices, self.patch.triangles[keep], self.patch.material[keep])
        used = np.zeros(len(self.patch.vertices), bool)
        used[self.patch.triangles] = True
        self.fixed = self.fixed[used]
        self.patch = compact(self.patch)
        return taken

    @property
    def centres(self) -> np.ndarray:
        """Centres of the triangles, (3, num_triangles)."""
        x, y, z = np.ascontiguousarray(self.patch.vertices.T)
        a, b, c = self.patch.triangles.T
        return np.stack([(axis[a] + axis[b] + axis[c]) / 3 for axis in (x, y, z)])

    @property
    def xyz(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates of the vertices."""
        x, y, z = self.patch.vertices.T
        return x, y, z


def mirror_weld(patch: Patch) -> Patch:
    """Join a left half with its mirror image along the plane y = 0."""
    left, count = patch, len(patch.vertices)
    middle = patch.vertices[:, 1] == 0
    index = np.where(middle, np.arange(count), np.arange(count) + count)
    both = np.concatenate([left.vertices, left.vertices * [1.0, -1.0, 1.0]])
    triangles = np.concatenate([left.triangles, index[left.triangles[:, ::-1]]])
    return compact(Patch(both, triangles, np.concatenate([left.material, left.material])))
