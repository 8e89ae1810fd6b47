"""The base of all settings of the learning wing: strict and frozen."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Settings that refuse unknown keys and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
