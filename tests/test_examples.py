"""Every example runs in an empty folder, makes its picture and prints what it claims."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
MOST_SECONDS = 20


def run(name, folder) -> str:
    """Output of an example; fails unless it leaves exactly its picture, with something on it."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = now.ru_utime + now.ru_stime - spent.ru_utime - spent.ru_stime
    print(f"{name}: {seconds:.1f} s of processor, asked for {MOST_SECONDS} s once compiled\n{done.stdout}")
    assert [path.name for path in folder.iterdir()] == [f"{name}.png"]
    with Image.open(folder / f"{name}.png") as picture:
        assert min(picture.size) >= 400
        assert np.asarray(picture.convert("L")).std() > 10
    return done.stdout


def numbers(text, pattern) -> np.ndarray:
    return np.array([float(x) for x in re.findall(pattern, text)])


def test_a_hidden_car_is_found_in_the_wall_across_the_street_and_around_the_edge(tmp_path):
    said = run("hidden_car", tmp_path)
    assert "reach the car straight: 0" in said
    assert numbers(said, r"unfolded, ([\d.]+) m")[0] < 3.0  # half the car's length and width: the radar sees its skin
    assert -3.0 < numbers(said, r"behind it, ([+-][\d.]+) m")[0] < -1.5  # so does the wave round the edge
    mirrored, bent, mixed = numbers(said, r"(-[\d.]+) dB")
    assert -50 < bent - mirrored < -25
    assert mixed == pytest.approx((mirrored + bent) / 2, abs=10)  # each way is one of theirs


def test_wheels_echo_up_to_twice_the_speed(tmp_path):
    said = run("micro_doppler", tmp_path)
    low, high = numbers(said, r"from (-?[\d.]+)")[0], numbers(said, r"to ([\d.]+) m/s")[0]
    assert -0.1 < low < 0.5
    assert 8.4 < high < 9.0  # 2 x 4.5 m/s, seen a little aslant


def test_two_rays_over_a_ground_follow_the_closed_form(tmp_path):
    said = run("two_ray_ground", tmp_path)
    assert numbers(said, r"largest error ([\d.e+-]+) dB over 100")[0] < 1e-3  # 30 dB deep nulls and all


@pytest.mark.slow
def test_corner_reflectors_come_out_of_the_whole_chain_as_they_went_in(tmp_path):
    said = run("corner_reflector", tmp_path)
    true, measured = numbers(said, r"([+-][\d.]+) dBsm, side"), numbers(said, r"measured +([+-][\d.]+) dBsm")
    assert len(true) == 6
    assert np.abs(measured - true).max() < 1.0  # sidelobes of the single faces at the smallest
    assert np.abs(measured - true)[2:].max() < 0.4
    assert np.abs(numbers(said, r"range ([+-][\d.]+) m")).max() < 0.01


@pytest.mark.slow
def test_a_car_is_brightest_from_its_four_sides(tmp_path):
    said = run("car_rcs", tmp_path)
    front, side, rear = numbers(said, r": (-?[\d.]+) dBsm")
    assert 10 < min(front, side, rear) and max(front, side, rear) < 30


def test_people_and_cyclists_are_drawn(tmp_path):
    said = run("people_and_cyclists", tmp_path)
    assert numbers(said, r"(\d+) rigid parts").tolist() == [14, 12]


@pytest.mark.slow
def test_legs_swing_at_three_times_the_speed_and_wheels_at_twice(tmp_path):
    said = run("walking_person", tmp_path)
    walker, cyclist = numbers(said, r"mean ([\d.]+) m/s")
    assert walker == pytest.approx(1.4, abs=0.1)
    assert cyclist == pytest.approx(3.8, abs=0.1)
    walker, cyclist = numbers(said, r"([\d.]+) times the speed")
    assert 3.0 < walker < 4.5  # ankles three times, tips of shoes four
    assert cyclist == pytest.approx(2.0, abs=0.1)


def test_every_example_is_tested():
    tested = set(re.findall(r'run\("(\w+)"', Path(__file__).read_text()))
    assert tested == {path.stem for path in EXAMPLES.glob("*.py")}
