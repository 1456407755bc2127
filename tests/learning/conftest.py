import pytest

from tests.learning.world import write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Six sequences of two frames."""
    return write_world(tmp_path_factory.mktemp("world"), 6, 2, seed=5)
