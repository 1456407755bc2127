"""The demonstration: one sequence and everything that can be looked at."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # no display
import matplotlib.pyplot as plt
import numpy as np

from radar_dsp.files import markers
from raysim.app.config import resolve
from raysim.app.generate import Run, generate, resolve_renderer
from raysim.app.view import write_page
from raysim.shards.reader import Shard, open_shard

SEED = 7
HEATMAP_FLOOR_DB = -3.0


def make_demo(out: Path, *, frames: int, renderer: str | None) -> dict[str, Path]:
    """Make one parking-lot sequence and pictures of it.

    Parameters
    ----------
    out : Path
        Folder.
    frames : int
    renderer : str or None
        ``cycles`` or ``rays``; None = cycles where a Blender is found.

    Returns
    -------
    dict of str to Path
        What was made: shard, CSI file, heatmap, range-Doppler map, contact sheet, viewer page.
    """
    overrides: dict[str, dict[str, Any]] = {"scene": {"frames": frames}, "output": {"renderer": renderer}}
    config = resolve_renderer(resolve("parking_lot", None, overrides), None, False)
    run = Run(config, out, sequences=1, seed=SEED, workers=1, blender=None, save_blend=False)
    generate(run)
    job = run.job(0)
    made = {"shard": job.path, "csi": job.csi_path}
    made |= {kind: _map_picture(job.csi_path, kind) for kind in ("heatmap", "doppler")}
    with open_shard(job.path) as shard:
        made["contact sheet"] = contact_sheet(shard, job.path.with_suffix(".png"))
    made["page"] = write_page(job.path, job.path.with_suffix(".html"))
    return made


def _map_picture(csi: Path, kind: str) -> Path:
    """Draw a map the way a user would: through the command."""
    from radar_dsp.cli import app
    from raysim.command import run

    target = csi.with_name(f"{csi.stem}-{kind}.png")
    if run(app, "radar-dsp", [kind, str(csi), "-o", str(target)]) != 0:
        raise RuntimeError(f"radar-dsp {kind} failed on {csi}")
    return target


def contact_sheet(shard: Shard, target: Path, num_frames: int = 3) -> Path:
    """Draw camera, depth, instances and heatmap of a few frames under each other.

    Parameters
    ----------
    shard : Shard
    target : Path
        PNG.
    num_frames : int
        Spread evenly over the sequence.

    Returns
    -------
    Path
        `target`.
    """
    chosen = np.unique(np.linspace(0, shard.num_frames - 1, num_frames).astype(int))
    figure, axes = plt.subplots(len(chosen), 4, figsize=(16, 3.3 * len(chosen)), squeeze=False, layout="constrained")
    for row, frame in zip(axes, chosen, strict=True):
        _draw_frame(shard, int(frame), row)
    figure.suptitle(
        f"{shard.attributes['scenario']}, seed {shard.attributes['seed']}, {shard.attributes['rgb_renderer']}"
    )
    figure.savefig(target, dpi=90, metadata={"Software": None})
    plt.close(figure)
    return target


def _draw_frame(shard: Shard, frame: int, axes: np.ndarray) -> None:
    camera, depth, masks, radar = axes
    camera.imshow(shard["camera/rgb", frame])
    camera.set_title(f"camera, frame {frame}")
    for target in np.flatnonzero(shard["instances/is_target"]):
        x0, y0, x1, y1 = shard["instances/box_2d_visible", frame][target]
        camera.add_patch(plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor="red"))
    z = shard["depth/z", frame]
    picture = depth.imshow(np.where(np.isfinite(z), z, np.nan), cmap="magma_r", vmax=80)
    depth.set_title("depth")
    plt.colorbar(picture, ax=depth, label="z [m]", shrink=0.8)
    masks.imshow(shard["masks/instance", frame] * 37 % 64, cmap="gist_ncar")
    masks.set_title("instances")
    for axis in (camera, depth, masks):
        axis.set_xticks([])
        axis.set_yticks([])
    _draw_heatmap(shard, frame, radar)


def _draw_heatmap(shard: Shard, frame: int, axis: plt.Axes) -> None:
    azimuth, distance = np.degrees(shard["radar/azimuth"]), shard["radar/range"]
    level = shard["radar/heatmap", frame].astype(float)
    mesh = axis.pcolormesh(azimuth, distance, level, vmin=HEATMAP_FLOOR_DB, cmap="viridis", rasterized=True)
    plt.colorbar(mesh, ax=axis, label="over thermal noise [dB]", shrink=0.8)
    for marker in markers(shard, frame):
        axis.plot(np.degrees(marker.azimuth), marker.range, "o", mfc="none", mec="red", ms=12)
    axis.set(xlabel="azimuth [deg]", ylabel="range [m]", title="radar")
