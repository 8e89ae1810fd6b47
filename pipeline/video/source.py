"""What a video file is: checked once, before any work starts."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.hwaccel import HWAccel

from pipeline.errors import InputError
from pipeline.video.display import Orientation, orientation_of, pixel_aspect

# Containers that hold films of games. Play lists (HLS, concat), images and text are not among them: a play list makes
# FFmpeg open other files or addresses.
_FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,mxf,ogg,h264,hevc,ivf,nut,dv,yuv4mpegpipe"
_LENIENT: dict[str, str] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""Titles and names in a file need not be text; PyAV from 19 on takes them as they are."""
_UNTIMED = ("h264", "hevc", "m4v", "mpegvideo")
"""Bare streams without a container, to whose pictures FFmpeg gives times at a rate of its own."""
_PROBE_PACKETS = 2000
"""Packets that are read to measure rate and length where the file does not say them."""
_THREADS = 1
"""With several, FFmpeg's H.264 decoder conceals damage from frames that another thread is still writing: each run other
pixels. Chunks are the way to use more cores."""
_MAX_FPS = 1000
_USUAL_FPS = 25.0
_SAME_RATE = 0.005
"""Relative difference of rates that are meant to be the same."""
_LONG_S = 6 * 3600.0
"""The timestamps of a longer file are looked through."""
_LEAST_FRAME_BYTES, _SMALL_FILE_BYTES = 8, 1 << 16
"""A frame takes no less, so a file of some size cannot be longer; tiny files of tests are let be."""
_STRAY_S = 3600.0
"""Packets further off all others do not belong to the game."""
_MUCH_LONGER = 1.5
"""A length that is declared so many times too large is not believed."""
_PACKETS_OF_RATE = 600
"""Packets that show the rate of a file."""
_STALL = 1.5
"""Times of the median step from picture to picture: a longer step leaves pictures out."""
_USUAL_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
"""Pictures per second; stamps in whole milliseconds hide them."""
_FRAMES_OF_A_WRONG_LENGTH = 1.5
"""Some files declare no length, or one in the wrong unit, which gives no more than one frame."""


@dataclass(frozen=True)
class VideoInfo:
    """A video file that can be read.

    `width_px`, `height_px`: size of a picture as displayed: turned as flagged, and with square pixels.
    `fps`: frames per second, the average over the file (29.97 is 30000 / 1001).
    `start_s`: where the picture starts on the file's own clock; all other times count from there.
    `duration_s`: length that the file declares; a damaged file can end earlier.
    `rotation_deg`: 0, 90, 180 or 270, the clockwise turn from stored to displayed picture, already applied to frames.
    `time_base`, `start_pts`: a frame's time is (pts - start_pts) * time_base seconds.
    """

    path: Path
    width_px: int
    height_px: int
    fps: float
    start_s: float
    duration_s: float
    codec: str
    pixel_format: str
    has_audio: bool
    rotation_deg: int
    time_base: Fraction
    start_pts: int
    size_bytes: int
    mirrored: bool = False
    """Left and right of the stored picture are flipped before it is turned, already done to frames."""
    strays: int = 0
    """Packets whose timestamps lie more than an hour off all others: they are not read."""
    nominal_fps: float = 0.0
    """Pictures per second where none is left out, where this differs from the average; else 0."""
    is_timed: bool = True
    """Whether the file says when its pictures are shown; a bare stream of pictures does not, and a usual rate is taken."""

    @property
    def orientation(self) -> Orientation:
        """How stored pictures are turned and flipped."""
        return Orientation(self.rotation_deg, self.mirrored)

    @property
    def usual_fps(self) -> float:
        """Pictures per second where none is left out: what a grid of analysed frames has to fit."""
        return self.nominal_fps or self.fps

    @property
    def frame_count(self) -> int:
        """Number of frames that the declared length holds at the average rate: an estimate, for progress."""
        return max(1, round(self.duration_s * self.fps))

    def time_s(self, pts: int) -> float:
        """Return the seconds since the first picture of the timestamp `pts`."""
        ticks = (pts - self.start_pts) * self.time_base.numerator
        return ticks / self.time_base.denominator

    def pts(self, time_s: float) -> int:
        """Return the timestamp at or before `time_s`."""
        return int(time_s / self.time_base) + self.start_pts


