"""Where compiled kernels are kept.

numba compiles a cached kernel anew when its own file changes, not when a function that it calls in another file does,
or a constant that it reads: after an edit or an update, kernels of the old physics would run on. So the cache lies in a
folder named by the content of all kernel sources and of the modules that they take constants from. The packages import
this before numba.
"""

import hashlib
import os
import re
from pathlib import Path

_PACKAGES = ("raysim", "blender_scenes", "radar_dsp")
_IMPORT = re.compile(rb"^from ([\w.]+) import (\([^)]*\)|.*)$", re.MULTILINE)
_CONSTANT = re.compile(rb"\b[A-Z][A-Z0-9_]+\b")


def use_fresh_kernels() -> None:
    """Point numba's cache to the folder of the present sources, unless the user has chosen one."""
    here = Path(__file__).resolve().parent
    if os.access(here, os.W_OK):  # else numba takes the user's own cache folder
        folder = here / "__pycache__" / f"kernels-{state_of(here.parent)[:12]}"
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))


def state_of(root: Path) -> str:
    """Digest of all that kernels of the packages under a folder are compiled from."""
    sources = {path: path.read_bytes() for package in _PACKAGES for path in sorted((root / package).rglob("*.py"))}
    kernels = {path for path, source in sources.items() if b"njit" in source or b"@kernel" in source}
    imports = (found for path in kernels for found in _IMPORT.findall(sources[path]))
    read = {root / (name.decode().replace(".", "/") + ".py") for name, what in imports if _CONSTANT.search(what)}
    state = hashlib.sha256()
    for path, source in sources.items():
        if path in kernels or path in read:
            state.update(source)
    return state.hexdigest()
