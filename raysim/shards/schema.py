"""The shard format as a table: every dataset with its type, shape, unit, axes and meaning.

The writer, the reader, the validator and docs/format.md all follow this table. Symbols in shapes stand in `AXES`.
A first axis "F" is written frame by frame; "P", "R" and "S" are ragged (`OFFSETS`): frame f owns rows
offsets[f]:offsets[f+1].
"""
# ruff: noqa: E501 (a table reads best with one entry a line)

from collections.abc import Iterator
from dataclasses import dataclass

FORMAT_VERSION = 1

# Symbol of a shape -> name of the axis, stored in every dataset's attribute `axes`.
AXES = {
    "F": "frame",
    "F+1": "frame boundary",
    "H": "picture row",
    "W": "picture column",
    "I": "instance",
    "P": "lidar point",
    "R": "reflector",
    "N": "heatmap row",
    "M": "heatmap column",
    "K": "range bin",
    "B": "azimuth beam",
    "D": "Doppler bin",
    "S": "path",
    "r": "array row",
    "c": "array column",
    "T": "symbol",
    "U": "subcarrier",
    "materials": "material",
    "stages": "stage",
    "targets": "target",
}

# Ragged first axis -> the dataset that says which rows belong to a frame; the writer makes it.
OFFSETS = {"P": "lidar/offsets", "R": "radar/reflectors/offsets", "S": "paths/offsets"}

# Stored in every file, so that it can be read without this project.
CONVENTIONS = (
    "SI units and radians. World axes x east, y north, z up. Sensor axes x right, y down, z forward; poses are "
    "sensor to world. Azimuth = atan2(x, z), positive right; elevation = asin(-y / r), positive up. "
    "Pixel row 0 at the top, column 0 at the left, pixel centres at +0.5. Depth is z along the optical axis, "
    "inf = nothing hit. Instance and material ids are index + 1, 0 = nothing there. t = 0 in the middle of a frame. "
    "Time factor exp(+j 2 pi f t): a path of delay tau has the channel exp(-j 2 pi f tau). Doppler and radial "
    "velocity are positive when closing. Heatmap row 0 is the nearest range, column 0 the leftmost in the picture; "
    "dB over the expected thermal noise of the same map. Array rows count upwards, columns to the right."
)


@dataclass(frozen=True)
class Attribute:
    """One attribute of the file itself.

    Attributes
    ----------
    name : str
    type : type
        ``str``, ``int``, ``float``, or ``list`` (of str).
    unit : str
    description : str
    optional : bool
        May be absent.
    """

    name: str
    type: type
    unit: str
    description: str
    optional: bool = False


@dataclass(frozen=True)
class Entry:
    """One dataset.

    Attributes
    ----------
    name : str
        Path in the file.
    dtype : str
        NumPy dtype, or ``"str"``.
    shape : tuple of str or int
        Symbols of `AXES`, or sizes.
    unit : str
        SI unit; ``"1"`` = dimensionless.
    description : str
        Meaning and convention, one sentence.
    compress : bool
        gzip-1 by default.
    optional : bool
        May be absent.
    """

    name: str
    dtype: str
    shape: tuple[str | int, ...]
    unit: str
    description: str
    compress: bool = False
    optional: bool = False

    @property
    def per_frame(self) -> bool:
        """Whether the first axis counts frames."""
        return self.shape[:1] == ("F",)

    @property
    def offsets(self) -> str | None:
        """Name of the offsets of a ragged entry, else None."""
        return OFFSETS.get(self.shape[0]) if self.shape and isinstance(self.shape[0], str) else None

    @property
    def is_offsets(self) -> bool:
        """Whether it holds the frame boundaries of ragged entries."""
        return self.shape == ("F+1",)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes; a fixed axis is named by its size."""
        return tuple(AXES[axis] if isinstance(axis, str) else str(axis) for axis in self.shape)


@dataclass(frozen=True)
class Schema:
    """One kind of file.

    Attributes
    ----------
    format : str
        Value of the attribute `format`.
    entries : tuple of Entry
    attributes : tuple of Attribute
        Those that the caller gives; `WRITER_ATTRIBUTES` are added to them.
    """

    format: str
    entries: tuple[Entry, ...]
    attributes: tuple[Attribute, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def entry(self, name: str) -> Entry | None:
        """Return the entry called `name`, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)


