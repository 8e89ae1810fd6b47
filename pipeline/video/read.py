"""Reading frames: one chunk, or many one after the other."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.video.ahead import ahead
from pipeline.video.decode import DecodeState, PictureConverter, decode_from
from pipeline.video.sampling import Chunk, FirstOfCell
from pipeline.video.source import VideoInfo

CONTEXT_INDEX = -1
"""`Frame.index` of the analysed frame before a chunk."""
_FRAMES_PAST_END = 2
"""Frames behind a chunk that are decoded, as frames may come out of order."""
_FRAMES_AHEAD = 8
"""Frames that are decoded before they are asked for."""
_EARLY_END_S = 1.0
_REWOUND_S = 1.0
"""A frame that comes so much before an earlier one is not out of order: the file's clock began again."""
_SAME_TIME_S = 1e-4
"""Timestamps that were rounded to text and back."""


@dataclass(frozen=True)
class Frame:
    """One analysed frame.

    `index`: number of the decoded source frame, from 0 within what is read; -1 for the context frame of a chunk.
    `time_s`: presentation time in seconds from the video's first picture.
    `image`: (h, w, 3) uint8, BGR, as displayed.
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]


@dataclass
class ReadReport:
    """What reading found; complete when the iteration has ended.

    `decoded`: source frames in the interval, analysed or not: frame numbers of the next chunk start after them.
    `analysed`: frames handed out (context not counted). `damaged`: packets that could not be decoded, passed over.
    `first_s`, `last_s`: times of the first and last source frame; None if there was none.
    `longest_gap_s`: longest time between two source frames. Damage can swallow frames without a trace but this.
    `end_of_file`: the file ends in here, so later chunks are empty.
    `rewound`: frames behind one at which the file's clock begins again, as where recordings were put together; not read.
    `ended_early`: it ends more than a second before its declared length (or the wanted end, if that is earlier).
    """

    decoded: int = 0
    analysed: int = 0
    damaged: int = 0
    first_s: float | None = None
    last_s: float | None = None
    longest_gap_s: float = 0.0
    rewound: int = 0
    end_of_file: bool = False
    ended_early: bool = False


def combine(reports: Iterable[ReadReport]) -> ReadReport:
    """Sum up the reports of consecutive chunks.

    Example:
        >>> total = combine([ReadReport(10, 5, 1, 0.0, 0.25, 0.125), ReadReport(4, 2, 0, 0.75, 1.0, 0.125, 0, True)])
        >>> total.decoded, total.first_s, total.last_s, total.longest_gap_s, total.end_of_file
        (14, 0.0, 1.0, 0.5, True)
    """
    total = ReadReport()
    for report in reports:
        between_s = 0.0 if total.last_s is None or report.first_s is None else report.first_s - total.last_s
        total.longest_gap_s = max(total.longest_gap_s, report.longest_gap_s, between_s)
        total.first_s = report.first_s if total.first_s is None else total.first_s
        total.decoded += report.decoded
        total.analysed += report.analysed
        total.damaged += report.damaged
        total.rewound += report.rewound
        total.last_s = total.last_s if report.last_s is None else report.last_s
        total.end_of_file |= report.end_of_file
        total.ended_early |= report.ended_early
    return total


def read_chunk(
    info: VideoInfo,
    chunk: Chunk,
    report: ReadReport | None = None,
    context: bool = False,
    hardware: str | None = None,
) -> Iterator[Frame]:
    """Decode one chunk: the same frames and bytes whatever was read before.

    Args:
        info: the video.
        chunk: which stretch of it, and which frames.
        report: filled while iterating.
        context: begin with the last analysed frame before the chunk (index -1) if the run has one; camera motion to the
            chunk's first frame needs it.
        hardware: a card's decoder, see `decoder_for`; software goes on where it fails. None for software.

    Returns:
        The analysed frames in order of time, a few of them decoded ahead in another thread. `index` has gaps where
        frames are decoded but not analysed.

    Raises:
        InputError: the file cannot be opened any more.
    """
    return ahead(_read_chunk(info, chunk, ReadReport() if report is None else report, context, hardware), _FRAMES_AHEAD)


def read_chunks(info: VideoInfo, pieces: Iterable[Chunk], report: ReadReport | None = None) -> Iterator[Frame]:
    """Decode consecutive chunks; `index` counts on from chunk to chunk, as in the tables of a run.

    Args:
        info: the video.
        pieces: what `chunks` returns, or the first of them.
        report: becomes the sum over the chunks, brought up to date after each.
    """
    report = ReadReport() if report is None else report
    done: list[ReadReport] = []
    offset = 0
    for chunk in pieces:
        done.append(ReadReport())
        for frame in read_chunk(info, chunk, done[-1]):
            yield Frame(offset + frame.index, frame.time_s, frame.image)
        offset += done[-1].decoded
        report.__dict__.update(vars(combine(done)))
        if done[-1].end_of_file:
            return


def _read_chunk(
    info: VideoInfo, chunk: Chunk, report: ReadReport, context: bool, hardware: str | None
) -> Generator[Frame, None, None]:
    """Decode one chunk, one frame in memory at a time."""
    convert = PictureConverter(info)
    before: tuple[float, Any] | None = None
    for time_s, frame, new in _sampled(info, chunk, report, context, hardware):
        if not chunk.holds(time_s):
            before = (time_s, frame) if new and frame is not None else before
            continue
        if before is not None and context:
            yield Frame(CONTEXT_INDEX, before[0], convert(before[1]))
        before = None
        _count(report, time_s)
        if new and frame is not None:
            report.analysed += 1
            yield Frame(report.decoded - 1, time_s, convert(frame))


def _count(report: ReadReport, time_s: float) -> None:
    """Count a source frame of the interval."""
    report.decoded += 1
    report.first_s = time_s if report.first_s is None else report.first_s
    if report.last_s is not None:
        report.longest_gap_s = max(report.longest_gap_s, time_s - report.last_s)
    report.last_s = time_s


def _sampled(
    info: VideoInfo, chunk: Chunk, report: ReadReport, context: bool, hardware: str | None
) -> Iterator[tuple[float, Any, bool]]:
    """Decode from before a chunk to its end; say of each frame whether it is to be analysed.

    Damage counts in the chunk of the last good frame before it, so that it counts once.
    """
    state = DecodeState()
    begin_s = decode_start_s(chunk, context)
    previous_s: float | None = None
    damage_before: int | None = None if begin_s > 0 else 0
    past = 0
    is_first = FirstOfCell(chunk.grid, chunk.start_s)

    def wanted(time_s: float) -> bool:
        return not chunk.is_past(time_s) and is_first(time_s)

    latest_s = -math.inf
    for time_s, frame in decode_from(info, begin_s, state, wanted, hardware):
        if time_s < latest_s - _REWOUND_S:
            report.rewound += 1
            continue
        latest_s = max(latest_s, time_s)
        if chunk.is_past(time_s):
            past += 1
            if past >= _FRAMES_PAST_END:
                break
            report.damaged = state.damaged - (state.damaged if damage_before is None else damage_before)
            continue
        past = 0
        if damage_before is None and chunk.holds(time_s):
            damage_before = state.damaged
        yield time_s, frame, time_s >= chunk.start_s and chunk.grid.is_new(time_s, previous_s)
        if time_s >= chunk.start_s:
            previous_s = time_s if previous_s is None else max(previous_s, time_s)
    if not past:
        report.damaged = state.damaged - (state.damaged if damage_before is None else damage_before)
        report.end_of_file = True
        reached_s = chunk.begin_s if report.last_s is None else report.last_s + 1 / info.fps
        wanted_s = info.duration_s if chunk.end_s is None else min(info.duration_s, chunk.end_s)
        report.ended_early = wanted_s - reached_s > _EARLY_END_S


def decode_start_s(chunk: Chunk, context: bool) -> float:
    """Return from where on frames are needed to read a chunk: with context, from the cell before it."""
    if chunk.number == 0 or not context:
        return chunk.begin_s
    return max(chunk.start_s, chunk.grid.begin_s(chunk.first_cell - 1))


def glances(info: VideoInfo, times_s: Sequence[float]) -> Iterator[Frame]:
    """Decode a few single frames of a video, cheaply: the key frame at or before each time, each key frame once.

    Args:
        info: the video.
        times_s: seconds from the first picture, rising.

    Returns:
        Frames with the numbers of the times; fewer than times where the video has few key frames or cannot be decoded.
    """
    convert = PictureConverter(info)
    shown_s: float | None = None
    for number, time_s in enumerate(times_s):
        found = next(decode_from(info, time_s, DecodeState()), None)
        if found is not None and (shown_s is None or found[0] > shown_s):
            shown_s = found[0]
            yield Frame(number, shown_s, convert(found[1]))


def picture_at(info: VideoInfo, time_s: float) -> Frame | None:
    """Decode the one frame that is shown at a time.

    Args:
        info: the video.
        time_s: seconds from the first picture.

    Returns:
        The frame, with the number -1 as it is not counted; the last one where the video ends before; None where nothing
        can be decoded.
    """
    shown: tuple[float, Any] | None = None
    for found_s, frame in decode_from(info, time_s, DecodeState()):
        if shown is not None and found_s > time_s + _SAME_TIME_S:
            break
        shown = found_s, frame
    return None if shown is None else Frame(CONTEXT_INDEX, shown[0], PictureConverter(info)(shown[1]))
