"""One chunk of video to tables: the whole of perception, frame by frame, in constant memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.court.finder import Sighting
from models.detector.detection import Boxes, Detector
from models.encoders import Encoder
from models.numbers.reader import NumberReader
from models.runtime.hardware import usable_cores
from pipeline.config import ShotSettings
from pipeline.perceive import court_points, crops, motion, numbers
from pipeline.perceive.camera_path import CameraPath, TimedView
from pipeline.perceive.court_points import CourtLocator, KeyedFrame, with_keyframes
from pipeline.perceive.graphics import NO_GRAPHICS, Graphics
from pipeline.perceive.schedule import worth_embedding
from pipeline.perceive.scoreboard import READ_EVERY_S, ScoreboardReader
from pipeline.perceive.side_by_side import in_order
from pipeline.perceive.time_jumps import time_jumps
from pipeline.tables import DETECTIONS, MOTION_COLUMNS, PERSON_CLASSES, SCOREBOARD_TEXTS, SURE_SCORE, conform
from pipeline.video import Frame

Image = NDArray[np.uint8]
_MOST_FRAMES = 16
"""Of one window."""
_COVERED = 0.6
"""A box that lies so much under graphics is of them."""


@dataclass(frozen=True)
class Perception:
    """What was perceived in one chunk; frames and detections are numbered within it."""

    frames: pd.DataFrame
    """As the table `frames`; `shot` counts the cuts within the chunk (1 at once, if it begins with a cut)."""
    detections: pd.DataFrame
    """As the table `detections`."""
    embeddings: NDArray[np.float16]
    """(n, dim), unit length, row i of detection i; NaN rows unless a person."""
    number_reads: pd.DataFrame
    """As the table `number_reads`."""
    court_points: pd.DataFrame
    """As the table `court_points`."""
    scoreboard_texts: pd.DataFrame
    """As the table `scoreboard_texts`."""


@dataclass(frozen=True)
class PerceptionModels:
    """The networks that perceive, and their settings."""

    detector: Detector
    encoder: Encoder
    reader: NumberReader | None
    """Of jersey numbers; None if they are not to be read."""
    shots: ShotSettings
    court: CourtLocator | None = None
    """Finds the court in a picture; None: it is not looked for."""
    keyframe_s: float = 0.5
    """The court is looked for once in so many seconds."""
    embed_every_s: float = 0.5
    """Somebody who goes on undisturbed is embedded once in so many seconds; 0: in every frame."""
    graphics: Graphics = NO_GRAPHICS
    """Of the whole video; what is there is not of the world."""
    scoreboard: ScoreboardReader | None = None
    """None: there is no scoreboard over the picture, or it is not to be read."""


def perceive(frames: Iterable[Frame], networks: PerceptionModels) -> Perception:
    """Turn the frames of a chunk into tables.

    Args:
        frames: analysed frames in order, decoded as they are asked for. One with a negative index belongs to what comes
            before the chunk: camera motion and cuts are measured from it, and it gets no rows.
        networks: networks and settings; safe to use from several threads.

    Returns:
        The tables and embeddings of the chunk.
    """
    described: list[_DescribedBoxes] = []
    vectors: list[NDArray[np.float16]] = []
    reads: list[numbers.FrameReads] = []
    courts: list[tuple[int, Sighting]] = []
    boards: dict[int, tuple[int, Image]] = {}  # by the interval that a frame is the first of
    path = CameraPath(networks.shots)
    people_px: list[NDArray[np.float32]] = []
    times_s: list[float] = []
    last: TimedView | None = None
    windows = _windows(with_keyframes(frames, networks.keyframe_s), networks.embed_every_s)
    for result in in_order(partial(_perceive_window, networks=networks), windows, usable_cores()):
        for seen, moved_to in zip(result.seen, (_moved(last, result.seen[0], networks), *result.moved), strict=True):
            path.add(seen, moved_to)
            people_px.append(seen.people_px)
            times_s.append(seen.time_s)
        last = result.seen[-1]
        courts += result.courts
        for time_s, number, board in result.boards:
            boards.setdefault(math.floor(time_s / READ_EVERY_S + 1e-6), (number, board))
        for of_frame, of_boxes, numbers_read in zip(result.described, result.vectors, result.reads, strict=True):
            if of_frame.frame >= 0:
                described.append(of_frame)
                vectors.append(of_boxes)
                reads.append(numbers_read)
    moved = path.finish()
    for frame in np.flatnonzero(time_jumps(people_px, moved, np.array(times_s))):
        moved[frame] = motion.Motion(None, cut=True)
    return Perception(
        frames=_frames_table(list(map(_frame_row, described, moved[len(moved) - len(described) :]))),
        detections=_detections_table(described, networks),
        embeddings=_stacked(vectors, networks.encoder.dim),
        number_reads=numbers.table(reads, [len(of_frame.class_index) for of_frame in described]),
        court_points=court_points.table_of(courts),
        scoreboard_texts=(
            SCOREBOARD_TEXTS.empty()
            if networks.scoreboard is None
            else networks.scoreboard.table(list(boards.values()))
        ),
    )


@dataclass(frozen=True)
class _WindowResult:
    """What one window of frames gives by itself."""

    seen: list[TimedView]
    moved: tuple[motion.Motion, ...]
    """Of every frame but the first, which only the window before could tell."""
    described: tuple[_DescribedBoxes, ...]
    vectors: list[NDArray[np.float16]]
    reads: list[numbers.FrameReads]
    courts: list[tuple[int, Sighting]]
    """Number of each keyframe, and what it shows of the court."""
    boards: list[tuple[float, int, Image]]
    """Time and number of frames, and the scoreboard in them."""


def _perceive_window(keyed: Sequence[KeyedFrame], networks: PerceptionModels) -> _WindowResult:
    """Do with a window of frames all that does not need another window."""
    window = [each.frame for each in keyed]
    found = [
        _of_world(boxes, frame, networks)
        for boxes, frame in zip(networks.detector.detect([frame.image for frame in window]), window, strict=True)
    ]
    seen = [_seen(frame, boxes, networks) for frame, boxes in zip(window, found, strict=True)]
    moved = tuple(_moved(before, now, networks) for before, now in itertools.pairwise(seen))
    shown = _chosen_people(window, found, moved, networks)
    return _WindowResult(
        seen=seen,
        moved=moved,
        described=tuple(map(_describe, window, found, shown)),
        vectors=_embed(window, found, shown, networks),
        reads=numbers.read(window, found, networks.detector.class_names, networks.reader),
        courts=_courts(keyed, networks),
        boards=_boards(window, networks),
    )


def _courts(window: Sequence[KeyedFrame], networks: PerceptionModels) -> list[tuple[int, Sighting]]:
    """Look for the court in the keyframes of a window."""
    locator = networks.court
    if locator is None:
        return []
    sightings = [(each.frame, locator.sight(each.frame.image)) for each in window if each.key]
    return [
        (frame.index, court_points.of_world(sighting, networks.graphics, _size_px(frame)))
        for frame, sighting in sightings
    ]


def _boards(window: Sequence[Frame], networks: PerceptionModels) -> list[tuple[float, int, Image]]:
    """Cut the scoreboard out of the first frame of each interval in a window."""
    if networks.scoreboard is None:
        return []
    found: dict[int, tuple[float, int, Image]] = {}
    for frame in window:
        interval = math.floor(frame.time_s / READ_EVERY_S + 1e-6)
        if frame.index >= 0 and interval not in found:
            found[interval] = (frame.time_s, frame.index, networks.scoreboard.cut(frame.image))
    return list(found.values())


@dataclass(frozen=True)
class _ChosenPeople:
    """The people of a frame that are rated and embedded."""

    row: NDArray[np.intp]
    """(k,) which of the frame's boxes."""
    clarity: NDArray[np.float32]
    """(k,) see `crops.clarity`."""


