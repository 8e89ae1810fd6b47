"""Writing a whole video by the encoder that suits the machine, and by FFmpeg's own where that one fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.video.encoders import SOFTWARE, EncoderFailedError, VideoEncoder, best_encoder
from pipeline.video.planes import Planes
from pipeline.video.source import VideoInfo
from pipeline.video.write import VideoWriter

_LOG = logging.getLogger(__name__)
_CRF = 23
"""Quality like x264's."""

EncoderChoice = Literal["auto", "software"]


@dataclass(frozen=True)
class Track:
    """What a video is to be: where, how large, how often a picture comes, and whose sound it has from when on."""

    path: Path
    size_px: tuple[int, int]
    fps: float
    sound_from: VideoInfo
    start_s: float


def record(track: Track, pictures: Callable[[], Iterable[tuple[Planes, float]]], choice: EncoderChoice) -> str:
    """Write a video.

    Args:
        track: what it is to be.
        pictures: gives all pictures with their times in s; called again where an encoder of a card fails midway.
        choice: auto takes an encoder of a card that opens.

    Returns:
        Name of the encoder that wrote the file.

    Raises:
        OutputError: the file cannot be written.
    """
    encoder = SOFTWARE if choice == "software" else best_encoder(*track.size_px, track.fps, _CRF)
    try:
        _write(track, pictures(), encoder)
    except EncoderFailedError as error:
        _LOG.warning("the card's encoder failed (%s); the video is written anew in software", error)
        encoder = SOFTWARE
        _write(track, pictures(), encoder)
    return encoder.codec


def _write(track: Track, pictures: Iterable[tuple[Planes, float]], encoder: VideoEncoder) -> None:
    """Write the pictures with one encoder."""
    with VideoWriter(
        track.path,
        *track.size_px,
        track.fps,
        sound_from=track.sound_from,
        start_s=track.start_s,
        crf=_CRF,
        encoder=encoder,
    ) as writer:
        for planes, time_s in pictures:
            writer.write_planes(planes, time_s)
