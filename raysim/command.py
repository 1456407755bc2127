"""How every command of the project ends: status 0, or one ``Error: ...`` line and status 2."""

import sys
from collections.abc import Sequence

import typer

BAD_INPUT = 2
INTERRUPTED = 130


def run(app: typer.Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and turn what a user can cause into one line.

    Parameters
    ----------
    app : typer.Typer
    name : str
        As the help shows it.
    arguments : sequence of str, optional
        Default: the process's own.

    Returns
    -------
    int
        Exit status: 0; 2 after an error, whose last line on stderr says what, where and what is allowed;
        130 when interrupted.
    """
    command = typer.main.get_command(app)
    try:
        # an explicit typer.Exit comes back as a number, the return value of a command as it is
        status = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except (ValueError, OSError, RuntimeError, ImportError, MemoryError) as error:
        return _fail(_message(error), BAD_INPUT)
    except Exception as error:
        if not hasattr(error, "format_message"):  # not the command line's own complaint: a defect, show it whole
            raise
        return _fail(error.format_message(), BAD_INPUT)
    if status == INTERRUPTED:  # how typer ends after Ctrl-C, without a word
        return _fail("interrupted", INTERRUPTED)
    return status if isinstance(status, int) else 0


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return " ".join(f"not enough memory: {error}".split())
    return " ".join(str(error).split())


def _fail(message: str, status: int) -> int:
    sys.stdout.flush()
    print(f"Error: {message}", file=sys.stderr, flush=True)
    return status
