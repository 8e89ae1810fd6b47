"""What is settled once for a whole video, from a few of its frames: the detector's input size, and where graphics are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.text import TextReader, is_installed
from pipeline.config import Settings
from pipeline.perceive.graphics import Graphics, find_graphics
from pipeline.perceive.networks import choose_input_size
from pipeline.perceive.scoreboard import find_scoreboard
from pipeline.settings_section import ScoreboardSettings
from pipeline.video import VideoInfo, chunks, glances, read_chunk

Image = NDArray[np.uint8]

_SAMPLES = 6
"""Frames of which people's sizes are looked at."""
_VIEWS, _FEWEST_VIEWS = 24, 12
"""Frames that are searched for graphics, and the fewest key frames that will do."""
_DECODED_S = 20.0
"""Where key frames are too few, so much of the middle of the video is decoded."""
_VIEW_WIDTH_PX = 640


@dataclass(frozen=True)
class Survey:
    """What is settled."""

    input_size_px: int
    """Long side of the detector's input."""
    graphics: Graphics
    scoreboard_px: tuple[int, int, int, int] | None = None
    """x, y, width, height of the scoreboard; None where there is none, or none that is to be read."""


def survey(video: VideoInfo, interval_s: tuple[float, float], settings: Settings, device: str) -> Survey:
    """Look at a few frames of a video.

    Args:
        video: the video.
        interval_s: the part that is analysed.
        settings: of the run.
        device: where networks run.
    """
    samples = [frame.image for frame in glances(video, _spread(interval_s, _SAMPLES))]
    size_px = choose_input_size(settings, device, samples)
    graphics = find_graphics(_views(video, interval_s))
    return Survey(size_px, graphics, _scoreboard(samples, graphics, settings.scoreboard))


def _scoreboard(
    samples: Sequence[Image], graphics: Graphics, settings: ScoreboardSettings
) -> tuple[int, int, int, int] | None:
    """Find the scoreboard, if it is to be read and can be."""
    if not settings.read or not is_installed():
        return None
    if settings.box_px is None:
        return find_scoreboard(samples, graphics, TextReader(what="scoreboard"))
    return clipped(settings.box_px, samples)


def clipped(box_px: tuple[int, int, int, int], samples: Sequence[Image]) -> tuple[int, int, int, int] | None:
    """Keep what of a given box lies in the pictures; None where nothing does."""
    if not samples:
        return None
    height, width = samples[0].shape[:2]
    left, top = box_px[:2]
    right, below = min(left + box_px[2], width), min(top + box_px[3], height)
    return (left, top, right - left, below - top) if right - left >= 8 and below - top >= 8 else None


def _views(video: VideoInfo, interval_s: tuple[float, float]) -> list[Image]:
    """Return small pictures spread over the video; over its middle, if it has few key frames."""
    views = [_small(frame.image) for frame in glances(video, _spread(interval_s, _VIEWS))]
    if len(views) >= _FEWEST_VIEWS:
        return views
    length_s = min(interval_s[1] - interval_s[0], _DECODED_S)
    start_s = interval_s[0] + (interval_s[1] - interval_s[0] - length_s) / 2
    middle = chunks(video, start_s, start_s + length_s, 2 * length_s, _VIEWS / length_s)
    return [_small(frame.image) for frame in read_chunk(video, middle[0])]


def _small(image: Image) -> Image:
    """Reduce a picture in size."""
    height, width = image.shape[:2]
    size = (_VIEW_WIDTH_PX, max(1, round(_VIEW_WIDTH_PX * height / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _spread(interval_s: tuple[float, float], count: int) -> list[float]:
    """Spread so many times, in seconds, evenly over an interval."""
    start_s, end_s = interval_s
    return [start_s + (end_s - start_s) * (step + 0.5) / count for step in range(count)]
