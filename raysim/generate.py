"""Launcher of ``raysim generate``, standard library only, so that any Blender's own Python can run it.

``blender -b -P raysim/generate.py -- --scenario parking_lot`` replaces Blender by the project's Python,
which starts the same Blender again as its renderer. ``python raysim/generate.py --scenario parking_lot``
starts the application directly.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
APPLICATION = ["-c", "import sys; from raysim.app.cli import main; sys.argv[0] = 'raysim'; main()"]
NOT_INSTALLED = (
    "Error: raysim is not installed: run `make demo` (or `python3.11 -m venv .venv && .venv/bin/pip install -e .`) in "
    f"{CHECKOUT}, or set RAYSIM_PYTHON to a Python that has it"
)


def blender_binary() -> str:
    """Return the path of the Blender that runs this script; empty outside Blender and in the bpy wheel."""
    bpy = sys.modules.get("bpy")  # Blender has imported it before any script runs
    return bpy.app.binary_path if bpy else ""


def project_command() -> list[str] | None:
    """Find what starts the application: RAYSIM_PYTHON, the checkout's .venv, or `raysim` on the PATH.

    Returns
    -------
    list of str or None
        To be followed by ``generate`` and its options.
    """
    chosen = os.environ.get("RAYSIM_PYTHON")
    if chosen:
        return [shutil.which(chosen) or chosen, *APPLICATION]
    for python in (CHECKOUT / ".venv/bin/python", CHECKOUT / ".venv/Scripts/python.exe"):
        if python.is_file():
            return [str(python), *APPLICATION]
    installed = shutil.which("raysim")
    return [installed] if installed else None


def replace_process(command: list[str]) -> None:
    """Become another program; where the system cannot, run it and end with its status."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        os._exit(subprocess.call(command))
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"Error: cannot run {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(2)


def main() -> None:
    """Start ``raysim generate`` with the options given: after ``--`` inside Blender, all of them elsewhere."""
    binary = blender_binary()
    if binary:
        options = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
        options = ["--blender", binary, *options]
    else:
        options = sys.argv[1:]
        if importlib.util.find_spec("typer") and importlib.util.find_spec("embreex"):
            run_here(options)
    command = project_command()
    if command is None:
        print(NOT_INSTALLED, file=sys.stderr, flush=True)
        os._exit(2)  # sys.exit would leave it to Blender's flags whether the status gets through
    replace_process([*command, "generate", *options])


def run_here(options: list[str]) -> None:
    """Run the application in this Python, from this checkout."""
    # The script's own folder holds modules with common names (`scene`, `paths`): import from the checkout instead.
    sys.path[:] = [str(CHECKOUT)] + [p for p in sys.path if Path(p or ".").resolve() != CHECKOUT / "raysim"]
    from raysim.app.cli import main as application

    sys.argv = ["raysim", "generate", *options]
    application()


if __name__ == "__main__":
    main()