# Added by the writer to every file.
WRITER_ATTRIBUTES = (
    Attribute("format", str, "1", "`raysim-shard`, `raysim-csi` or `raysim-paths`."),
    Attribute("format_version", int, "1", "Version of this table; readers refuse a newer one."),
    Attribute("conventions", str, "1", "Axes, signs, references and time factor in words."),
    Attribute("categories", list, "1", "Category names; ids in the datasets index it."),
)

_ORIGIN = (
    Attribute("scenario", str, "1", "Name of the scenario."),
    Attribute("seed", int, "1", "Seed of the run."),
    Attribute("sequence", int, "1", "Index of the sequence in the run."),
    Attribute("config", str, "1", "The whole resolved configuration, YAML."),
    Attribute("versions", str, "1", "Versions of the project and the libraries, JSON."),
)

_SHARD_ENTRIES = (
    Entry("time", "float64", ("F",), "s", "Middle of every frame."),
    Entry("camera/rgb", "uint8", ("F", "H", "W", 3), "1", "sRGB picture, row 0 at the top."),
    Entry("camera/intrinsics", "float64", (3, 3), "px", "K with pixel centres at +0.5."),
    Entry("camera/pose", "float64", (4, 4), "m", "Camera to world; x right, y down, z forward."),
    Entry("depth/z", "float32", ("F", "H", "W"), "m", "z along the optical axis; inf = nothing hit.", compress=True),
    Entry("masks/instance", "uint16", ("F", "H", "W"), "1", "Instance index + 1; 0 = nothing hit.", compress=True),
    Entry("masks/category", "uint8", ("F", "H", "W"), "1", "Index into the attribute `categories`.", compress=True),
    Entry("masks/material", "uint16", ("F", "H", "W"), "1", "Index into materials/name + 1; 0 = nothing hit.", compress=True),
    Entry("lidar/pose", "float64", (4, 4), "m", "Lidar to world; x right, y down, z forward."),
    Entry("lidar/offsets", "int64", ("F+1",), "1", "Frame f owns points offsets[f]:offsets[f+1]."),
    Entry("lidar/points", "float32", ("P", 3), "m", "World position."),
    Entry("lidar/intensity", "float32", ("P",), "1", "Returned power over that of a white Lambertian target facing the lidar at 1 m."),
    Entry("lidar/time", "float32", ("P",), "s", "After the start of the sweep."),
    Entry("lidar/radial_velocity", "float32", ("P",), "m/s", "Closing positive."),
    Entry("lidar/category", "uint8", ("P",), "1", "Index into the attribute `categories`."),
    Entry("lidar/instance", "uint16", ("P",), "1", "Instance index + 1."),
    Entry("lidar/material", "uint16", ("P",), "1", "Index into materials/name + 1."),
    Entry("materials/name", "str", ("materials",), "1", "Material names."),
    Entry("instances/name", "str", ("I",), "1", "Instance names."),
    Entry("instances/category", "uint8", ("I",), "1", "Index into the attribute `categories`."),
    Entry("instances/is_target", "bool", ("I",), "1", "Whether the labels and learning tasks are about it."),
    Entry("instances/size", "float64", ("I", 3), "m", "Length, width, height of the 3-D box along the body's axes."),
    Entry("instances/box_centre", "float64", ("F", "I", 3), "m", "World position of the 3-D box's centre."),
    Entry("instances/box_rotation", "float64", ("F", "I", 3, 3), "1", "Body axes in world axes, as columns."),
    Entry("instances/velocity", "float64", ("F", "I", 3), "m/s", "Of the box centre, world axes."),
    Entry("instances/angular_velocity", "float64", ("F", "I", 3), "rad/s", "Of the body, world axes."),
    Entry("instances/box_2d_full", "float32", ("F", "I", 4), "px", "x0, y0, x1, y1 of all vertices, not clipped; NaN behind the camera."),
    Entry("instances/box_2d_visible", "float32", ("F", "I", 4), "px", "Of the visible pixels; NaN if there is none."),
    Entry("instances/visibility", "float32", ("F", "I"), "1", "Visible pixels over the pixels it would have alone and in full view."),
    Entry("instances/truncation", "float32", ("F", "I"), "1", "Share of the full box outside the picture."),
    Entry("radar/pose", "float64", (4, 4), "m", "Radar to world; x right, y down, z forward."),
    Entry("radar/heatmap", "float16", ("F", "N", "M"), "dB", "Range-azimuth power over its expected thermal noise; row 0 nearest, column 0 leftmost in the picture."),
    Entry("radar/range", "float64", ("N",), "m", "Of the heatmap's rows."),
    Entry("radar/azimuth", "float64", ("M",), "rad", "Of the heatmap's columns, positive to the camera's right."),
    Entry("radar/power", "float32", ("F", "K", "B", "D"), "1", "Native power, |channel|^2 scale with mean noise radar/noise_power, summed over elevation beams."),
    Entry("radar/power_range", "float64", ("K",), "m", "Of the native range bins."),
    Entry("radar/power_azimuth", "float64", ("B",), "1", "Direction cosine of the beams, positive right."),
    Entry("radar/power_velocity", "float64", ("D",), "m/s", "Of the Doppler bins, closing positive."),
    Entry("radar/noise_power", "float64", (), "1", "Expected thermal noise in a cell of radar/power."),
    Entry("radar/target/range", "float64", ("F", "I"), "m", "Radar to box centre."),
    Entry("radar/target/azimuth", "float64", ("F", "I"), "rad", "Of the box centre in radar axes."),
    Entry("radar/target/elevation", "float64", ("F", "I"), "rad", "Of the box centre in radar axes."),
    Entry("radar/target/radial_velocity", "float64", ("F", "I"), "m/s", "Of the box centre, closing positive."),
    Entry("radar/target/row", "float64", ("F", "I"), "1", "Heatmap row of the box centre, fractional: 0 = centre of the first row; NaN outside the map."),
    Entry("radar/target/column", "float64", ("F", "I"), "1", "Heatmap column of the box centre, fractional: 0 = centre of the first column; NaN outside the map."),
    Entry("radar/target/tangential", "bool", ("F", "I"), "1", "|radial velocity| under 1.5 Doppler cells."),
    Entry("radar/target/occluded", "bool", ("F", "I"), "1", "No direct radio path reaches it."),
    Entry("radar/reflectors/offsets", "int64", ("F+1",), "1", "Frame f owns reflectors offsets[f]:offsets[f+1]."),
    Entry("radar/reflectors/instance", "uint16", ("R",), "1", "Instance index + 1 of the last object touched."),
    Entry("radar/reflectors/power", "float32", ("R",), "dB", "|sum of channels of the paths in one resolution cell|^2."),
    Entry("radar/reflectors/range", "float32", ("R",), "m", "Half the travelled length."),
    Entry("radar/reflectors/azimuth", "float32", ("R",), "rad", "Of arrival."),
    Entry("radar/reflectors/radial_velocity", "float32", ("R",), "m/s", "Closing positive."),
    Entry("timing/stage", "str", ("stages",), "1", "Stage names."),
    Entry("timing/seconds", "float32", ("F", "stages"), "s", "Wall-clock time of every stage; exempt from determinism."),
)  # fmt: skip

