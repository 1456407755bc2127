"""What docs/physics.md names is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PAGE = (CHECKOUT / "docs" / "physics.md").read_text()
NAMED = sorted(set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE)) - {"raysim.trace"})


@pytest.mark.parametrize("name", NAMED)
def test_functions_are_where_the_page_says(name):
    module, function = name.split(".")
    assert hasattr(import_module(f"raysim.{module}"), function)


def test_the_page_reaches_every_mechanism_and_every_link():
    assert len(NAMED) > 15
    mechanisms = "tubes hits images bistatic slab panels utd diffraction corner fringe weather_radio volume_clutter"
    for module in mechanisms.split():
        assert re.search(rf"`{module}(\.[a-z_]+)?`", PAGE), module
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", PAGE):
        assert (CHECKOUT / "docs" / target).exists(), target
