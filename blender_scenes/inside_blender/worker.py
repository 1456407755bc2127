"""The render worker: reads commands from stdin, answers on stdout, ends when stdin ends.

Started as ``blender -b --factory-startup --python-exit-code 1 -P worker.py`` or, where `bpy` is installed,
as ``python worker.py``.
"""

import os
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent


def take_over_pipes():
    """Return the binary streams of the protocol; whatever Blender prints goes to stderr from now on."""
    commands = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return commands, answers


def main():
    """Serve commands until the other side closes the pipe."""
    commands, answers = take_over_pipes()
    # The package's parent goes last, so that none of its modules can hide one of Blender's.
    sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE] + [str(HERE.parent)]
    from inside_blender import commands as table
    from inside_blender.messages import read_message, write_message

    write_message(answers, table.hello())
    while True:
        try:
            header, arrays = read_message(commands)
        except EOFError:
            return
        try:
            answer, out = table.COMMANDS[header.pop("command")](header, arrays)
        except Exception as error:  # whatever went wrong belongs to the caller; the worker lives on
            traceback.print_exc()
            answer, out = {"error": f"{type(error).__name__}: {error}".strip()}, {}
        write_message(answers, answer, out)


if __name__ == "__main__":
    status = 1
    try:
        main()
        status = 0
    except BrokenPipeError:
        pass  # the parent is gone
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # the bpy wheel may crash while the interpreter tears down
