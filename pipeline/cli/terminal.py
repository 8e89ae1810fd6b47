"""Text for people on any terminal: what a name holds is shown, never obeyed."""

from __future__ import annotations

import io
import os
import sys
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.text import Text

_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control characters, bytes of a file name that are no text, ends of lines."""
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs by which text is shown in another order than it stands."""


def printable(text: object) -> str:
    r"""Return text on one line in which what would steer a terminal, or cannot be written to one, is spelt out.

    Example:
        >>> print(printable("Bo\x1b[31m\nAnn é \udcff"))
        Bo\x1b[31m\x0aAnn é \udcff
    """
    return "".join(_spelt(sign) if _steers(sign) else sign for sign in str(text))


def cells(*texts: object) -> list[Text]:
    """Return the cells of a row of a table, shown as they are: brackets are no markup."""
    from rich.text import Text  # slow to import, like rich's console

    return [Text(printable(text)) for text in texts]


def print_text(text: object) -> None:
    """Print a path or another text on a line of its own."""
    typer.echo(printable(text))


def print_error(text: str) -> None:
    """Print a message as one line on stderr, which may be closed by now."""
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble(("error:", "bold red"), f" {printable(' '.join(text.split()))}")
    with suppress(OSError, ValueError):
        Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def print_note(text: str) -> None:
    """Print lines on stderr that are no error."""
    with suppress(OSError, ValueError):
        typer.echo("\n".join(printable(line) for line in text.splitlines()), err=True)


def show_all_text() -> None:
    """Let a terminal without Unicode show `?` for the signs that it lacks, where Python would end the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def leave_pipe() -> None:
    """Let nothing more be written to a pipe that nobody reads; Python would complain when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())


def _steers(sign: str) -> bool:
    return sign in _REORDERING or (not sign.isprintable() and unicodedata.category(sign) in _STEERING)


def _spelt(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
