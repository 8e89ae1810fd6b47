"""What every recipe of a training has; each method adds its own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.reid.data.settings import AnyData, PictureSettings
from models.strict import Seed, Strict


class LoopSettings(Strict):
    """What the loop does; methods with several phases have one of these for each."""

    epochs: int = Field(20, ge=1)
    check_every: int = Field(1, ge=1, description="epochs between two validations")
    patience: int | None = Field(None, ge=1, description="validations without improvement before stopping; null: never")
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


class Recipe(Strict):
    """What every recipe has; each method adds its own."""

    method: str
    seed: Seed = 0
    picture: PictureSettings = PictureSettings()
    data: AnyData
