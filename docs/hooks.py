"""Pages that mkdocs does not find in docs/: the reference, made from the code, and documents that lie elsewhere.

`REFERENCE` and `DOCUMENTS` name them; none is committed, so none can differ from what it describes.
"""

from __future__ import annotations

import itertools
import json
import posixpath
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]

DOCUMENTS = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    **{
        f"models/weights/{name}.md": f"model-cards/{name}.md"
        for name in ("detector", "encoder", "ball", "numbers", "court")
    },
}
"""Files of the repository -> pages of the site."""

_LINK = re.compile(r"(?P<text>\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^()\s#]+)(?P<anchor>#[^()\s]*)?\)")
_TYPES = {bool: "true or false", int: "whole number", float: "number", str: "text", type(None): "null"}
_BOUNDS = {
    annotated_types.Gt: (">", "gt"),
    annotated_types.Ge: ("≥", "ge"),
    annotated_types.Lt: ("<", "lt"),
    annotated_types.Le: ("≤", "le"),
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made here."""
    from mkdocs.structure.files import File

    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # the reference is of this checkout, whatever is installed
    for page, write in REFERENCE.items():
        files.append(File.generated(config, page, content=write()))
    for source, page in DOCUMENTS.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Let links lead to where documents are on the site."""
    return relinked(markdown, page.file.src_uri)


def relinked(markdown: str, page: str) -> str:
    """Return the text of a page with links between files of the repository as links between pages.

    What is on no page, such as a file of settings, is named without a link.

    Args:
        markdown: the text as it stands in the repository.
        page: where the page is on the site.

    Example:
        >>> relinked("[card](../../models/weights/encoder.md#data), [recipe](../../configs/numbers.yaml)", "guide/a.md")
        '[card](../model-cards/encoder.md#data), recipe'
    """
    sources = {there: source for source, there in DOCUMENTS.items()}
    folder = posixpath.dirname(sources.get(page, f"docs/{page}"))

    def moved(link: re.Match[str]) -> str:
        text, target, anchor = link["text"], link["target"], link["anchor"] or ""
        if ":" in target:
            return link.group()
        source = posixpath.normpath(posixpath.join(folder, target))
        new = DOCUMENTS.get(source, source.removeprefix("docs/") if source.startswith("docs/") else None)
        if new is None:
            return text[1:-1]
        return f"{text}({posixpath.relpath(new, posixpath.dirname(page) or '.')}{anchor})"

    return _LINK.sub(moved, markdown)


def python_reference() -> str:
    """Write the page of the public face; mkdocstrings fills it from the docstrings."""
    import courtside

    names = [name for name in courtside.__all__ if not name.startswith("__")]
    lines = ["# Python", "", "`import courtside` is all that a program needs.", ""]
    return "\n".join(lines + [f"::: courtside.{name}\n" for name in names])


def cli_reference() -> str:
    """Write the page of the command line: every command with its arguments and options."""
    lines = ["# Command line", "", "`courtside COMMAND --help` shows the same in the terminal.", ""]
    for path, command in commands():
        lines += [f"## {' '.join(path)} {{ #{'-'.join(path)} }}", "", _prose(command.help or ""), ""]
        context = command.context_class(command, info_name=path[-1])
        records = [parameter.get_help_record(context) for parameter in command.params]
        rows = [(f"`{name}`", _prose(meaning)) for name, meaning in filter(None, records)]
        if rows:
            lines += [*_table_of(("argument or option", "meaning"), rows), ""]
    return "\n".join(lines)


def commands() -> list[tuple[tuple[str, ...], Any]]:
    """List all commands of the application, groups left out, as (words, command)."""
    import typer

    from pipeline.cli.commands import app

    def walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        if not hasattr(command, "commands"):
            yield path, command
            return
        for name, sub in command.commands.items():
            yield from walk((*path, name), sub)

    return list(walk(("courtside",), typer.main.get_command(app)))


def settings_reference() -> str:
    """Write the page of the settings: every key with its type, bounds, default and meaning."""
    from pipeline.config import Settings

    lines = [
        "# Settings",
        "",
        "Keys of the YAML file that `--config` names, and attributes of `courtside.Settings`. `courtside settings` prints all of them as such a file.",
        "An unknown key or a value out of bounds is an error that names it.",
        "",
    ]
    for section, info in Settings.model_fields.items():
        model: Any = info.annotation
        lines += [f"## {section}", "", _prose(model.__doc__ or ""), ""]
        rows = [_setting_row(section, key, field) for key, field in model.model_fields.items()]
        lines += [*_table_of(("key", "type", "default", "meaning"), rows), ""]
    return "\n".join(lines)


def tables_reference() -> str:
    """Write the page of the tables: every column with its dtype, unit and meaning, and every key."""
    from pipeline.tables import ALL

    lines = [
        "# Tables",
        "",
        "Long tables, one per fact, in the order in which they are made. A key is unique together. Missing is an absent row or NaN, never 0 or -1; where a",
        "column may be missing says the last column. `frame` is the number of the decoded frame, px are those of the source frame, metres start at the far-left",
        "corner of the court. What the numbers per player and team mean in full: [how metres are made](../concepts/statistics.md).",
        "",
    ]
    for name, table in ALL.items():
        key = ", ".join(f"`{column}`" for column in table.key)
        lines += [f"## {name}", "", f"Key: {key}.", ""]
        rows = [
            (", ".join(f"`{column.name}`" for column in alike), *fact)
            for fact, alike in itertools.groupby(
                table.columns, lambda c: (c.dtype, c.unit, c.meaning, "yes" if c.nullable else "")
            )
        ]
        lines += [*_table_of(("column", "dtype", "unit", "meaning", "may be missing"), rows), ""]
    return "\n".join(lines)


REFERENCE: dict[str, Callable[[], str]] = {
    "reference/python.md": python_reference,
    "reference/cli.md": cli_reference,
    "reference/settings.md": settings_reference,
    "reference/tables.md": tables_reference,
}
"""Pages of the site -> what writes them."""


def _setting_row(section: str, key: str, field: FieldInfo) -> tuple[str, str, str, str]:
    """Describe a key of a section."""
    shown = "required" if field.default is PydanticUndefined else f"`{json.dumps(field.default)}`"
    return f"`{section}.{key}`", type_text(field.annotation, field.metadata), shown, field.description or ""


def type_text(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """Say in words what values a key takes.

    Args:
        annotation: the type.
        metadata: bounds that stand beside it.

    Example:
        >>> type_text(float | None, [annotated_types.Gt(0)])
        'number > 0, or null'
    """
    bounds = " and ".join(
        f"{sign} {getattr(bound, attribute):g}"
        for bound in metadata
        for kind, (sign, attribute) in _BOUNDS.items()
        if isinstance(bound, kind)
    )
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        notes = [note for item in inner[1:] for note in (item.metadata if isinstance(item, FieldInfo) else [item])]
        return type_text(inner[0], notes)
    if origin in (Union, types.UnionType):
        return ", or ".join(type_text(part, metadata if part in (int, float) else ()) for part in inner)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        return f"list of: {type_text(inner[0])}"
    return f"{_TYPES[annotation]} {bounds}".strip()


def _prose(text: str) -> str:
    """Return a help text or docstring in paragraphs without its line breaks, the documents that it names as links."""
    text = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()
    return re.sub(r"docs/([\w/-]+\.md)", r"[\1](../\1)", text)


def _table_of(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Lay rows out as a Markdown table."""

    def line(cells: tuple[str, ...]) -> str:
        escaped = (re.sub(r"(`[^`]*`)|\|", lambda found: found[1] or r"\|", cell) for cell in cells)
        return "| " + " | ".join(" ".join(cell.split()) for cell in escaped) + " |"

    return [line(heads), line(("---",) * len(heads)), *map(line, rows)]
