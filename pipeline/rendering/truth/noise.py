"""What a detector and an encoder would report of known people: misses, jitter, false boxes, look-alikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.geometry.court import Court
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.settings import checked
from pipeline.rendering.truth.ball_candidates import BallNoise, BallReporter, ThingBoxes
from pipeline.rendering.truth.board_reads import BoardNoise
from pipeline.rendering.truth.number_reads import NumberBoxes, NumberReporter, ReadingNoise
from pipeline.rendering.truth.silhouettes import Silhouettes
from pipeline.tables import READ_COLUMNS

Array = NDArray[np.float64]

_GOOD_HEIGHT_PX = 120.0
_JITTER_MEMORY_S = 0.15


class NoiseSettings(ReadingNoise, BallNoise, BoardNoise):
    """How good detector, encoder and the readers of numbers and of the scoreboard are."""

    miss: float = Field(0.03, ge=0, lt=1, description="share of time that a person in plain view has no box")
    miss_hidden: float = Field(0.85, ge=0, lt=1, description="the same for one who is quite hidden")
    miss_s: float = Field(0.25, ge=0.001, le=3600, description="mean length of a miss")
    jitter: float = Field(0.02, ge=0, le=10, description="standard deviation of a box's edges, in heights of the box")
    false_boxes: float = Field(0.25, ge=0, le=1000, description="mean number of boxes per frame on nobody")
    wrong_role: float = Field(0.01, ge=0, le=1, description="share of boxes of the other class of people")
    likeness: float = Field(0.6, ge=0, le=1, description="cosine between the appearances of two team-mates")
    spread: float = Field(0.5, ge=0, le=1000, description="length of the noise on an appearance of length 1")
    dim: int = Field(64, ge=2, le=4096, description="length of an embedding")


def noise_settings(values: Mapping[str, Any]) -> NoiseSettings:
    """Make settings of what a user said.

    Raises:
        SettingsError: a name is unknown or a value wrong; says which, in one line.
    """
    return checked(NoiseSettings, values)


@dataclass(frozen=True)
class Reported:
    """Boxes of some frames, in the order of the frames."""

    columns: dict[str, NDArray[Any]]
    """Columns (rows,) of `detections` but detection_id."""
    embeddings: NDArray[np.float16]
    """(rows, dim) unit length; NaN unless a person."""
    reads: NDArray[np.float32]
    """(rows, 23) the columns of `number_reads` but detection_id; NaN unless a number."""


class SimulatedDetector:
    """Sees people as a detector does; keeps the memory that makes misses and jitter last."""

    def __init__(
        self, people: list[CastMember], court: Court, noise: NoiseSettings, fps: float, rng: np.random.Generator
    ) -> None:
        """Draw everybody's appearance vector: alike within a team and within the referees.

        Args:
            people: everybody of the game.
            court: where the baskets are.
            noise: how good detector and encoder are.
            fps: frames per second.
            rng: everything random.
        """
        self.people, self.noise, self.rng = people, noise, rng
        count = len(people)
        group = np.array([{"A": 0, "B": 1}.get(person.team or "", 2) for person in people])
        shared, individual = (_unit(rng.normal(size=(k, noise.dim))) for k in (3, count))
        self.appearance = _unit(np.sqrt(noise.likeness) * shared[group] + np.sqrt(1 - noise.likeness) * individual)
        self.shirt_lab = _lab([person.style.uniform.shirt for person in people])
        self.role = np.array([person.role for person in people])
        self.numbers = NumberReporter(people, noise, fps, rng.spawn(1)[0])
        self.things = BallReporter(court, noise, fps, rng.spawn(1)[0])
        self.missing = np.zeros(count, dtype=np.bool_)
        self.shake = rng.normal(size=(count, 4))
        self.leave = 1 - np.exp(-1 / (fps * noise.miss_s))
        self.memory = np.exp(-1 / (fps * _JITTER_MEMORY_S))

    def report(self, takes: Sequence[Take], crowd: Silhouettes) -> Reported:
        """Report the boxes of some frames, the next ones, of which `crowd` says who is where."""
        close = np.array([take.kind == "closeup" for take in takes])
        play = np.array([take.kind == "play" for take in takes])
        missing, shake = self._remember(crowd.visible)
        frame, person = np.nonzero(crowd.shown & ~missing & ~close[:, None])
        box = crowd.inside[frame, person]
        box = box + shake[frame, person] * self.noise.jitter * (box[:, 3] - box[:, 1])[:, None]
        true = self._people(person, box, crowd.visible[frame, person])
        count = self.rng.poisson(self.noise.false_boxes, len(takes)) * play
        false = self._nobody(int(count.sum()), takes[0].view.size)
        read = self.numbers.report(frame, person, box, crowd.visible[frame, person])
        things = self.things.report(takes, crowd)
        rows = np.concatenate([frame, np.repeat(np.arange(len(takes)), count), frame[read.source], things.frame])
        order = np.argsort(rows, kind="stable")
        reports = [true, false, self._number_boxes(read), self._things(things)]
        columns = {name: np.concatenate([report.columns[name] for report in reports])[order] for name in true.columns}
        width, height = takes[0].view.size
        for name, limit in {"x1": width, "y1": height, "x2": width, "y2": height}.items():
            columns[name] = np.clip(columns[name], 0, limit)
        numbers = np.array([take.index for take in takes])
        return Reported(
            {"frame": numbers[rows[order]], **columns},
            np.vstack([report.embeddings for report in reports])[order],
            np.vstack([report.reads for report in reports])[order],
        )

    def _remember(self, visible: Array) -> tuple[NDArray[np.bool_], Array]:
        """Let misses begin and end and edges shake from frame to frame: (t, n) and (t, n, 4)."""
        noise = self.noise
        hidden = np.clip((0.6 - visible) / 0.5, 0, 1)
        wanted = np.clip(noise.miss + (noise.miss_hidden - noise.miss) * hidden, 0, 0.98)
        start = self.leave * wanted / (1 - wanted)
        draw = self.rng.random(visible.shape)
        shake = self.rng.normal(size=(*visible.shape, 4)) * np.sqrt(1 - self.memory**2)
        missing = np.empty(visible.shape, dtype=np.bool_)
        stays, begins = draw > self.leave, draw < start
        for k in range(len(visible)):
            self.missing = np.where(self.missing, stays[k], begins[k])
            missing[k] = self.missing
            shake[k] += self.memory * self.shake
            self.shake = shake[k]
        return missing, shake

    def _people(self, found: NDArray[np.int64], box: Array, visible: Array) -> Reported:
        rng, count = self.rng, len(found)
        score = np.clip(0.92 - 0.4 * (1 - visible) + rng.normal(0, 0.05, count), 0.05, 0.99)
        quality = visible * np.clip((box[:, 3] - box[:, 1]) / _GOOD_HEIGHT_PX, 0, 1)
        swap = rng.random(count) < self.noise.wrong_role
        role = np.where(swap, np.where(self.role[found] == "player", "referee", "player"), self.role[found])
        shirt_lab = self.shirt_lab[found] + rng.normal(0, 3, (count, 3))
        stranger = self.appearance[rng.integers(len(self.appearance), size=count)]
        mixed = self.appearance[found] + 0.5 * (1 - visible)[:, None] * stranger
        return self._reported(box, score, role, quality, shirt_lab, mixed)

    def _nobody(self, count: int, size: tuple[int, int]) -> Reported:
        """Boxes on bench, crowd or things: anywhere around the court."""
        rng, (width, height) = self.rng, size
        tall = rng.uniform(0.06, 0.25, count) * height
        wide = tall * rng.uniform(0.35, 0.6, count)
        x, y = rng.uniform(0, width, count), rng.uniform(0.2, 0.9, count) * height
        box = np.column_stack([x, y, x + wide, y + tall])
        role = np.where(rng.random(count) < 0.8, "player", "referee")
        shirt_lab = np.column_stack([rng.uniform(20, 90, count), rng.normal(0, 15, (count, 2))])
        appearance = _unit(rng.normal(size=(count, self.noise.dim)))
        return self._reported(
            box, rng.uniform(0.25, 0.6, count), role, rng.uniform(0.2, 0.7, count), shirt_lab, appearance
        )

    def _number_boxes(self, found: NumberBoxes) -> Reported:
        names, score = np.full(len(found.source), "number"), np.full(len(found.source), 0.6)
        return self._no_people(found.box, score, names, found.reads.astype(np.float32))

    def _things(self, found: ThingBoxes) -> Reported:
        unread = np.full((len(found.frame), len(READ_COLUMNS)), np.nan, dtype=np.float32)
        return self._no_people(found.box, found.score, found.name, unread)

    def _no_people(self, box: Array, score: Array, classes: NDArray[np.str_], reads: NDArray[np.float32]) -> Reported:
        """Report boxes that have neither quality nor uniform nor embedding."""
        count = len(box)
        columns: dict[str, NDArray[Any]] = {name: box[:, k] for k, name in enumerate(("x1", "y1", "x2", "y2"))}
        columns |= {"score": score, "class": classes}
        columns |= dict.fromkeys(("quality", "jersey_l", "jersey_a", "jersey_b"), np.full(count, np.nan))
        return Reported(columns, np.full((count, self.noise.dim), np.nan, dtype=np.float16), reads)

    def _reported(
        self, box: Array, score: Array, role: NDArray[np.str_], quality: Array, shirt_lab: Array, appearance: Array
    ) -> Reported:
        noise = self.rng.normal(size=appearance.shape) * self.noise.spread / np.sqrt(self.noise.dim)
        columns: dict[str, NDArray[Any]] = {name: box[:, k] for k, name in enumerate(("x1", "y1", "x2", "y2"))}
        columns |= {"score": score, "class": role, "quality": quality}
        columns |= {f"jersey_{name}": shirt_lab[:, k] for k, name in enumerate("lab")}
        unread = np.full((len(box), len(READ_COLUMNS)), np.nan, dtype=np.float32)
        return Reported(columns, _unit(appearance + noise).astype(np.float16), unread)


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _lab(colors: list[tuple[int, int, int]]) -> Array:
    """Turn BGR colours into CIE L*a*b*: (n, 3)."""
    pixels = np.array(colors, dtype=np.float32)[None] / 255
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2Lab)[0], dtype=np.float64)
