"""docs/signal-processing.md says what the code does: its tables, and its proof of the misprints."""

import contextlib
import io
import itertools
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from radar_dsp.cli import app
from radar_dsp.levels import window_table
from radar_dsp.ofdm import RadarConfig
from radar_dsp.presets import PRESETS
from raysim.app.config import resolve
from tests.radar_dsp.command import good_files
from tests.radar_dsp.command import run as command_line

PAGE = Path(__file__).parents[2] / "docs" / "signal-processing.md"


def preset_table() -> str:
    lines = [
        "| preset | subcarriers | symbols | range cell, unambiguous, prefix [m] | Doppler cell, unambiguous [m/s] |",
        "|---|---|---|---|---|",
    ]
    for name in PRESETS:
        config = RadarConfig(preset=name)
        width = config.bandwidth / 1e6
        lines.append(
            f"| `{name}` | {config.num_subcarriers} x {config.comb} x {config.subcarrier_spacing / 1e3:g} kHz = "
            f"{width:.0f} MHz | {config.num_symbols} | {config.range_resolution:.3f}, {config.unambiguous_range:.0f}, "
            f"{config.cyclic_prefix_range:.0f} | {config.velocity_resolution:.3f}, "
            f"+-{config.unambiguous_velocity:.1f} |"
        )
    return "\n".join(lines)


def program(page: str) -> str:
    return re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)


def run(source: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(source, str(PAGE), "exec"), {})
    return shown.getvalue()


def test_a_preset_is_laid_under_the_fields_of_a_configuration(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("scenario: parking_lot\nradar: {preset: fine-doppler, comb: 2}\n")
    radar = resolve(None, path, {}).radar
    assert (radar.num_symbols, radar.comb, radar.timing) == (64, 2, "equidistant")
    path.write_text("scenario: parking_lot\nradar: {preset: wifi}\n")
    with pytest.raises(ValueError, match=r"preset must be one of maxray, fine-doppler, .* got 'wifi'"):
        resolve(None, path, {})


def test_tables_are_what_the_code_gives():
    page = PAGE.read_text()
    assert window_table() in page
    assert preset_table() in page


def test_the_proof_of_the_misprints_prints_what_the_page_shows():
    page = PAGE.read_text()
    output = run(program(page))
    assert output == re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1)
    found = re.findall(r"([\d.]+) m +([+-][\d.]+) m/s", output)
    true, used, printed, forward, sign, summed = np.array(found, float)
    cells = np.array([78.07 / 64, 0.8365])  # c / 2 N df and lambda / 2 M T
    assert (np.abs(used - true) <= cells / 2 + 0.05).all()
    for wrong in (printed, forward, sign, summed):
        assert (np.abs(wrong - true) > 2 * cells).any()
    assert forward[0] + true[0] == sign[0] + true[0]
    assert abs(sign[0] + true[0] - 78.07) <= cells[0]  # mirrored in range
    assert "true cell over the product's: 0.0\n" in output
    assert "swap Dopplers: 0.0\n" in output


def commands(text: str) -> list[str]:
    lines = [line.split("  #")[0].strip() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
             for line in block.splitlines()]  # fmt: skip
    return [line for line in lines if line]


def test_every_command_of_the_page_runs(tmp_path, capsys, monkeypatch):
    good_files(tmp_path)
    for name, on_page in (("shard.h5", "lot.h5"), ("csi.h5", "lot.csi.h5"), ("bare.npz", "measured.npz")):
        (tmp_path / name).rename(tmp_path / on_page)
    with h5py.File(tmp_path / "lot.h5", "r+") as file:
        file.attrs["config"] = "trace: {antenna: tr38901}\nradar: {num_symbols: 16}\n"
    monkeypatch.chdir(tmp_path)
    lines = commands(PAGE.read_text())
    every = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {line.split()[1] for line in lines} == every | {"import"}
    for line in lines:
        program, *arguments = line.split()
        status, out, err = command_line(capsys, monkeypatch, *arguments)
        assert program == "radar-dsp" and (status, err) == (0, ""), line
        for output in [b for a, b in itertools.pairwise(arguments) if a == "-o"]:
            assert (tmp_path / output).stat().st_size > 0 and f"wrote {output}" in out
