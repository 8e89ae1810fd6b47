"""What the page asks to be changed, read strictly: what is accepted can be carried out later, by another process too."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.review.correcting import Correcting
from pipeline.review.edits import edits_of, whole
from pipeline.serve import RequestError

LONGEST_ROSTER = 200_000
"""Characters."""
WORDS: Mapping[str, str] = {
    "edit": "correcting",
    "undo": "undoing",
    "redo": "redoing",
    "roster": "using the roster",
}
"""What is being done while a request of a kind is carried out."""
CarryOut = Callable[[Correcting], dict[str, Any]]


def requested(kind: Any, data: Any) -> CarryOut:
    """Read a request.

    Args:
        kind: of `WORDS`.
        data: as the page sends it.

    Returns:
        What carries it out, and returns what changed.

    Raises:
        RequestError: it is not what it should be.
    """
    if not isinstance(kind, str) or kind not in WORDS:
        raise RequestError("this is no correction that can be read; look whether it is needed, and repeat it")
    fields = fields_of(data)
    if kind == "edit":
        return _edit(fields)
    if kind == "roster":
        return _roster(fields)
    step = None if fields.get("step") is None else whole(fields, "step")
    if kind == "undo":
        return lambda correcting: correcting.undo(step)
    return lambda correcting: correcting.redo(step)


def fields_of(data: Any) -> Mapping[str, Any]:
    """Read an object.

    Raises:
        RequestError: it is none.
    """
    if not isinstance(data, dict):
        raise RequestError("expected an object")
    return data


def _edit(fields: Mapping[str, Any]) -> CarryOut:
    """Read one step of corrections."""
    edits, revision = edits_of(fields.get("edits")), fields.get("revision")
    if not isinstance(revision, str):
        raise RequestError("revision: expected that of the game that was seen")
    return lambda correcting: correcting.correct(edits, revision)


def _roster(fields: Mapping[str, Any]) -> CarryOut:
    """Read the text of a roster."""
    text = fields.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_ROSTER:
        raise RequestError(f"text: expected a roster of at most {LONGEST_ROSTER} characters")

    def given(correcting: Correcting) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "roster.csv"
            file.write_text(text, encoding="utf-8")
            return correcting.give_roster(file)

    return given
