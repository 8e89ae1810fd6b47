"""Measure how well the ball is found on a game that nothing was learned from, before and after linking over time.

    python -m benchmarks.ball --data ../shared/data [--weights builtin] [--sizes 640 960] [--game GAME] [--clips CLIP ...]

Frames of basketball_player_detection_3 at their true aspect ratio, 1280 x 720 px as from a video (the set's own images hold 640 px
across). AP50 and AP50-95 as COCO defines them; "near": recall at the score from which the precision is at least 0.9, where a ball
counts as found within half a ball's width of its middle. "Linked": the frames of a clip in order, with their times, go through
perception and the trajectory model of the stage `ball`, which says at most one place a frame; recall and precision likewise, of
all that it says and of its sightings from the score at which the precision is at least 0.9.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.detector import HELD_OUT_GAME
from models.ball.finder import BallDetector
from models.detector.classes import BALL, CLASS_NAMES
from models.detector.dataset import LabelledImage, read_pixels, unstretch
from models.detector.detection import Boxes, Detector, DetectorSettings, Image, ScoreThresholds
from models.detector.evaluation import LabelledBoxes, average_precisions, match
from models.detector.readers import read_coco
from models.detector.yolo import load_detector
from pipeline.config import Settings, ShotSettings
from pipeline.perceive.chunk import PerceptionModels, perceive
from pipeline.understand.ball import ball_candidates, linked
from pipeline.understand.game import TrackedGame
from pipeline.video import Frame

Floats = NDArray[np.float64]

PRECISION = 0.9
WIDTH_PX = 1280
FPS = 30.0
"""Of the numbers in the names of the frames: a clip of 8 s by the game clock ends at 235."""
_LOWEST = 0.02
_FRAME = re.compile(r"-(\d+)_png")


@dataclass(frozen=True)
class Scored:
    """Places said, best first, and whether each is a ball that was not found before."""

    score: Floats
    right: NDArray[np.bool_]
    balls: int

    @property
    def recall_at_precision(self) -> float:
        """Highest recall at a precision of at least `PRECISION`; 0 where there is none."""
        precision = np.cumsum(self.right) / np.arange(1, len(self.right) + 1)
        good = np.flatnonzero(precision >= PRECISION)
        return float(self.right[: good[-1] + 1].sum() / self.balls) if len(good) else 0.0

    @property
    def all_of_it(self) -> tuple[float, float]:
        """Recall and precision of all that is said."""
        return float(self.right.sum() / self.balls), float(self.right.mean()) if len(self.right) else float("nan")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--weights", default="builtin")
    parser.add_argument("--sizes", type=int, nargs="+", default=[640])
    parser.add_argument("--game", default=HELD_OUT_GAME, help="choose nothing on the one held out")
    parser.add_argument("--clips", nargs="*", default=[], help="of the game; none: all")
    parser.add_argument("--sources", nargs="+", default=list(_SOURCES), choices=list(_SOURCES))
    chosen = parser.parse_args(arguments)
    images = [
        image
        for image in read_coco(chosen.data / "detection" / "basketball_player_detection_3")
        if chosen.game in (image.game, "all") and (not chosen.clips or image.clip in chosen.clips)
    ]
    frames = [unstretch(read_pixels(image), image, WIDTH_PX) for image in images]
    truths = [image.xyxy_px[image.class_index == BALL] * (WIDTH_PX / image.width_px) for image in images]
    print(f"{chosen.game}: {len(images)} frames, {sum(map(len, truths))} balls")
    print(f"{'':>20} AP50 AP50-95 | near | linked: near, recall, precision | ms per frame")
    for size in chosen.sizes:
        for source in chosen.sources:
            print(
                f"{source:>14} {size:>5} " + _row(_SOURCES[source](chosen.weights, size), images, frames, truths),
                flush=True,
            )


def _row(
    detector: Detector, images: Sequence[LabelledImage], frames: Sequence[Image], truths: Sequence[NDArray[np.float32]]
) -> str:
    """Measure one source of balls."""
    start = time.process_time()
    found = [detector.detect([frame])[0] for frame in frames]
    spent = (time.process_time() - start) / len(frames)
    labelled = [LabelledBoxes(balls, np.full(len(balls), BALL), np.zeros(len(balls), bool)) for balls in truths]
    ap = average_precisions(match(found, labelled, BALL))
    single = _near([boxes.xyxy_px[boxes.class_index == BALL] for boxes in found], _scores(found), truths)
    path = linked_places(detector, images, frames, found)
    chained = _near([row[:, :4] for row in path], [row[:, 4] for row in path], truths)
    recall, precision = chained.all_of_it
    return (
        f"{ap[0]:.3f} {ap.mean():.3f} | {single.recall_at_precision:.3f} | {chained.recall_at_precision:.3f} "
        f"{recall:.3f} {precision:.3f} | {1000 * spent:.0f}"
    )


def _scores(found: Sequence[Boxes]) -> list[NDArray[np.float32]]:
    """Return the scores of the balls of each frame."""
    return [boxes.score[boxes.class_index == BALL] for boxes in found]


def _near(
    boxes: Sequence[NDArray[np.floating]],
    scores: Sequence[NDArray[np.floating]],
    truths: Sequence[NDArray[np.floating]],
) -> Scored:
    """Match places with balls, best first: within half a ball's width of its middle."""
    rows = sorted(
        ((float(score), frame, row) for frame, of_frame in enumerate(scores) for row, score in enumerate(of_frame)),
        key=lambda row: -row[0],
    )
    free = [np.ones(len(balls), bool) for balls in truths]
    right = np.zeros(len(rows), bool)
    for place, (_, frame, row) in enumerate(rows):
        balls = truths[frame].astype(np.float64)
        box = boxes[frame][row]
        away = np.hypot(*((balls[:, :2] + balls[:, 2:] - box[:2] - box[2:]) / 2).T)
        away[~free[frame] | (away > np.sqrt(np.prod(balls[:, 2:] - balls[:, :2], axis=1)) / 2)] = np.inf
        if len(away) and np.isfinite(away).any():
            free[frame][int(away.argmin())] = False
            right[place] = True
    return Scored(np.array([score for score, *_ in rows]), right, sum(map(len, truths)))


