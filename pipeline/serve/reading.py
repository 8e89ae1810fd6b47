"""What a request says, read strictly: JSON and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from pipeline.errors import CourtsideError
from pipeline.untrusted import parse_json, parse_number

MOST_FIELDS = 20
"""Of a query."""


class RequestError(CourtsideError):
    """A request that is refused, with the status of HTTP that says why."""

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON."""

    body: bytes
    kind: str
    """MIME type."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileContent:
    """An answer that is a file, of which a browser may ask for a range of bytes."""

    path: Path
    kind: str
    """MIME type."""


def query_of(text: bytes) -> dict[str, str]:
    """Read the query of an address.

    Raises:
        RequestError: it is no UTF-8, has many fields, or one twice.
    """
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestError("the query cannot be read") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise RequestError("a field of the query is given twice")
    return fields


def number(fields: Mapping[str, str], name: str, least: float, most: float) -> float:
    """Read a number from a query.

    Args:
        fields: the query.
        name: which field.
        least: the smallest number allowed.
        most: the largest.

    Raises:
        RequestError: it is missing, no number, or not within the bounds.
    """
    value = parse_number(fields.get(name, ""))
    if value is None or not least <= value <= most:
        raise RequestError(f"{name}: expected a number from {least:g} to {most:g}")
    return value


def json_of(body: bytes) -> Any:
    """Read the JSON of a request as `parse_json` does; its length is bounded before.

    Raises:
        RequestError: it is no such JSON.
    """
    try:
        return parse_json(body.decode("utf-8"), len(body))
    except ValueError as error:
        raise RequestError(f"the request is no JSON that is read here: {error}") from error
