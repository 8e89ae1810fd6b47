"""What a reader of text would report of the scoreboard of a game without pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.scene.overlay import Graphic, words_on
from pipeline.tables import SCOREBOARD_TEXTS

_EVERY_S = 0.5
"""Time between two looks at the scoreboard, as `perceive` has it."""
_SURE, _UNSURE = (0.9, 1.0), (0.5, 0.95)
"""What the reader says of its right and wrong reads."""


class BoardNoise(BaseModel):
    """How well a scoreboard is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    board_share: float = Field(
        0.0, ge=0, le=1, description="share of the words on the scoreboard that are read at a look; 0: never"
    )
    board_wrong: float = Field(0.02, ge=0, le=1, description="share of reads of the scoreboard with a digit wrong")


class BoardReporter:
    """Looks at the scoreboard twice a second, while the game is shown."""

    def __init__(self, graphic: Graphic | None, noise: BoardNoise, fps: float, rng: np.random.Generator) -> None:
        """Start before the first look.

        Args:
            graphic: what lies over the picture; None for nothing.
            noise: how well it is read.
            fps: frames per second.
            rng: everything random.
        """
        self._graphic = graphic if noise.board_share > 0 else None
        self._noise, self._rng = noise, rng
        self._step = max(1, round(_EVERY_S * fps))

    def report(self, takes: Sequence[Take]) -> pd.DataFrame:
        """Report the words read in the next frames: rows of the table `scoreboard_texts`."""
        rows = [] if self._graphic is None else list(self._rows(self._graphic, takes))
        return pd.DataFrame(rows, columns=list(SCOREBOARD_TEXTS.names))

    def _rows(self, graphic: Graphic, takes: Sequence[Take]) -> Iterator[tuple[object, ...]]:
        for take in takes:
            if take.index % self._step or take.kind != "play":
                continue
            for number, ((left, top, right, below), text) in enumerate(words_on(graphic, take.moment.facts.board)):
                if self._rng.random() < self._noise.board_share:
                    place = (float(left), float(top), float(right - left), float(below - top))
                    yield (take.index, number, *place, *self._read(text))

    def _read(self, text: str) -> tuple[str, float]:
        """Give a word as it is read, and how sure the reader is."""
        digits = [k for k, letter in enumerate(text) if letter.isdigit()]
        if not digits or self._rng.random() >= self._noise.board_wrong:
            return text, float(self._rng.uniform(*_SURE))
        at = int(self._rng.choice(digits))
        return f"{text[:at]}{self._rng.integers(10)}{text[at + 1 :]}", float(self._rng.uniform(*_UNSURE))