_CSI_ENTRIES = (
    Entry("time", "float64", ("F",), "s", "Middle of every frame."),
    Entry("frame", "int64", ("F",), "1", "Frame of the shard."),
    Entry("csi", "complex64", ("F", "r", "c", "T", "U"), "1", "Channel estimate: array row (upwards), array column (rightwards), symbol, subcarrier."),
    Entry("subcarrier_frequency", "float64", ("U",), "Hz", "Offset from the carrier, ascending."),
    Entry("symbol_time", "float64", ("T",), "s", "From the middle of the frame."),
    Entry("radar/pose", "float64", (4, 4), "m", "Radar to world; x right, y down, z forward."),
    Entry("paths/offsets", "int64", ("F+1",), "1", "Frame f owns paths offsets[f]:offsets[f+1]."),
    Entry("paths/gain", "complex128", ("S",), "1", "Of the strongest paths; antenna gains in, carrier phase not."),
    Entry("paths/delay", "float64", ("S",), "s", "At the middle of the frame."),
    Entry("paths/delay_rate", "float64", ("S",), "1", "Doppler = -fc delay_rate."),
    Entry("paths/delay_acceleration", "float64", ("S",), "1/s", "Second derivative of the delay."),
    Entry("paths/departure", "float32", ("S", 3), "1", "World unit vector, transmitter to first point (angle of departure)."),
    Entry("paths/arrival", "float32", ("S", 3), "1", "World unit vector, receiver to last point (angle of arrival)."),
    Entry("paths/depth", "uint8", ("S",), "1", "Number of interactions."),
    Entry("paths/kinds", "uint32", ("S",), "1", "Interaction digits, four bits each, first lowest."),
    Entry("paths/first_instance", "uint16", ("S",), "1", "Instance index + 1; 0 = none."),
    Entry("paths/last_instance", "uint16", ("S",), "1", "Instance index + 1; 0 = none."),
    Entry("paths/last_point", "float32", ("S", 3), "m", "World position."),
    Entry("paths/power_share", "float64", ("F",), "1", "Power of the kept paths over that of all."),
    Entry("target/range", "float64", ("F", "targets"), "m", "Radar to the target's box centre.", optional=True),
    Entry("target/azimuth", "float64", ("F", "targets"), "rad", "Of the target's box centre.", optional=True),
    Entry("target/radial_velocity", "float64", ("F", "targets"), "m/s", "Closing positive.", optional=True),
)  # fmt: skip