def _chosen_people(
    window: Sequence[Frame], found: Sequence[Boxes], moved: Sequence[motion.Motion], networks: PerceptionModels
) -> list[_ChosenPeople]:
    """Choose in each frame of a window the people that are rated and embedded."""
    people = [_people(boxes, networks) for boxes in found]
    people_px = [boxes.xyxy_px[rows] for boxes, rows in zip(found, people, strict=True)]
    clarity = [
        crops.clarity(boxes, _size_px(frame)) * (1 - networks.graphics.cover(boxes, _size_px(frame)))
        for boxes, frame in zip(people_px, window, strict=True)
    ]
    chosen = worth_embedding(people_px, clarity, moved)
    if not networks.embed_every_s:
        chosen = [np.ones(len(rows), bool) for rows in people]
    return [
        _ChosenPeople(rows[wanted], clear[wanted]) for rows, clear, wanted in zip(people, clarity, chosen, strict=True)
    ]


def _of_world(found: Boxes, frame: Frame, networks: PerceptionModels) -> Boxes:
    """Leave out what is found in graphics."""
    world = networks.graphics.cover(found.xyxy_px, _size_px(frame)) < _COVERED
    return Boxes(found.xyxy_px[world], found.score[world], found.class_index[world])


def _seen(frame: Frame, found: Boxes, networks: PerceptionModels) -> TimedView:
    """Reduce a frame for the camera's motion."""
    view = motion.view(frame.image, networks.shots, networks.graphics)
    return TimedView(frame.time_s, view, found.xyxy_px[_people(found, networks)])


def _size_px(frame: Frame) -> tuple[int, int]:
    """Return width and height."""
    height, width = frame.image.shape[:2]
    return width, height


def _moved(last: TimedView | None, now: TimedView, networks: PerceptionModels) -> motion.Motion:
    """Measure the camera's motion since the previous frame; unknown at the start of the video."""
    if last is None:
        return motion.Motion(None, cut=False)
    return motion.compare(last.view, now.view, last.people_px, networks.shots)


