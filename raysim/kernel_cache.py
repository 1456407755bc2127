"""Where compiled kernels are kept.

numba compiles a cached kernel anew when its own file changes, not when a function that it calls in another file does:
after an edit or an update, kernels of the old physics would run on. So the cache lies in a folder named by the content
of all kernel sources. The packages import this before numba.
"""

import hashlib
import os
from pathlib import Path

_PACKAGES = ("raysim", "blender_scenes", "radar_dsp")


def use_fresh_kernels() -> None:
    """Point numba's cache to the folder of the present sources, unless the user has chosen one."""
    here = Path(__file__).resolve().parent
    state = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((here.parent / package).rglob("*.py")):
            source = path.read_bytes()
            if b"njit" in source or b"@kernel" in source:
                state.update(source)
    if os.access(here, os.W_OK):  # else numba takes the user's own cache folder
        folder = here / "__pycache__" / f"kernels-{state.hexdigest()[:12]}"
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
