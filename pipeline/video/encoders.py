"""Encoders of H.264: FFmpeg's own, and those of a card or chip where there is one that opens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av

_LOG = logging.getLogger(__name__)
_BT709 = "colorprim=bt709:transfer=bt709:colormatrix=bt709"
"""x264's parameters that name the colour space of HD video."""
_TAG_BT709 = 1
"""FFmpeg's number for BT.709, of primaries, transfer and matrix."""
_TAG_LIMITED = 1
"""FFmpeg's number for a limited range, black at 16."""
_BITS_PER_PIXEL = 0.1
"""Where an encoder is told a rate in place of a quality."""
_NVENC_OFFSET = 4
"""NVENC's quality number that gives about the size of x264's, less that."""


class EncoderFailedError(Exception):
    """An encoder of a card failed midway; what it wrote cannot be gone on with by another."""


@dataclass(frozen=True)
class VideoEncoder:
    """A codec of FFmpeg and what it is told."""

    codec: str
    options: Callable[[int], Mapping[str, str]]
    """From a quality like x264's (crf) to the codec's options."""
    by_rate: bool = False
    """Whether it is told a rate."""
    on_card: bool = True
    tags: Mapping[str, int] = field(default_factory=dict)
    """Attributes of the codec's context that name the colour space."""

    def set_up(self, context: Any, crf: int, fps: float) -> None:
        """Put quality and colour space into a codec's context that has its size.

        Args:
            context: not opened yet.
            crf: quality like x264's.
            fps: average rate.
        """
        context.options = dict(self.options(crf))
        for name, value in self.tags.items():
            setattr(context, name, value)
        if self.by_rate:
            context.bit_rate = round(_BITS_PER_PIXEL * context.width * context.height * fps)


_TAGS = {
    "color_primaries": _TAG_BT709,
    "color_trc": _TAG_BT709,
    "colorspace": _TAG_BT709,
    "color_range": _TAG_LIMITED,
}
SOFTWARE = VideoEncoder(
    "libx264",
    lambda crf: {"preset": "superfast", "crf": str(crf), "bf": "0", "x264-params": _BT709},
    on_card=False,
)
ON_CARDS = (
    VideoEncoder(
        "h264_nvenc",
        lambda crf: {"preset": "p4", "rc": "vbr", "cq": str(crf + _NVENC_OFFSET), "b:v": "0", "bf": "0"},
        tags=_TAGS,
    ),
    VideoEncoder("h264_videotoolbox", lambda _crf: {"allow_sw": "0"}, by_rate=True, tags=_TAGS),
)
"""In the order in which they are tried. VAAPI is none: PyAV cannot hand it frames that lie in main memory."""


def best_encoder(width_px: int, height_px: int, fps: float, crf: int) -> VideoEncoder:
    """Choose the first encoder of a card that opens for pictures like these, else the one in software.

    Args:
        width_px: even.
        height_px: even.
        fps: average rate.
        crf: quality like x264's.
    """
    for encoder in ON_CARDS:
        if encoder.codec not in av.codecs_available:
            continue
        try:
            context = av.CodecContext.create(encoder.codec, "w")
            context.width, context.height, context.pix_fmt = width_px, height_px, "nv12"
            context.framerate = Fraction(fps).limit_denominator(1001)
            context.time_base = 1 / context.framerate
            encoder.set_up(context, crf, fps)
            context.open(strict=False)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            _LOG.debug("%s does not open: %s", encoder.codec, error)
            continue
        return encoder
    return SOFTWARE
