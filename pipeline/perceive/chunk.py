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
from pipeline.perceive.court_points import CourtLocator, Marked, marked
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
    """The networks and settings that perceive."""

    detector: Detector
    encoder: Encoder
    reader: NumberReader | None
    """Of jersey numbers; None if they are not to be read."""
    shots: ShotSettings
    batch: int
    """Frames per forward pass of the detector."""
    court: CourtLocator | None = None
    """Looks for the court; None: nobody does."""
    keyframe_s: float = 0.5
    """The court is looked for once in so many seconds."""


def perceive(frames: Iterable[Frame], networks: PerceptionModels) -> Perception:
    """Turn the frames of a chunk into tables.

    Args:
        frames: analysed frames in order, decoded as they are asked for. One with a negative index belongs to what comes
            before the chunk: camera motion and cuts are measured from it, and it gets no rows.
        senses: networks and settings; safe to use from several threads.
    """
    rows: list[dict[str, Any]] = []
    described: list[_Described] = []
    vectors: list[NDArray[np.float16]] = []
    reads: list[numbers.FrameReads] = []
    courts: list[tuple[int, Sighting]] = []
    last: _Seen | None = None
    batches = _batches(marked(frames, networks.keyframe_s), networks.batch)
    for look in in_order(partial(_look, networks=networks), batches, usable_cores()):
        moved = (_moved(last, look.first, networks), *look.moved)
        last = look.last
        courts += look.courts
        for number, of_frame in enumerate(look.described):
            if of_frame.frame >= 0:
                rows.append(_frame_row(of_frame, moved[number]))
                described.append(of_frame)
                vectors.append(look.vectors[number])
                reads.append(look.reads[number])
    return Perception(
        frames=_frames_table(rows),
        detections=_detections_table(described, networks),
        embeddings=_stacked(vectors, networks.encoder.dim),
        number_reads=numbers.table(reads, [len(of_frame.class_index) for of_frame in described]),
        court_points=court_points.table_of(courts),
    )


@dataclass(frozen=True)
class _Seen:
    """What the next frame needs to know of this one."""

    view: motion.View
    people_px: NDArray[np.float32]
    """(n, 4) boxes of people."""


@dataclass(frozen=True)
class _Look:
    """What a batch of frames shows, seen by itself."""

    first: _Seen
    last: _Seen
    moved: tuple[motion.Motion, ...]
    """Of every frame but the first, which only the batch before could tell."""
    described: tuple[_Described, ...]
    vectors: list[NDArray[np.float16]]
    reads: list[numbers.FrameReads]
    courts: list[tuple[int, Sighting]]
    """Number of each keyframe, and what it shows of the court."""


def _look(marked_batch: Sequence[Marked], networks: PerceptionModels) -> _Look:
    """Do with a batch of frames all that needs no other batch."""
    batch = [each.frame for each in marked_batch]
    found = networks.detector.detect([frame.image for frame in batch])
    seen = [_seen(frame, boxes, networks) for frame, boxes in zip(batch, found, strict=True)]
    return _Look(
        first=seen[0],
        last=seen[-1],
        moved=tuple(_moved(before, now, networks) for before, now in itertools.pairwise(seen)),
        described=tuple(_describe(frame, boxes, networks) for frame, boxes in zip(batch, found, strict=True)),
        vectors=_embed(batch, found, networks),
        reads=numbers.read(batch, found, networks.detector.class_names, networks.reader),
        courts=_courts(marked_batch, networks),
    )


def _courts(batch: Sequence[Marked], networks: PerceptionModels) -> list[tuple[int, Sighting]]:
    """Look for the court in the keyframes of a batch."""
    sense = networks.court
    if sense is None:
        return []
    return [(each.frame.index, sense.sight(each.frame.image)) for each in batch if each.key]


def _seen(frame: Frame, found: Boxes, networks: PerceptionModels) -> _Seen:
    """Reduce a frame for the next one."""
    return _Seen(motion.view(frame.image, networks.shots), found.xyxy_px[_people(found, networks)])


def _moved(last: _Seen | None, now: _Seen, networks: PerceptionModels) -> motion.Motion:
    """Measure the camera's motion since the previous frame; unknown at the start of the video."""
    if last is None:
        return motion.Motion(None, cut=False)
    return motion.compare(last.view, now.view, last.people_px, networks.shots)


def _frame_row(of_frame: _Described, moved: motion.Motion) -> dict[str, Any]:
    """Make the row of `frames`."""
    values = np.full(9, np.nan) if moved.matrix is None else moved.matrix.ravel()
    row = {"frame": of_frame.frame, "time_s": of_frame.time_s, "cut": moved.cut}
    return row | dict(zip(MOTION_COLUMNS, values.tolist(), strict=True))


def _batches(frames: Iterable[Marked], size: int) -> Iterator[list[Marked]]:
    """Gather frames, `size` at a time."""
    iterator = iter(frames)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _people(found: Boxes, networks: PerceptionModels) -> NDArray[np.intp]:
    """Number the boxes of people, (m,)."""
    wanted = [index for index, name in enumerate(networks.detector.class_names) if name in PERSON_CLASSES]
    return np.flatnonzero(np.isin(found.class_index, wanted))


@dataclass(frozen=True)
class _Described:
    """The boxes of one frame."""

    frame: int
    time_s: float
    class_index: NDArray[np.int16]
    """(n,) into the detector's class names."""
    values: NDArray[np.float32]
    """(n, 9): the columns `_VALUES` of `detections`."""


_VALUES = ("x1", "y1", "x2", "y2", "score", "quality", "jersey_l", "jersey_a", "jersey_b")


def _describe(frame: Frame, found: Boxes, networks: PerceptionModels) -> _Described:
    """Rate the people of one frame; NaN for what is none."""
    people = _people(found, networks)
    rated = np.full((len(found), 4), np.nan, dtype=np.float32)
    rated[people, 0] = crops.quality(frame.image, found.xyxy_px[people])
    rated[people, 1:] = crops.kit_color(frame.image, found.xyxy_px[people])
    return _Described(
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


def _detections_table(described: Sequence[_Described], networks: PerceptionModels) -> pd.DataFrame:
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