def _frame_row(of_frame: _DescribedBoxes, moved: motion.Motion) -> dict[str, Any]:
    """Make the row of `frames`."""
    values = np.full(9, np.nan) if moved.matrix is None else moved.matrix.ravel()
    row = {"frame": of_frame.frame, "time_s": of_frame.time_s, "cut": moved.cut}
    return row | dict(zip(MOTION_COLUMNS, values.tolist(), strict=True))


def _windows(frames: Iterable[KeyedFrame], every_s: float) -> Iterator[list[KeyedFrame]]:
    """Gather the frames of each interval of `every_s` seconds on a grid that starts with the video, a few at least.

    An interval of many frames is cut into several windows, as all of them are in memory together.
    """

    def interval_of(keyed: KeyedFrame) -> tuple[bool, int]:
        return keyed.frame.index < 0, math.floor(keyed.frame.time_s / (every_s or 0.5) + 1e-6)

    for _, interval in itertools.groupby(frames, interval_of):
        while window := list(itertools.islice(interval, _MOST_FRAMES)):
            yield window


def _people(found: Boxes, networks: PerceptionModels) -> NDArray[np.intp]:
    """Number the boxes that surely are people's, (m,)."""
    wanted = [index for index, name in enumerate(networks.detector.class_names) if name in PERSON_CLASSES]
    return np.flatnonzero(np.isin(found.class_index, wanted) & (found.score >= SURE_SCORE))


@dataclass(frozen=True)
class _DescribedBoxes:
    """The boxes of one frame."""

    frame: int
    time_s: float
    class_index: NDArray[np.int16]
    """(n,) into the detector's class names."""
    values: NDArray[np.float32]
    """(n, 9): the columns `_VALUES` of `detections`."""


_VALUES = ("x1", "y1", "x2", "y2", "score", "quality", "jersey_l", "jersey_a", "jersey_b")


def _describe(frame: Frame, found: Boxes, shown: _ChosenPeople) -> _DescribedBoxes:
    """Rate the chosen people of one frame; NaN for all else."""
    boxes_px = found.xyxy_px[shown.row]
    rated = np.full((len(found), 4), np.nan, dtype=np.float32)  # (n, 4)
    rated[shown.row, 0] = shown.clarity * crops.sharpness(frame.image, boxes_px)
    rated[shown.row, 1:] = crops.jersey_lab(frame.image, boxes_px)
    return _DescribedBoxes(
        frame.index, frame.time_s, found.class_index, np.column_stack([found.xyxy_px, found.score, rated])
    )


def _embed(
    window: Sequence[Frame], found: Sequence[Boxes], shown: Sequence[_ChosenPeople], networks: PerceptionModels
) -> list[NDArray[np.float16]]:
    """Embed the chosen people of a window of frames in one go.

    Returns:
        Per frame (n, dim), row i of box i; NaN where nobody is chosen or nothing of him is in the picture.
    """
    vectors = [np.full((len(boxes), networks.encoder.dim), np.nan, dtype=np.float16) for boxes in found]
    cut = [
        (number, row, picture)
        for number, (frame, boxes, people) in enumerate(zip(window, found, shown, strict=True))
        for row in people.row
        if (picture := crops.crop(frame.image, boxes.xyxy_px[row])) is not None
    ]
    for (number, row, _), vector in zip(cut, networks.encoder.embed([picture for *_, picture in cut]), strict=True):
        vectors[number][row] = vector
    return vectors


def _frames_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Make the frames table of a chunk, typed even when it is empty."""
    table = pd.DataFrame(rows, columns=pd.Index(["frame", "time_s", "cut", *MOTION_COLUMNS]))
    return conform("frames", table.assign(shot=table["cut"].astype("int64").cumsum()))


def _detections_table(described: Sequence[_DescribedBoxes], networks: PerceptionModels) -> pd.DataFrame:
    """Join the boxes of all frames and number them from 0."""
    if not described:
        return DETECTIONS.empty()
    counts = [len(of_frame.class_index) for of_frame in described]
    values = np.concatenate([of_frame.values for of_frame in described])
    classes = np.array(networks.detector.class_names, dtype=object)
    table = pd.DataFrame(values, columns=pd.Index(_VALUES)).assign(
        detection_id=np.arange(len(values), dtype=np.int64),
        frame=np.repeat([of_frame.frame for of_frame in described], counts),
        **{"class": classes[np.concatenate([of_frame.class_index for of_frame in described])]},
    )
    return conform("detections", table)


def _stacked(vectors: Sequence[NDArray[np.float16]], dim: int) -> NDArray[np.float16]:
    """Stack (n_i, dim) arrays, (0, dim) if there is none."""
    return np.concatenate(vectors) if vectors else np.zeros((0, dim), dtype=np.float16)