SHARD = Schema(
    "raysim-shard",
    _SHARD_ENTRIES,
    (
        *_ORIGIN,
        Attribute("recipe", str, "1", "What the scenario drew, JSON; builds the same scene again."),
        Attribute("rgb_renderer", str, "1", "What made camera/rgb: `rays`, or `cycles` with version and preset."),
    ),
)

CSI = Schema(
    "raysim-csi",
    _CSI_ENTRIES,
    (
        *_ORIGIN,
        Attribute("shard", str, "1", "File name of the shard it belongs to."),
        Attribute("carrier_frequency", float, "Hz", "Carrier; subcarrier_frequency counts from it."),
        Attribute(
            "noise_variance", float, "1", "Expected noise of one element of csi, |channel|^2 scale.", optional=True
        ),
        Attribute(
            "element_spacing", float, "1", "Of the array, in wavelengths of the carrier; 0.5 if absent.", optional=True
        ),
        Attribute("radar_config", str, "1", "Numerology, power and processing, JSON.", optional=True),
        Attribute("max_range", float, "m", "Largest range of the shard's heatmap.", optional=True),
        Attribute("half_fov", float, "rad", "Half the azimuth span of the shard's heatmap.", optional=True),
    ),
)

PATHS = Schema(
    "raysim-paths",
    (
        *(entry for entry in CSI if entry.name.startswith("paths/") and not entry.per_frame),
        Entry("radar/pose", "float64", (4, 4), "m", "Radar to world; x right, y down, z forward."),
        Entry("radar/transmitter_offset", "float64", (3,), "m", "Transmit phase centre in the radar's axes."),
        Entry(
            "radar/transmitter_rotation",
            "float64",
            (3, 3),
            "1",
            "Transmit array's axes in the radar's axes, as columns; identity if absent.",
            optional=True,
        ),
        Entry("instances/name", "str", ("I",), "1", "Instance names."),
    ),
    (
        Attribute("carrier_frequency", float, "Hz", "That the paths were traced at."),
        Attribute("scene", str, "1", "File name of the scene."),
        Attribute("pair", str, "1", "Station, or transmitter-receiver, where a scene has several.", optional=True),
        Attribute("config", str, "1", "The whole resolved configuration, YAML."),
        Attribute("seed", int, "1", "Of the tracer."),
        Attribute("versions", str, "1", "Versions of the project and the libraries, JSON."),
    ),
)

SCHEMAS = {schema.format: schema for schema in (SHARD, CSI, PATHS)}
