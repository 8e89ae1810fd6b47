"""Which frames are analysed, and how a video is cut into chunks of work that stand alone.

Time is divided into cells of equal length on one grid that starts with the video, so that every chunk finds the same
analysed frames without knowing of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.video.source import VideoInfo

_RATE_TOLERANCE = 0.01
"""Relative: 30.03 frames per second count as 30."""
_WHOLE_UP_TO = 1.25
"""A source of up to so many times the limit is analysed whole: every second of its frames would be far fewer than wanted."""
MAX_CHUNKS = 20_000
"""Of a video: days of it by default."""
_MIN_LAST_CHUNK = 0.25
"""A shorter rest, in chunks, joins the chunk before."""
_CELLS_KEPT = 1000
"""Cells whose earliest frame is remembered: many more than frames are stored out of their order."""


@dataclass(frozen=True)
class Grid:
    """Cells of `step` source frames each; `fps` is the source's usual rate.

    With `step` 1 every frame is analysed, whatever the cells; otherwise the first frame of each cell. Cell borders lie
    half a source frame before the frames of a constant rate, so that timestamps rounded to milliseconds do no harm.

    Example:
        >>> grid = Grid(fps=60.0, step=2)
        >>> [grid.cell(n / 60) for n in range(6)]
        [0, 0, 1, 1, 2, 2]
        >>> [grid.cell(round(n / 60, 3)) for n in range(600, 604)]
        [300, 300, 301, 301]
    """

    fps: float
    step: int

    @property
    def rate_hz(self) -> float:
        """Cells, and at a constant rate analysed frames, per second."""
        return self.fps / self.step

    def cell(self, time_s: float) -> int:
        """Return the cell that holds `time_s`."""
        return math.floor(time_s * self.rate_hz + 0.5 / self.step)

    def begin_s(self, cell: int) -> float:
        """Return where a cell begins, in seconds."""
        return (cell - 0.5 / self.step) / self.rate_hz

    def is_new(self, time_s: float, latest_s: float | None) -> bool:
        """Say whether a frame is to be analysed when the latest one before it (None: none) was at `latest_s`."""
        if latest_s is None:
            return True
        return time_s > latest_s if self.step == 1 else self.cell(time_s) > self.cell(latest_s)


class FirstOfCell:
    """Says of frames in any order, as they are stored, whether they can be the first of their cell from a time on.

    Args:
        grid: the cells.
        from_s: earlier frames are not wanted.

    Example:
        >>> wanted = FirstOfCell(Grid(fps=30.0, step=2), from_s=0.0)
        >>> [wanted(n / 30) for n in (0, 3, 1, 2)]  # 3 may be the first of its cell as long as 2 has not come
        [True, True, False, True]
    """

    def __init__(self, grid: Grid, from_s: float) -> None:
        self._grid = grid
        self._from_s = from_s
        self._earliest_s: dict[int, float] = {}

    def __call__(self, time_s: float) -> bool:
        """Judge a frame."""
        if time_s < self._from_s:
            return False
        if self._grid.step == 1:
            return True
        cell = self._grid.cell(time_s)
        first = time_s <= self._earliest_s.get(cell, math.inf)  # the same one comes again after another seek
        if first:
            self._earliest_s[cell] = time_s
            if len(self._earliest_s) > _CELLS_KEPT:
                del self._earliest_s[next(iter(self._earliest_s))]
        return first


@dataclass(frozen=True)
class Chunk:
    """One interval of a video, read without the others.

    A frame at `time_s` belongs to it if `first_cell <= cell < end_cell` and `start_s <= time_s < end_s`; None is no
    limit: the last chunk of a video reads to the file's end, wherever that is.

    `number`: from 0 in order of time. `start_s`, `end_s`: the whole run's interval, the same in all of its chunks.
    """

    number: int
    grid: Grid
    first_cell: int
    end_cell: int | None
    start_s: float
    end_s: float | None

    @property
    def begin_s(self) -> float:
        """Earliest time of a frame of this chunk, in seconds."""
        return max(self.start_s, self.grid.begin_s(self.first_cell))

    def holds(self, time_s: float) -> bool:
        """Say whether a frame at `time_s` belongs to this chunk."""
        after = time_s >= self.start_s and self.grid.cell(time_s) >= self.first_cell
        return after and not self.is_past(time_s)

    def is_past(self, time_s: float) -> bool:
        """Say whether `time_s` lies at or after the end of this chunk."""
        if self.end_cell is not None and self.grid.cell(time_s) >= self.end_cell:
            return True
        return self.end_s is not None and time_s >= self.end_s

    def until_s(self, duration_s: float) -> float:
        """Return where the chunk should end in a video of `duration_s`, in seconds."""
        ends = [duration_s]
        if self.end_cell is not None:
            ends.append(self.grid.begin_s(self.end_cell))
        if self.end_s is not None:
            ends.append(self.end_s)
        return min(ends)

    def expected_frames(self, duration_s: float) -> int:
        """Estimate the number of analysed frames, for progress bars."""
        return max(0, round((self.until_s(duration_s) - self.begin_s) * self.grid.rate_hz))


def sampling_grid(fps: float, max_fps: float | None) -> Grid:
    """Choose every how many source frames one is analysed, so that at most `max_fps` a second are.

    Args:
        fps: the source's rate where no picture is left out.
        max_fps: limit, exceeded by 1 % at most, and by a source that is a quarter above it at most, which is analysed
            whole; None for all frames.

    Example:
        >>> [sampling_grid(fps, 12.5).rate_hz for fps in (10.0, 15.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0)]
        [10.0, 15.0, 10.0, 12.0, 12.5, 10.0, 12.5, 12.0]
    """
    if max_fps is None or fps <= _WHOLE_UP_TO * max_fps:
        return Grid(fps, 1)
    return Grid(fps, math.ceil(fps / max_fps - _RATE_TOLERANCE))


def chunks(
    info: VideoInfo,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk_s: float = 20.0,
    max_fps: float | None = None,
) -> tuple[Chunk, ...]:
    """Cut [start_s, end_s) of a video into chunks of about `chunk_s` seconds.

    Args:
        info: the video.
        start_s: seconds from the first picture.
        end_s: None, or past the declared end: all there is.
        chunk_s: length of a chunk; the last one is up to a quarter longer.
        max_fps: analyse at most this many frames per second; None for all.

    Raises:
        InputError: the interval is empty or outside the video, or there would be too many chunks.
    """
    check_interval(info, start_s, end_s)
    grid = sampling_grid(info.usual_fps, max_fps)
    if info.strays:
        end_s = info.duration_s if end_s is None else min(end_s, info.duration_s)
    open_end = not info.strays and (end_s is None or end_s >= info.duration_s)
    until_s = info.duration_s if open_end or end_s is None else end_s
    per_chunk = max(1, round(chunk_s * grid.rate_hz))
    first, last = grid.cell(start_s), grid.cell(until_s)
    if (last - first) / per_chunk > MAX_CHUNKS:
        raise InputError(
            f"{info.path} would be read in {(last - first) // per_chunk:,} pieces, at most {MAX_CHUNKS:,} are; choose a part "
            "of it with --start and --end, or a larger video.chunk_s"
        )
    borders = [first, *range((first // per_chunk + 1) * per_chunk, last, per_chunk)]
    if len(borders) > 1 and last - borders[-1] < _MIN_LAST_CHUNK * per_chunk:
        borders.pop()
    ends: list[int | None] = [*borders[1:], None]
    return tuple(
        Chunk(number, grid, begin, end, start_s, None if open_end else end_s)
        for number, (begin, end) in enumerate(zip(borders, ends, strict=True))
    )


def check_interval(info: VideoInfo, start_s: float, end_s: float | None) -> None:
    """Check an interval against the video.

    Args:
        info: the video.
        start_s: first second of the interval.
        end_s: its end; None for the end of the video.

    Raises:
        InputError: start before 0 or past the end, or end not after start.
    """
    if not (math.isfinite(start_s) and start_s >= 0):
        raise InputError(f"the start must be 0 seconds or later, got {start_s:g}")
    if start_s >= info.duration_s:
        raise InputError(
            f"the start {start_s:g} s lies past the end of {info.path}, which is {info.duration_s:.2f} s long"
        )
    if end_s is not None and not end_s > start_s:
        raise InputError(f"the end {end_s:g} s must come after the start {start_s:g} s")
