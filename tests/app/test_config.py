from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from raysim.app.config import resolve
from raysim.app.config_page import page

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("scenario", ["parking_lot"])
def test_every_default_is_visible_in_the_shipped_file(scenario):
    path = CONFIGS / f"{scenario}.yaml"
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(resolve(scenario, None, {}).to_yaml())
    assert resolve(None, path, {}) == resolve(scenario, None, {})


@pytest.mark.parametrize("scenario", ["parking_lot"])
def test_every_field_says_what_it_is(scenario):
    def walk(model):
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            if isinstance(value, BaseModel):
                walk(value)
            else:
                assert field.description, f"{type(model).__name__}.{name}"

    walk(resolve(scenario, None, {}))


def test_command_line_wins_over_the_file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("scenario: parking_lot\nscene: {frames: 4}\noutput: {csi: all}\n")
    config = resolve(None, path, {"scene": {"frames": 2}, "output": {"csi": None}})
    assert (config.scene.frames, config.output.csi) == (2, "all")


def test_configuration_page_is_up_to_date():
    assert (CONFIGS.parent / "docs" / "configuration.md").read_text() == page() + "\n"


def test_link_budget_and_element_must_agree():
    with pytest.raises(ValueError, match=r"must be the 0 dBi of trace.antenna isotropic, got 8"):
        resolve("parking_lot", None, {"trace": {"antenna": "isotropic"}})


def test_field_of_view_is_not_upside_down(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("trace: {launch: {elevation_min: 0.6}}\n")
    with pytest.raises(ValueError, match="elevation_min must lie under elevation_max"):
        resolve("parking_lot", path, {})


def test_leakage_is_not_counted_twice(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("trace: {leakage: {isolation_db: 60}}\nradar: {impairments: {isolation_db: 60}}\n")
    with pytest.raises(ValueError, match=r"either a path \(trace.leakage\) or radar.impairments"):
        resolve("parking_lot", path, {})
