import pytest

from raysim.kernel_cache import state_of

SOURCES = {
    "kernels.py": "from raysim.numbers import (\n    MARGIN,\n)\nfrom raysim.other import plan\n@njit\n",
    "numbers.py": "MARGIN = 1.0\n",
    "other.py": "def plan(): return 1\n",
}


@pytest.mark.parametrize(
    ("name", "changes"), [("kernels.py", True), ("numbers.py", True), ("other.py", False)], ids=list(SOURCES)
)
def test_kernels_are_compiled_anew_where_their_code_or_constants_change(tmp_path, name, changes):
    (tmp_path / "raysim").mkdir()
    for file, source in SOURCES.items():
        (tmp_path / "raysim" / file).write_text(source)
    before = state_of(tmp_path)
    (tmp_path / "raysim" / name).write_text(SOURCES[name].replace("1", "2") + "# edited\n")
    assert (state_of(tmp_path) != before) == changes
