"""The command line: options around files around the pipeline. Only this package prints."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

import typer

from pipeline.cli.commands import app
from pipeline.cli.stopping import Stopped, stoppable, what_is_kept
from pipeline.cli.terminal import leave_pipe, print_error, print_note, show_all_text
from pipeline.errors import explained

DEBUG = "--debug"
DEBUG_VARIABLE = "COURTSIDE_DEBUG"
"""Environment variable; set and not empty, it does what `--debug` does."""
_NOBODY_READS = 141
"""What a shell reports of a program that writes to a pipe which nobody reads."""
_WRONG_USAGE = 2


def main() -> None:
    """Run the command line and leave with its exit code; whatever goes wrong is one line on stderr."""
    show_all_text()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        leave_pipe()
        code = code or _NOBODY_READS
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code.

    This is the border of the program: whatever is raised inside ends here, as one line that says what, where and what to do.
    """
    debug = DEBUG in arguments or bool(os.environ.get(DEBUG_VARIABLE))
    arguments = [word for word in arguments if word != DEBUG] or ["--help"]
    try:
        with stoppable():
            code = typer.main.get_command(app).main(args=arguments, prog_name="courtside", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except Stopped as stop:
        _show_traceback(debug)
        print_note(f"stopped; {what_is_kept(' '.join(_command(arguments)), arguments)}")
        return stop.exit_code
    except typer.TyperException as error:
        words = "".join(f"{word} " for word in _command(arguments))
        print_error(f"{error.format_message()} (see courtside {words}--help)")
        return _WRONG_USAGE
    except (BrokenPipeError, SystemExit) as leaving:
        return _left(leaving)
    except Exception as error:  # noqa: BLE001  (the border: nothing below it may end in a traceback)
        _show_traceback(debug)
        problem = explained(_raised(error))
        print_error(str(problem))
        return problem.exit_code


def _left(leaving: BrokenPipeError | SystemExit) -> int:
    """Return the exit code of a command that nobody listens to any more, or that a library ended."""
    if isinstance(leaving, BrokenPipeError) or isinstance(leaving.__context__, BrokenPipeError):
        leave_pipe()
        return _NOBODY_READS
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    print_error(leaving.code)
    return 1


def _raised(error: Exception) -> Exception:
    """Return what was raised where typer has put something else in its place."""
    cause = error.__cause__
    return cause if isinstance(error, typer.Abort) and isinstance(cause, Exception) else error


def _show_traceback(wanted: bool) -> None:
    """Print where the exception at hand was raised."""
    if wanted:
        print_note(traceback.format_exc())


def _command(arguments: list[str]) -> list[str]:
    """Return the words of the command that was asked for, such as `train reid`."""
    command: Any = typer.main.get_command(app)
    words = []
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        words.append(word)
    return words
