"""What a detector and a reader of jersey numbers would report of known people.

A number is found in spells: while its wearer shows chest or back to the camera. A read is a noisy look at the true
text: for one place with k possible digits the reader gets s e + z, with e the unit vector of the true digit, z standard
normal and s the clarity; the probabilities it reports are those that follow by Bayes' rule, proportional to
exp(s (s e + z)), and so are calibrated. Most of z stays the same through a spell, as blur and folds do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.numbers.texts import ONES, TENS, index_of
from pipeline.rendering.people.appearance import CastMember
from pipeline.tables import READ_COLUMNS

Array = NDArray[np.float64]

_LASTING = 0.8
"""Share of the noise of a read that lasts through a spell."""
_LEAST_VISIBLE = 0.6
_FULL_HEIGHT_PX = 150.0
"""A person this tall or taller is read with full clarity."""
_PLACE = (0.3, 0.18, 0.7, 0.34)
"""The number's box within the person's, as shares."""


class ReadingNoise(BaseModel):
    """How well numbers are found and read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    number_share: float = Field(
        0.0, ge=0, lt=1, description="share of time in plain view that a number is found; 0: never, 0.45: NBA broadcast"
    )
    number_s: float = Field(1.0, ge=0.001, le=3600, description="mean length of a spell in which a number is found")
    number_clarity: float = Field(
        4.0, ge=0, le=1000, description="mean clarity of a spell; at 4 three of four reads are right, at 2 one of three"
    )
    number_stray: float = Field(0.02, ge=0, le=1, description="share of spells that show somebody else's number")


@dataclass(frozen=True)
class NumberBoxes:
    """Number boxes, in the order of the people's boxes they lie on."""

    source: NDArray[np.int64]
    """(k,) row of the person's box."""
    box: Array
    """(k, 4) px."""
    reads: Array
    """(k, 23) the columns `READ_COLUMNS`."""


class NumberReporter:
    """Finds and reads numbers; keeps the memory of the spells."""

    def __init__(self, people: list[CastMember], noise: ReadingNoise, fps: float, rng: np.random.Generator) -> None:
        """Start with nobody's number in view.

        Args:
            people: everybody of the game.
            noise: how well numbers are found and read.
            fps: frames per second.
            rng: everything random.
        """
        self.noise, self.rng = noise, rng
        self.text = np.array([-1 if person.number is None else index_of(person.number) for person in people])
        self.end = 1 - np.exp(-1 / (fps * noise.number_s))
        self.shown = np.zeros(len(people), dtype=np.bool_)
        self.clarity = np.zeros(len(people))
        self.said = self.text.copy()
        self.lasting = np.zeros((len(people), 21))

    def report(self, frame: NDArray[np.int64], person: NDArray[np.int64], box: Array, visible: Array) -> NumberBoxes:
        """Report the numbers of the next frames.

        Args:
            frame: (n,) not falling.
            person: (n,) who is seen.
            box: (n, 4) of the person, px.
            visible: (n,) share of him that is.
        """
        rows, reads = [np.zeros(0, dtype=np.int64)], [np.zeros((0, len(READ_COLUMNS)))]
        if self.noise.number_share > 0:
            for first, last in _runs(frame):
                here = np.arange(first, last)
                self._turn()
                seen = self.shown[person[here]] & (visible[here] >= _LEAST_VISIBLE)
                here = here[seen & (self.said[person[here]] >= 0)]
                rows.append(here)
                reads.append(self._read(person[here], box[here]))
        source = np.concatenate(rows)
        wide_tall = np.tile(box[source, 2:] - box[source, :2], 2)
        return NumberBoxes(source, np.tile(box[source, :2], 2) + wide_tall * _PLACE, np.concatenate(reads))

    def _turn(self) -> None:
        """Let spells end and begin."""
        share, draw = self.noise.number_share, self.rng.random(len(self.shown))
        begins = ~self.shown & (draw < self.end * share / (1 - share))
        self.shown = np.where(self.shown, draw > self.end, begins)
        new = np.flatnonzero(begins)
        self.clarity[new] = self.rng.gamma(4.0, self.noise.number_clarity / 4.0, len(new))
        self.lasting[new] = self.rng.normal(size=(len(new), 21))
        stray = self.rng.random(len(new)) < self.noise.number_stray
        self.said[new] = np.where(stray, self.rng.permutation(self.text)[: len(new)], self.text[new])

    def _read(self, person: NDArray[np.int64], box: Array) -> Array:
        """Read the numbers of some people (k,) as they are shown, none in a mirror; returns (k, 23)."""
        size = np.clip((box[:, 3] - box[:, 1]) / _FULL_HEIGHT_PX, 0, 1)
        clarity = (self.clarity[person] * np.sqrt(size))[:, None]
        fresh = self.rng.normal(size=(len(person), 21))
        evidence = np.sqrt(_LASTING) * self.lasting[person] + np.sqrt(1 - _LASTING) * fresh
        each = np.arange(len(person))
        evidence[each, TENS[self.said[person]]] += clarity[:, 0]
        evidence[each, 11 + ONES[self.said[person]]] += clarity[:, 0]
        tens, ones = _softmax(clarity * evidence[:, :11]), _softmax(clarity * evidence[:, 11:])
        legible = self.rng.beta(20, 1, len(person))
        return np.column_stack([legible, np.zeros(len(person)), tens, ones])


def _runs(frame: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Give start and end of the rows of each frame."""
    starts = np.flatnonzero(np.diff(frame, prepend=-1)).tolist()
    return list(zip(starts, [*starts[1:], len(frame)], strict=True))


def _softmax(logits: Array) -> Array:
    """Turn rows into probabilities."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
