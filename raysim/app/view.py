"""The viewer: one self-contained HTML page of a shard."""

import html
import json
import os
import re
from importlib import resources
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from radar_dsp.files import replaced
from raysim.app.view_figures import figure_constants, frame_figures
from raysim.shards import Shard, open_shard

MAX_FRAMES = 60  # about 0.6 MB each at 640 x 480; longer sequences are thinned

# By category; ids index the file's own list.
COLOURS = {
    "none": "#999999",
    "ground": "#a3a3a3",
    "building": "#b5835a",
    "vegetation": "#3f9b4f",
    "street_furniture": "#8d6cc0",
    "car": "#2f6fd0",
    "pedestrian": "#d6402b",
    "cyclist": "#e08a00",
    "other": "#555555",
}


def write_page(shard_path: str | os.PathLike, output: str | os.PathLike, *, max_frames: int = MAX_FRAMES) -> Path:
    """Write a page with everything a shard holds, to open in any browser without a network.

    Camera with 2-D boxes, depth, lidar in 3-D, range-azimuth and range-Doppler maps with the labels on them, and a
    slider over the frames.

    Parameters
    ----------
    shard_path, output : path-like
        The shard, and the HTML file; an existing one is replaced.
    max_frames : int
        Longer sequences are thinned evenly to at most this many frames.

    Returns
    -------
    Path
        `output`.

    Raises
    ------
    FileNotFoundError, ValueError
        The shard cannot be read, or is a CSI file. Nothing is written.
    OSError
        `output` cannot be written.
    """
    output = Path(output)
    with open_shard(shard_path) as shard:
        if shard.is_csi:
            raise ValueError(f"{shard.path} is a CSI file; give its shard, {shard.attributes['shard']}")
        if max_frames < 1:
            raise ValueError(f"max_frames must be at least 1, got {max_frames}")
        stride = -(-shard.num_frames // max_frames)
        page = page_data(shard, list(range(0, shard.num_frames, stride)))
    return write_html(output, "view", page)


def write_html(output: Path, stem: str, page: dict[str, Any]) -> Path:
    """Write one self-contained page.

    Parameters
    ----------
    output : Path
        Replaced when complete.
    stem : str
        Of the template and the script in this package.
    page : dict
        Plain values for the script, with a title and a subtitle.

    Returns
    -------
    Path
        `output`.
    """
    folder = resources.files("raysim.app")
    pieces = {
        "title": html.escape(page["title"]),
        "subtitle": html.escape(page["subtitle"]),
        "plotly": get_plotlyjs(),
        "data": json.dumps(page, separators=(",", ":"), allow_nan=False).replace("</", "<\\/"),
        "script": (folder / f"{stem}.js").read_text(encoding="utf-8"),
    }
    template = (folder / f"{stem}.html").read_text(encoding="utf-8")
    with replaced(output) as part:
        part.write_text(re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], template), encoding="utf-8")
    return output


def page_data(shard: Shard, frames: list[int]) -> dict[str, Any]:
    """Everything that the page's script needs, as plain values.

    Parameters
    ----------
    shard : Shard
    frames : list of int
        Those to show.

    Returns
    -------
    dict
    """
    constants = figure_constants(shard, frames)
    return {
        "title": f"{shard.attributes['scenario']}, sequence {shard.attributes['sequence']}",
        "subtitle": (
            f"seed {shard.attributes['seed']} · {shard.num_frames} frames · RGB by {shard.attributes['rgb_renderer']}"
            f" · {shard.path.name}"
        ),
        "categories": list(shard.categories),
        "colours": [COLOURS.get(name, COLOURS["other"]) for name in shard.categories],
        **constants,
        "frames": [frame_figures(shard, frame, constants) for frame in frames],
    }
