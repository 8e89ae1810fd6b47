"""One chunk of video to tables: the whole of perception, frame by frame, in constant memory."""

from __future__ import annotations

import itertools
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
from pipeline.config import ShotSettings
from pipeline.perceive import court_points, crops, motion, numbers
from pipeline.perceive.court_points import CourtLocator, KeyedFrame, with_keyframes
from pipeline.perceive.side_by_side import in_order, usable_cores
from pipeline.tables import DETECTIONS, MOTION_COLUMNS, PERSON_CLASSES, conform
from pipeline.video import Frame

Image = NDArray[np.uint8]


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


@dataclass(frozen=True)
class PerceptionModels:
    """The networks that perceive, and their settings."""

    detector: Detector
    encoder: Encoder
    reader: NumberReader | None
    """Of jersey numbers; None if they are not to be read."""
    shots: ShotSettings
    batch: int
    """Frames per forward pass of the detector."""
    court: CourtLocator | None = None
    """Finds the court in a picture; None: it is not looked for."""
    keyframe_s: float = 0.5
    """The court is looked for once in so many seconds."""


def perceive(frames: Iterable[Frame], networks: PerceptionModels) -> Perception:
    """Turn the frames of a chunk into tables.

    Args:
        frames: analysed frames in order, decoded as they are asked for. One with a negative index belongs to what comes
            before the chunk: camera motion and cuts are measured from it, and it gets no rows.
        networks: networks and settings; safe to use from several threads.

    Returns:
        The tables and embeddings of the chunk.
    """
    rows: list[dict[str, Any]] = []
    described: list[_DescribedBoxes] = []
    vectors: list[NDArray[np.float16]] = []
    reads: list[numbers.FrameReads] = []
    courts: list[tuple[int, Sighting]] = []
    last: _FrameSummary | None = None
    batches = _batches(with_keyframes(frames, networks.keyframe_s), networks.batch)
    for result in in_order(partial(_perceive_batch, networks=networks), batches, usable_cores()):
        moved = (_moved(last, result.first, networks), *result.moved)
        last = result.last
        courts += result.courts
        for number, of_frame in enumerate(result.described):
            if of_frame.frame >= 0:
                rows.append(_frame_row(of_frame, moved[number]))
                described.append(of_frame)
                vectors.append(result.vectors[number])
                reads.append(result.reads[number])
    return Perception(
        frames=_frames_table(rows),
        detections=_detections_table(described, networks),
        embeddings=_stacked(vectors, networks.encoder.dim),
        number_reads=numbers.table(reads, [len(of_frame.class_index) for of_frame in described]),
        court_points=court_points.table_of(courts),
    )


@dataclass(frozen=True)
class _FrameSummary:
    """What the camera motion to the next frame is measured from."""

    view: motion.ReducedFrame
    people_px: NDArray[np.float32]
    """(n, 4) boxes of people."""


@dataclass(frozen=True)
class _BatchResult:
    """What one batch of frames gives by itself."""

    first: _FrameSummary
    last: _FrameSummary
    moved: tuple[motion.Motion, ...]
    """Of every frame but the first, which only the batch before could tell."""
    described: tuple[_DescribedBoxes, ...]
    vectors: list[NDArray[np.float16]]
    reads: list[numbers.FrameReads]
    courts: list[tuple[int, Sighting]]
    """Number of each keyframe, and what it shows of the court."""


def _perceive_batch(keyed_batch: Sequence[KeyedFrame], networks: PerceptionModels) -> _BatchResult:
    """Do with a batch of frames all that does not need another batch."""
    batch = [each.frame for each in keyed_batch]
    found = networks.detector.detect([frame.image for frame in batch])
    summaries = [_summary(frame, boxes, networks) for frame, boxes in zip(batch, found, strict=True)]
    return _BatchResult(
        first=summaries[0],
        last=summaries[-1],
        moved=tuple(_moved(before, now, networks) for before, now in itertools.pairwise(summaries)),
        described=tuple(_describe(frame, boxes, networks) for frame, boxes in zip(batch, found, strict=True)),
        vectors=_embed(batch, found, networks),
        reads=numbers.read(batch, found, networks.detector.class_names, networks.reader),
        courts=_courts(keyed_batch, networks),
    )


def _courts(batch: Sequence[KeyedFrame], networks: PerceptionModels) -> list[tuple[int, Sighting]]:
    """Look for the court in the keyframes of a batch."""
    locator = networks.court
    if locator is None:
        return []
    return [(each.frame.index, locator.sight(each.frame.image)) for each in batch if each.key]


def _summary(frame: Frame, found: Boxes, networks: PerceptionModels) -> _FrameSummary:
    """Reduce a frame for the next one."""
    return _FrameSummary(motion.view(frame.image, networks.shots), found.xyxy_px[_people(found, networks)])


def _moved(last: _FrameSummary | None, now: _FrameSummary, networks: PerceptionModels) -> motion.Motion:
    """Measure the camera's motion since the previous frame; unknown at the start of the video."""
    if last is None:
        return motion.Motion(None, cut=False)
    return motion.compare(last.view, now.view, last.people_px, networks.shots)


def _frame_row(of_frame: _DescribedBoxes, moved: motion.Motion) -> dict[str, Any]:
    """Make the row of `frames`."""
    values = np.full(9, np.nan) if moved.matrix is None else moved.matrix.ravel()
    row = {"frame": of_frame.frame, "time_s": of_frame.time_s, "cut": moved.cut}
    return row | dict(zip(MOTION_COLUMNS, values.tolist(), strict=True))


def _batches(frames: Iterable[KeyedFrame], size: int) -> Iterator[list[KeyedFrame]]:
    """Gather frames, `size` at a time."""
    iterator = iter(frames)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _people(found: Boxes, networks: PerceptionModels) -> NDArray[np.intp]:
    """Number the boxes of people, (m,)."""
    wanted = [index for index, name in enumerate(networks.detector.class_names) if name in PERSON_CLASSES]
    return np.flatnonzero(np.isin(found.class_index, wanted))


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


def _describe(frame: Frame, found: Boxes, networks: PerceptionModels) -> _DescribedBoxes:
    """Rate the people of one frame; NaN for what is none."""
    people = _people(found, networks)
    rated = np.full((len(found), 4), np.nan, dtype=np.float32)
    rated[people, 0] = crops.quality(frame.image, found.xyxy_px[people])
    rated[people, 1:] = crops.jersey_lab(frame.image, found.xyxy_px[people])
    return _DescribedBoxes(
        frame.index, frame.time_s, found.class_index, np.column_stack([found.xyxy_px, found.score, rated])
    )


def _embed(batch: Sequence[Frame], found: Sequence[Boxes], networks: PerceptionModels) -> list[NDArray[np.float16]]:
    """Embed all people of a batch of frames in one go.

    Returns:
        Per frame (n, dim), row i of box i; NaN where there is no person or nothing of him in the picture.
    """
    vectors = [np.full((len(boxes), networks.encoder.dim), np.nan, dtype=np.float16) for boxes in found]
    cut = [
        (number, row, picture)
        for number, (frame, boxes) in enumerate(zip(batch, found, strict=True))
        for row in _people(boxes, networks)
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
