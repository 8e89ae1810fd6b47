"""What every section of the settings is, and those of the game; `pipeline.config` has the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Keys of known types and bounds: numbers are finite numbers, not texts that look like some."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, strict=True, allow_inf_nan=False)


class ScoreboardSettings(Section):
    """The scoreboard over the picture."""

    read: bool = Field(True, description="read it, if there is one and the extra 'scoreboard' is installed")
    box_px: (
        tuple[
            Annotated[int, Field(ge=0, le=16_384)],
            Annotated[int, Field(ge=0, le=16_384)],
            Annotated[int, Field(ge=8, le=16_384)],
            Annotated[int, Field(ge=8, le=16_384)],
        ]
        | None
    ) = Field(
        None, strict=False, description="where it is: x, y, width, height in px of the video; null: it is looked for"
    )


class BallSettings(Section):
    """The ball, and what is done with it."""

    follow: bool = Field(True, description="follow the ball: possession, passes, shots, rebounds, box score")
    weights: Annotated[str, Field(max_length=4096)] | None = Field(
        "builtin",
        description="'builtin' or a .safetensors file of the ball head, which goes on from the built-in detector; null: the detector's balls alone; it runs only where the ball is followed",
    )
    min_score: float = Field(0.2, gt=0, lt=1, description="balls of the ball head below are dropped")

    @property
    def head_weights(self) -> str | None:
        """Weights of the ball head; None where it is not run."""
        return self.weights if self.follow else None
