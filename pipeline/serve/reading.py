"""What a request says, read strictly: JSON and numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from pipeline.errors import CourtsideError

MOST_DIGITS = 15
"""Of a whole number; what has more is no pixel, frame or second."""
MOST_FIELDS = 20
"""Of a query."""
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,3})?")


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
    text = fields.get(name, "")
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not least <= value <= most:
        raise RequestError(f"{name}: expected a number from {least:g} to {most:g}")
    return value


def json_of(body: bytes) -> Any:
    """Read JSON that has finite numbers and no key twice.

    Raises:
        RequestError: it is no such JSON.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_finite,
            parse_float=_finite,
            parse_int=_whole,
        )
    except UnicodeDecodeError as error:
        raise RequestError("the request is no UTF-8") from error
    except RecursionError as error:
        raise RequestError("the request is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise RequestError(f"the request is no JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError("the request has a key twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise RequestError("the request has a number that is not finite")
    return value


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > MOST_DIGITS:
        raise RequestError(f"the request has a number of more than {MOST_DIGITS} digits")
    return int(text)