def linked_places(
    detector: Detector, images: Sequence[LabelledImage], frames: Sequence[Image], found: Sequence[Boxes]
) -> list[Floats]:
    """Follow the ball through each clip; per frame (0 or 1, 5): the box that is said to be it, and its score."""
    places = [np.zeros((0, 5)) for _ in images]
    clips: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, image in enumerate(images):
        clips[image.game, image.clip].append(row)
    for rows in clips.values():
        rows.sort(key=lambda row: _number(images[row]))
        numbers = [_number(images[row]) for row in rows]
        shown = [frames[row] for row in rows]
        game = _game(shown, numbers, _FoundBefore(shown, [found[row] for row in rows], detector))
        candidates = ball_candidates(game, np.ones(len(rows), bool))
        for place in linked(candidates, game)[0].tolist() if len(candidates.row) else []:
            box = candidates.row[place]
            score = float(game.detections["score"].iloc[box])
            places[rows[int(candidates.frame_row[place])]] = np.append(game.xyxy_px[box], score)[None]
    return places


def _number(image: LabelledImage) -> int:
    """Return the number of a frame in its clip."""
    matched = _FRAME.search(image.path.name)
    assert matched is not None
    return int(matched[1])


class _FoundBefore:
    """Gives what was found before in pictures, less what the pipeline does not keep; windows of them come in any order."""

    class_names = CLASS_NAMES

    def __init__(self, frames: Sequence[Image], found: Sequence[Boxes], detector: Detector) -> None:
        lowest = Settings().detect
        by_head = isinstance(detector, BallDetector | _BallsAlone)
        ball = Settings().ball.min_score if by_head else lowest.min_score_small
        self._found = {
            id(frame): Boxes(boxes.xyxy_px[stays], boxes.score[stays], boxes.class_index[stays])
            for frame, boxes in zip(frames, found, strict=True)
            for stays in [boxes.score >= np.where(boxes.class_index == BALL, ball, lowest.min_score)]
        }

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Return what was found in them."""
        return [self._found[id(image)] for image in images]


class _Blind:
    """No appearance."""

    dim, crop_size_px = 1, (8, 8)

    def embed(self, crops: Sequence[Image]) -> NDArray[np.float32]:
        """Say the same of everybody."""
        return np.ones((len(crops), 1), np.float32)


def _game(frames: Sequence[Image], numbers: Sequence[int], detector: Detector) -> TrackedGame:
    """Perceive the frames of a clip: camera motion and boxes."""
    shown = [Frame(number, number / FPS, image) for number, image in zip(numbers, frames, strict=True)]
    models = PerceptionModels(detector, _Blind(), None, ShotSettings())
    perceived = perceive(shown, models)
    return TrackedGame.of(perceived.frames, perceived.detections)


class _BallsAlone:
    """The people of the detector and the balls of the head alone."""

    class_names = CLASS_NAMES

    def __init__(self, detector: Detector, balls: BallDetector) -> None:
        self._detector, self._balls = detector, balls

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images."""
        both = []
        for found, balls in zip(self._detector.detect(images), self._balls.find(images), strict=True):
            stays = found.class_index != BALL
            parts = [(found.xyxy_px[stays], found.score[stays], found.class_index[stays])]
            parts.append((balls.xyxy_px, balls.score, balls.class_index))
            xyxy, score, index = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.argsort(-score, kind="stable")
            both.append(Boxes(xyxy[order], score[order], index[order]))
        return both


def _settings(size: int) -> DetectorSettings:
    """Ask for balls of low scores as well."""
    return DetectorSettings(input_px=size, thresholds=ScoreThresholds(ball=_LOWEST), device="cpu")


def _detector_alone(weights: str, size: int) -> Detector:
    """Load the detector."""
    del weights
    return load_detector(_settings(size))


def _head_alone(weights: str, size: int) -> Detector:
    """Load both; balls are the head's."""
    return _BallsAlone(load_detector(_settings(size)), BallDetector(_settings(size), weights, _LOWEST))


def _joined(weights: str, size: int) -> Detector:
    """Load both, as the pipeline joins them."""
    return BallDetector(_settings(size), weights, _LOWEST)


_SOURCES = {"detector": _detector_alone, "head": _head_alone, "both": _joined}

if __name__ == "__main__":
    main()
