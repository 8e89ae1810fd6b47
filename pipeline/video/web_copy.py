"""A smaller copy of a video that every browser plays, with the source's timestamps: to be watched soon, not kept for ever."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import VideoFrame

from pipeline.errors import OutputError
from pipeline.video.playback import play
from pipeline.video.source import VideoInfo

COPY_HEIGHT_PX = 480
COPY_FPS = 30.0
"""Most frames per second of a copy."""
_BITS_PER_PIXEL = 0.09
_KEY_FRAME_EVERY_S = 1.0
_QUICK = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "row-mt": "1"}
"""Options of libvpx."""
_TICKS_HZ = 1000
"""Of WebM's clock."""


def write_web_copy(info: VideoInfo, path: Path, advance: Callable[[float], None], is_ended: Callable[[], bool]) -> None:
    """Write the pictures of a video as VP9 in WebM, without sound.

    Args:
        info: the source.
        path: the file.
        advance: told how far it is, 0 to 1.
        is_ended: asked now and then; true: the rest is left out.

    Raises:
        OutputError: it cannot be encoded or written.
    """
    try:
        _write(info, path, advance, is_ended)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise OutputError(f"no copy of {info.path} can be made: {error}") from error


def _write(info: VideoInfo, path: Path, advance: Callable[[float], None], is_ended: Callable[[], bool]) -> None:
    """Encode every picture."""
    width, height = copy_size(info)
    fps = min(info.fps, COPY_FPS)
    with av.open(f"file:{path}", "w", format="webm") as container:
        stream: Any = container.add_stream(
            "libvpx-vp9", rate=Fraction(fps).limit_denominator(1001), options=dict(_QUICK)
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS_HZ)
        stream.codec_context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * fps))
        stream.codec_context.bit_rate = round(_BITS_PER_PIXEL * width * height * fps)
        last = -1
        for time_s, planes in play(info, 0.0, info.duration_s, COPY_FPS, (width, height)):
            if is_ended():
                return
            frame: Any = VideoFrame.from_numpy_buffer(planes.buffer, format="nv12").reformat(format="yuv420p")
            last = max(last + 1, round(time_s * _TICKS_HZ))
            frame.pts, frame.time_base = last, Fraction(1, _TICKS_HZ)
            container.mux(stream.encode(frame))
            advance(min(1.0, time_s / info.duration_s) if info.duration_s else 0.0)
        container.mux(stream.encode(None))


def copy_size(info: VideoInfo) -> tuple[int, int]:
    """Return width and height of a copy: both even, and not larger than the source."""
    scale = min(1.0, COPY_HEIGHT_PX / info.height_px)
    return max(2, 2 * round(info.width_px * scale / 2)), max(2, 2 * round(info.height_px * scale / 2))
