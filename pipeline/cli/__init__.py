"""The command line: options around files around the pipeline. Only this package prints."""

from __future__ import annotations

import io
import sys
from typing import Any

import typer

from pipeline.cli.commands import app
from pipeline.errors import CourtsideError

_INTERRUPTED = 130
_WRONG_USAGE = 2


def main() -> None:
    """Run the command line and leave with its exit code; an error that a user can mend is one line on stderr."""
    _show_all_text()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    arguments = arguments or ["--help"]
    try:
        code = typer.main.get_command(app).main(args=arguments, prog_name="courtside", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except CourtsideError as error:
        _print_error(f"[bold red]error:[/] {_escape(str(error))}")
        return error.exit_code
    except typer.TyperException as error:
        hint = f" (see courtside {' '.join(_command(arguments))}--help)"
        _print_error(f"[bold red]error:[/] {_escape(error.format_message())}{hint}")
        return _WRONG_USAGE
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _print_error("stopped; what was computed is kept: the same command goes on from there")
        return _INTERRUPTED


def _print_error(text: str) -> None:
    """Print one line on stderr."""
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True).print(text)


def _show_all_text() -> None:
    """Let a terminal without Unicode show `?` for the signs that it lacks, where Python would end the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _escape(text: str) -> str:
    """Keep brackets in a message from being read as markup, and the message on one line."""
    return " ".join(text.split()).replace("[", r"\[")


def _command(arguments: list[str]) -> list[str]:
    """Return the words of the command that was asked for, such as `train reid`, with a trailing empty word to join by."""
    command: Any = typer.main.get_command(app)
    words = []
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        words.append(word)
    return [*words, ""]
