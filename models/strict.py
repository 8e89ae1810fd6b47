"""The base of all settings of the learning wing: strict and frozen."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_NUMBER = 2**32 - 1
"""Numbers of recipes, of either sign; generators of random numbers take no larger seed."""

Seed = Annotated[int, Field(ge=0, le=MAX_NUMBER)]


class Strict(BaseModel):
    """Settings that refuse unknown keys and numbers out of all bounds, and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        if any(abs(number) > MAX_NUMBER for number in _numbers_in(value)):
            raise ValueError(f"Numbers should lie within {MAX_NUMBER} of 0")
        return value


def _numbers_in(value: Any) -> Iterator[int | float]:
    """Find the numbers of a field."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers_in(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _numbers_in(part)
