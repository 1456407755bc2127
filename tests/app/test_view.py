import base64
import io
import json
import re

import h5py
import numpy as np
import pytest
from PIL import Image

from raysim.app.view import page_data, write_page
from raysim.app.view_figures import MAX_POINTS, figure_constants, frame_figures, moving_echoes, range_doppler
from raysim.shards import open_shard
from tests.fixtures import tiny_csi, tiny_shard


@pytest.fixture(scope="module")
def shard_path(tmp_path_factory):
    return tiny_shard(tmp_path_factory.mktemp("view") / "0.h5", 3)


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def picture(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


def test_page_is_self_contained_and_holds_every_frame(shard_path, tmp_path):
    output = write_page(shard_path, tmp_path / "page.html")
    page = output.read_text()
    own = page.replace(re.search(r"<script>/\*\*.*?</script>", page, re.DOTALL)[0], "")  # all but plotly.js itself
    assert len(own) < len(page) - 1_000_000
    assert not re.search(r"https?://|<link|@import|<script[^>]+src", own)
    assert not re.search(r"\{\{\w+\}\}", own)
    data = data_of(page)
    assert [frame["index"] for frame in data["frames"]] == [0, 1, 2]
    assert "tiny, sequence 0" in page and "seed 0" in page
    assert list(tmp_path.iterdir()) == [output]


def test_full_size_page_of_fifteen_frames_stays_under_fifteen_megabytes(tmp_path):
    path = tiny_shard(tmp_path / "0.h5", 1, height=480, width=640, rows=480, columns=640)
    rng = np.random.default_rng(0)
    with h5py.File(path, "a") as raw:  # the worst pictures to compress: noise
        raw["radar/heatmap"][0] = rng.exponential(3, (480, 640)).astype(np.float16)
        raw["camera/rgb"][0] = np.clip(raw["camera/rgb"][0] + rng.normal(0, 12, (480, 640, 3)), 0, 255).astype(np.uint8)
    size = write_page(path, tmp_path / "page.html").stat().st_size
    with open_shard(path) as shard:
        frame = len(json.dumps(page_data(shard, [0])["frames"][0]))
    assert size + 14 * frame < 15e6


def test_maps_keep_their_levels_and_points_their_places(shard_path):
    with open_shard(shard_path) as shard:
        constants = figure_constants(shard, [0, 1, 2])
        frame = frame_figures(shard, 1, constants)
        heatmap, points, depth = shard["radar/heatmap", 1], shard["lidar/points", 1], shard["depth/z", 1]
        doppler = range_doppler(shard, 1)
    low, high = constants["heatmap"]["low"], constants["heatmap"]["high"]
    assert (low, high) == (-5.0, 30.0)
    assert np.abs(low + picture(frame["heatmap"]) / 255 * (high - low) - heatmap).max() <= (high - low) / 255
    assert picture(frame["doppler"]).shape == doppler.shape
    shown = picture(frame["depth"])
    assert ((shown == 0) == np.isinf(depth)).all()
    low, high = constants["depth"]["low"], constants["depth"]["high"]
    inside = (depth > low) & (depth < high)
    assert inside.sum() > 0.9 * np.isfinite(depth).sum()
    metres = low + (shown[inside] - 1.0) / 254 * (high - low)
    assert np.abs(metres - depth[inside]).max() <= (high - low) / 254
    x = np.frombuffer(base64.b64decode(frame["lidar"]["x"]), "<i2") * constants["lidar"]["step"]
    assert np.abs(x - points[:, 0]).max() <= 0.0051


def test_range_doppler_peaks_at_the_target_and_rests_at_the_noise(shard_path):
    with open_shard(shard_path) as shard:
        level = range_doppler(shard, 0)
        row, column = np.unravel_index(level.argmax(), level.shape)
        peak = shard["radar/power_range"][row], shard["radar/power_velocity"][column]
        truth = shard["radar/target/range"][0, 1], shard["radar/target/radial_velocity"][0, 1]
    assert np.abs(np.subtract(peak, truth)) == pytest.approx([0, 0], abs=1.0)
    assert np.median(level) == pytest.approx(0.0, abs=1e-4)  # one noise power a beam, relative to their sum


def test_static_echoes_are_left_out_of_the_moving_ones(tmp_path):
    path = tiny_shard(tmp_path / "0.h5", 1)
    with h5py.File(path, "a") as raw:
        noise = raw["radar/noise_power"][()]
        raw["radar/power"][0] = noise
        raw["radar/power"][0, 20, 3, 7:10] = 1e6 * noise  # -0.67, 0 and 0.67 m/s
        raw["radar/power"][0, 9, 5, 10] = 1e4 * noise  # 1.34 m/s
    with open_shard(path) as shard:
        level = moving_echoes(shard, 0)
    assert level.shape == (32, 16)
    assert level[20, 3] == pytest.approx(0, abs=1e-4)
    assert level[9, 5] == pytest.approx(10 * np.log10((1e4 + 12) / 13), abs=1e-4)  # one of 13 bins


def test_boxes_and_markers_are_those_of_the_labels(shard_path):
    with open_shard(shard_path) as shard:
        things = frame_figures(shard, 2, figure_constants(shard, [2]))["things"]
        full, centre = shard["instances/box_2d_visible", 2], shard["instances/box_centre", 2]
    assert [thing["name"] for thing in things] == ["target car", "parked car"]  # the ground gets no box
    assert [thing["target"] for thing in things] == [True, False]
    assert things[0]["box"] == full[1].tolist()
    corners = np.array(things[0]["corners"])
    assert corners.mean(0) == pytest.approx(centre[1], abs=0.01)
    assert np.ptp(corners, 0) == pytest.approx([4.5, 1.8, 1.5], abs=0.011)


def test_velocity_beyond_the_doppler_axis_is_marked_where_it_appears(tmp_path):
    path = tiny_shard(tmp_path / "0.h5", 1)
    with h5py.File(path, "a") as raw:
        raw["radar/target/radial_velocity"][0, 1] = 6.0  # the axis spans 16 x 0.67 m/s from -5.36 - 0.335
    with open_shard(path) as shard:
        thing = frame_figures(shard, 0, figure_constants(shard, [0]))["things"][0]
    assert thing["velocity"] == 6.0
    assert thing["velocity_seen"] == pytest.approx(6.0 - 16 * 0.67)


def test_long_sequences_and_dense_clouds_are_thinned(tmp_path):
    path = tiny_shard(tmp_path / "0.h5", 5, height=480, width=640)
    frames = data_of(write_page(path, tmp_path / "page.html", max_frames=3).read_text())["frames"]
    assert [frame["index"] for frame in frames] == [0, 2, 4]
    with open_shard(path) as shard:
        assert len(shard["lidar/points", 0]) > MAX_POINTS
    assert MAX_POINTS / 2 < len(base64.b64decode(frames[0]["lidar"]["category"])) <= MAX_POINTS


def test_text_from_the_file_cannot_leave_its_place(shard_path, tmp_path):
    path = tmp_path / "0.h5"
    path.write_bytes(shard_path.read_bytes())
    with h5py.File(path, "a") as raw:
        raw.attrs["scenario"] = "</script><b>{{data}}"
        raw["instances/name"][1] = "</script>"
    page = write_page(path, tmp_path / "page.html").read_text()
    assert "</script><b>" not in page
    assert data_of(page)["frames"][0]["things"][0]["name"] == "</script>"


def test_unreadable_input_writes_nothing(shard_path, tmp_path):
    cut, output = tmp_path / "cut.h5", tmp_path / "out" / "page.html"
    cut.write_bytes(shard_path.read_bytes()[:100_000])
    output.parent.mkdir()
    with pytest.raises(ValueError, match="truncated"):
        write_page(cut, output)
    with pytest.raises(ValueError, match=r"is a CSI file; give its shard, 0\.h5"):
        write_page(tiny_csi(tmp_path / "0.csi.h5"), output)
    with pytest.raises(FileNotFoundError):
        write_page(tmp_path / "none.h5", output)
    assert list(output.parent.iterdir()) == []
    with pytest.raises(OSError, match="nowhere"):
        write_page(shard_path, tmp_path / "nowhere" / "page.html")