def probe(path: Path) -> VideoInfo:
    """Open a video, decode its first picture and say what it is.

    Args:
        path: a video file.

    Raises:
        InputError: missing, a directory, no permission, empty, not a video, no picture track, or nothing decodable.
    """
    path = Path(path)
    size_bytes = _check_file(path)
    with open_video(path) as container:
        stream = picture_stream(container, path)
        frame = _first_frame(container, stream, path)
        orientation = orientation_of(frame)
        shown_px = round(frame.width * pixel_aspect(stream)), frame.height
        shown_px = shown_px[::-1] if orientation.swaps_sides else shown_px
        start_pts = _start_pts(stream, frame)
        info = VideoInfo(
            path=path,
            width_px=shown_px[0],
            height_px=shown_px[1],
            fps=_fps(stream),
            start_s=float(start_pts * stream.time_base),
            duration_s=_declared_duration_s(container, stream, start_pts),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=frame.format.name,
            has_audio=len(container.streams.audio) > 0,
            rotation_deg=orientation.rotation_deg,
            mirrored=orientation.mirrored,
            time_base=stream.time_base,
            start_pts=start_pts,
            size_bytes=size_bytes,
            is_timed=container.format.name not in _UNTIMED,
        )
    is_said = info.fps > 0 and info.duration_s * info.fps > _FRAMES_OF_A_WRONG_LENGTH
    info = info if is_said else _measured(info)
    info = _without_strays(info) if _is_doubtful(info) else info
    return replace(info, nominal_fps=_nominal_fps(path, info.fps))


@contextmanager
def open_video(path: Path, hardware: str | None = None) -> Iterator[Any]:
    """Open a container for reading: local files only, known formats only.

    Args:
        path: a video file.
        hardware: FFmpeg's name of a card's decoder; None for software.

    Raises:
        InputError: FFmpeg cannot make sense of the file.
    """
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        accelerated = {} if hardware is None else {"hwaccel": HWAccel(device_type=hardware)}
        container = av.open(f"file:{path}", mode="r", options=options, **_LENIENT, **accelerated)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise InputError(
            f"{path} is not a video that can be read: {_reason(error)}; give an MP4, MOV, MKV, WebM or AVI file"
        ) from error
    with container:
        yield container


def picture_stream(container: Any, path: Path) -> Any:
    """Return the container's moving picture (cover art is none).

    Raises:
        InputError: there is none, or its codec is not known.
    """
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        what = "only sound" if container.streams.audio else "no picture track"
        raise InputError(f"{path} holds {what}; give a file with a video track")
    stream = streams[0]
    if stream.codec_context is None:
        raise InputError(f"{path}: the codec of its picture track is not known; convert it to H.264 first")
    stream.codec_context.thread_count = _THREADS
    return stream


def _check_file(path: Path) -> int:
    """Return the size of a plain readable file in bytes."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a directory; give a video file")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is not a plain file; give a video file")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give a video file") from None
    except PermissionError:
        raise InputError(f"{path} may not be read: no permission") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {_reason(error)}") from error
    if status.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes); copy or record it again")
    return status.st_size


def _reason(error: Exception) -> str:
    """Return FFmpeg's or the system's reason without the path and numbers."""
    reason = getattr(error, "strerror", None) or str(error)
    plain_words = {
        "Invalid data found when processing input": "no video data found (truncated, damaged, or another kind of file)",
        "Invalid argument": "the format is not one of a video",
    }
    return " ".join(plain_words.get(str(reason), str(reason)).split())


def _first_frame(container: Any, stream: Any, path: Path) -> Any:
    """Decode the first picture that can be decoded."""
    reason = "no picture in it can be decoded"
    packets = container.demux(stream)
    for _ in range(_PROBE_PACKETS):
        try:
            packet = next(packets, None)
            if packet is None:
                break
            frames = packet.decode()
        except av.error.FFmpegError as error:
            reason = _reason(error)
            packets = container.demux(stream)
            continue
        if frames:
            return frames[0]
    raise InputError(f"{path} is not a video that can be read: {reason}; copy or record it again")


def _start_pts(stream: Any, first_frame: Any) -> int:
    """Return the earliest timestamp of the pictures, in the stream's time base."""
    candidates = [value for value in (stream.start_time, first_frame.pts) if value is not None]
    return min(candidates, default=0)


def _fps(stream: Any) -> float:
    """Return the average frame rate; the nominal one (30000 / 1001) where they agree within 0.5 %; 0 if unknown."""
    average, nominal = (_sane_rate(rate) for rate in (stream.average_rate, stream.guessed_rate))
    if average and nominal and abs(nominal / average - 1) < _SAME_RATE:
        return nominal
    return average or nominal


