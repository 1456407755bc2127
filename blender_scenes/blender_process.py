"""One Blender process: found, started, asked, ended."""

import functools
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from blender_scenes.inside_blender.messages import read_message, skip_noise, write_message

WORKER = Path(__file__).parent / "inside_blender" / "worker.py"
START_TIMEOUT = 120.0  # [s] a cold disk needs tens of seconds to bring up Blender
CALL_TIMEOUT = 1800.0  # [s] far beyond the slowest frame: only a hang takes longer
MAX_BANNER = 1 << 20  # [bytes] that Blender may print before the worker answers
_log = logging.getLogger(__name__)


class BlenderCrash(OSError):
    """The Blender process ended, hung or wrote rubbish."""


def find_blender(command: str | None) -> list[str] | None:
    """Find a Blender to render with.

    Parameters
    ----------
    command : str or None
        Path or name of a Blender program; None = the bpy wheel of this Python, where installed.

    Returns
    -------
    list of str or None
        What starts the render worker; None where there is no Blender.

    Raises
    ------
    ValueError
        If `command` is missing or not a Blender.
    """
    if command is not None:
        return [_checked(command), "-b", "--factory-startup", "--python-exit-code", "1", "-P", str(WORKER)]
    # Found, not imported: bpy takes a second to load and must not live in this process.
    return [sys.executable, str(WORKER)] if importlib.util.find_spec("bpy") else None


@functools.cache
def _checked(command: str) -> str:
    path = shutil.which(str(Path(command).expanduser()))
    if path is None:
        raise ValueError(f"Blender {command!r} does not exist or is not executable; give the path of a Blender program")
    try:
        shown = subprocess.run([path, "-b", "--version"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        banner = shown.stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"{command!r} is not a Blender that runs: {error}") from error
    # Some builds print warnings of their libraries before the version.
    if shown.returncode or not any(line.startswith("Blender ") for line in banner.splitlines()):
        said = (banner + shown.stderr.decode(errors="replace")).strip().splitlines()[-1:] or ["nothing"]
        raise ValueError(
            f"{command!r} is not a Blender that runs: --version gave exit status {shown.returncode}, {said[0]!r}"
        )
    return path


class BlenderProcess:
    """A running worker: arrays and JSON in, arrays and JSON out.

    Parameters
    ----------
    command : list of str
        From `find_blender`.

    Raises
    ------
    BlenderCrash
        If it does not come up.
    """

    def __init__(self, command: list[str]):
        self.command = command
        self._noise = tempfile.TemporaryFile()
        # A session of its own: Ctrl-C reaches the project only, whose end closes the pipe, which ends the worker.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._noise, start_new_session=True
        )
        self.greeting = self._exchange(None, START_TIMEOUT)[0]

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def ask(
        self, command: str, header: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Send a command and wait for its answer.

        Parameters
        ----------
        command : str
            One of ``load``, ``render``, ``mask``, ``save``, ``read``.
        header : dict
            JSON-ready arguments.
        arrays : dict of str to ndarray
            float32, float64, int32 or uint8.

        Returns
        -------
        header : dict
        arrays : dict of str to (n,) ndarray

        Raises
        ------
        BlenderCrash
            If the process ended or wrote rubbish.
        RuntimeError
            If the command failed inside Blender, which lives on.
        """
        raw = {name: (a.dtype.char, np.ascontiguousarray(a).reshape(-1)) for name, a in arrays.items()}
        answer, out = self._exchange(({**header, "command": command}, raw), CALL_TIMEOUT)
        if "error" in answer:
            raise RuntimeError(f"Blender could not {command}: {answer['error']}")
        return answer, {name: np.frombuffer(data, code) for name, (code, data) in out.items()}

    def _exchange(self, message, timeout: float):
        """Send a message (None: await the greeting) and read the answer; a hang is killed and so becomes a crash."""
        pipe_in, pipe_out = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        watchdog = threading.Timer(timeout, self._process.kill)
        watchdog.start()
        try:
            if message is not None:
                write_message(pipe_in, *message)
            else:
                skip_noise(pipe_out, MAX_BANNER)
            return read_message(pipe_out, mark_read=message is None)
        except (EOFError, OSError, ValueError) as error:
            what = "did not start" if message is None else f"crashed during {message[0]['command']!r}"
            self._process.kill()
            status = self._process.wait()
            last = self.last_words()
            self.close()
            raise BlenderCrash(f"Blender {self.command[0]!r} {what} (exit status {status}): {last or error}") from error
        except BaseException:
            self._process.kill()  # interrupted half-way: the answer to come would be taken for the next one's
            raise
        finally:
            watchdog.cancel()

    def last_words(self, lines: int = 3) -> str:
        """Return the last lines that Blender wrote to stderr, in one line."""
        size = self._noise.seek(0, os.SEEK_END)
        self._noise.seek(max(0, size - 4096))
        text = self._noise.read().decode(errors="replace").split("\n")
        return " | ".join([line.strip() for line in text if line.strip()][-lines:])

    def close(self) -> None:
        """End the process: an orderly end of its input, then force."""
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                cast(BinaryIO, pipe).close()
            except OSError:
                pass  # a dead process leaves a broken pipe behind
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._noise.close()
