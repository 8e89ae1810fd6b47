"""Reading a video again for people to look at: a stretch in one go, or single frames far apart."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Generator, Iterator, Sequence

from pipeline.video.ahead import ahead
from pipeline.video.decode import DecodeState, PictureConverter, decode_from
from pipeline.video.planes import PlaneConverter, Planes
from pipeline.video.read import Frame
from pipeline.video.sampling import FirstOfCell, sampling_grid
from pipeline.video.source import VideoInfo

SAME_TIME_S = 1e-4
"""Timestamps that were rounded to text and back."""
_FRAMES_AHEAD = 6
"""Frames that are decoded before they are asked for."""
_SEEK_OVER_S = 4.0
"""A longer stretch in which no frame is wanted is sought over, not decoded."""


def play(
    info: VideoInfo, start_s: float, end_s: float, max_fps: float | None, size_px: tuple[int, int]
) -> Iterator[tuple[float, Planes]]:
    """Decode a stretch in one go, at most so many frames a second, scaled; ahead of what is asked for, in another thread.

    Args:
        info: the video.
        start_s: time of the first frame.
        end_s: time of the last frame.
        max_fps: None for all frames.
        size_px: width and height wanted, both even.

    Returns:
        Times in s, rising, and pictures that may be drawn on.
    """
    return ahead(_played(info, (start_s, end_s), max_fps, size_px), _FRAMES_AHEAD)


def _played(
    info: VideoInfo, interval_s: tuple[float, float], max_fps: float | None, size_px: tuple[int, int]
) -> Generator[tuple[float, Planes], None, None]:
    """Decode and convert."""
    start_s, end_s = interval_s[0] - SAME_TIME_S, interval_s[1] + SAME_TIME_S
    grid = sampling_grid(info.usual_fps, max_fps)
    convert = PlaneConverter(info, size_px)
    latest_s: float | None = None
    for time_s, frame in decode_from(info, max(start_s, 0.0), DecodeState(), FirstOfCell(grid, start_s)):
        if time_s > end_s:
            return
        if time_s >= start_s:
            new = grid.is_new(time_s, latest_s)
            latest_s = time_s if latest_s is None else max(latest_s, time_s)
            if new and frame is not None:
                yield time_s, convert(frame)


def frames_at(info: VideoInfo, times_s: Sequence[float]) -> Iterator[Frame]:
    """Decode single frames, full size; long stretches between them are sought over.

    Args:
        info: the video.
        times_s: times of frames, rising.

    Returns:
        The frames, numbered as the times are; those that cannot be decoded are left out.
    """
    convert = PictureConverter(info)
    waiting = deque(enumerate(times_s))

    def wanted(time_s: float) -> bool:
        place = bisect_left(times_s, time_s - SAME_TIME_S)
        return place < len(times_s) and times_s[place] <= time_s + SAME_TIME_S

    while waiting:
        for time_s, frame in decode_from(info, max(waiting[0][1] - SAME_TIME_S, 0.0), DecodeState(), wanted):
            while waiting and waiting[0][1] < time_s - SAME_TIME_S:
                waiting.popleft()
            if waiting and frame is not None and waiting[0][1] <= time_s + SAME_TIME_S:
                yield Frame(waiting.popleft()[0], time_s, convert(frame))
            if not waiting or waiting[0][1] - time_s > _SEEK_OVER_S:
                break
        else:
            return