def _nominal_fps(path: Path, fps: float) -> float:
    """Return the rate of the first pictures between stalls; 0 where it is no more than the average rate `fps`."""
    with open_video(path) as container, suppress(av.error.FFmpegError):
        stream = picture_stream(container, path)
        packets = islice(container.demux(stream), _PACKETS_OF_RATE)
        step_s = np.diff(np.unique([float(p.pts * stream.time_base) for p in packets if p.pts is not None]))
        if len(step_s):
            rate = min(1 / float(np.mean(step_s[step_s <= _STALL * np.median(step_s)])), _MAX_FPS)
            usual = min(_USUAL_RATES, key=lambda usual: abs(usual / rate - 1))
            rate = usual if abs(usual / rate - 1) < _SAME_RATE else rate
            return rate if rate > fps * (1 + _SAME_RATE) else 0.0
    return 0.0


def _sane_rate(rate: Fraction | None) -> float:
    return float(rate) if rate and 0 < rate <= _MAX_FPS else 0.0


def _declared_duration_s(container: Any, stream: Any, start_pts: int) -> float:
    """Return the length that track or container declares, in seconds; 0 if neither does."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    declared = _clock_s(stream.metadata.get("DURATION", ""))
    if not declared and container.duration:
        declared = container.duration / av.time_base
    return max(0.0, declared - float(start_pts * stream.time_base)) if declared else 0.0


def _clock_s(text: str) -> float:
    """Read Matroska's '00:00:15.015000000' as seconds; 0 if it is something else."""
    fields = text.split(":")
    try:
        hours, minutes, seconds = (float(field) for field in fields)
    except ValueError:
        return 0.0
    return hours * 3600 + minutes * 60 + seconds


def _measured(info: VideoInfo) -> VideoInfo:
    """Fill in length and rate of a file that does not declare them, from its packets."""
    packets, stamps = _packets_of(info.path)
    span_s = float((max(stamps) - min(stamps)) * info.time_base) if stamps else 0.0
    fps = info.fps or ((len(stamps) - 1) / span_s if span_s > 0 else _USUAL_FPS)
    return replace(info, fps=fps, duration_s=(span_s if span_s > 0 else (packets - 1) / fps) + 1 / fps)


def _packets_of(path: Path) -> tuple[int, list[int]]:
    """Count the picture's packets, and list the timestamps of those that have one."""
    packets = 0
    stamps: list[int] = []
    with open_video(path) as container, suppress(av.error.FFmpegError):  # what precedes damage is enough
        for packet in container.demux(picture_stream(container, path)):
            packets += packet.size > 0
            if packet.pts is not None:
                stamps.append(packet.pts)
    return packets, stamps


def _is_doubtful(info: VideoInfo) -> bool:
    """Say whether a file says that it is longer than its bytes can fill, or than games are."""
    frames = info.duration_s * info.fps
    return info.duration_s > _LONG_S or frames * _LEAST_FRAME_BYTES > max(info.size_bytes, _SMALL_FILE_BYTES)


def _without_strays(info: VideoInfo) -> VideoInfo:
    """Leave out packets with timestamps far off: a single wrong one makes a game of days, all of it empty but two ends."""
    stamps = sorted(_packets_of(info.path)[1])
    gap = int(_STRAY_S / info.time_base)
    borders = [0, *(k for k in range(1, len(stamps)) if stamps[k] - stamps[k - 1] > gap), len(stamps)]
    if len(borders) < 3:
        return _of_its_content(info, stamps)
    first, end = max(pairwise(borders), key=lambda stretch: stretch[1] - stretch[0])
    start_pts = max(stamps[first], info.start_pts)
    span_s = float((stamps[end - 1] - start_pts) * info.time_base)
    fps = min((end - first - 1) / span_s, _MAX_FPS) if span_s > 0 else _USUAL_FPS
    fps = info.fps if abs(info.fps / fps - 1) < _SAME_RATE else fps
    return replace(
        info,
        fps=fps,
        start_s=float(start_pts * info.time_base),
        duration_s=span_s + 1 / fps,
        start_pts=start_pts,
        strays=len(stamps) - (end - first),
    )


def _of_its_content(info: VideoInfo, stamps: list[int]) -> VideoInfo:
    """Say how long a file is by the timestamps in it, rising, where what it declares is a multiple of that."""
    if len(stamps) < 2:
        return info
    span_s = float((stamps[-1] - max(stamps[0], info.start_pts)) * info.time_base)
    if span_s <= 0 or info.duration_s < _MUCH_LONGER * span_s:
        return info
    fps = (
        info.fps if abs(info.fps * span_s / (len(stamps) - 1) - 1) < 0.5 else min((len(stamps) - 1) / span_s, _MAX_FPS)
    )
    return replace(info, fps=fps, duration_s=span_s + 1 / fps)
