"""What is settled once for a whole video, from a few of its frames: the detector's input size, and where graphics are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.perceive.graphics import Graphics, find_graphics
from pipeline.perceive.networks import choose_input_size
from pipeline.store import RunDirectory
from pipeline.video import VideoInfo, chunks, glances, read_chunk

if TYPE_CHECKING:  # types alone, so that what they import is not code that perception rests on
    from pipeline.run.job import Job

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


def survey(job: Job, video: VideoInfo, stage_fingerprint: str, run: RunDirectory) -> Survey:
    """Look at a few frames of a video, or take what an earlier start found.

    Args:
        job: what is asked for.
        video: its video.
        stage_fingerprint: of perception.
        run: where it is remembered.
    """
    part = run.part("survey", 0, stage_fingerprint)
    if not part.is_done():
        samples = [frame.image for frame in glances(video, _spread(job, video, _SAMPLES))]
        size_px = choose_input_size(job.settings, job.device, samples)
        graphics = find_graphics(_views(job, video))
        with part.writing():
            part.write_json("survey", {"input_size_px": size_px})
            part.write_array("graphics", graphics.mask)
    return Survey(int(part.read_json("survey")["input_size_px"]), Graphics(part.read_array("graphics").astype(bool)))


def _views(job: Job, video: VideoInfo) -> list[Image]:
    """Return small pictures spread over the video; over its middle, if it has few key frames."""
    views = [_small(frame.image) for frame in glances(video, _spread(job, video, _VIEWS))]
    if len(views) >= _FEWEST_VIEWS:
        return views
    until_s = _until_s(job, video)
    length_s = min(until_s - job.start_s, _DECODED_S)
    start_s = job.start_s + (until_s - job.start_s - length_s) / 2
    middle = chunks(video, start_s, start_s + length_s, 2 * length_s, _VIEWS / length_s)
    return [_small(frame.image) for frame in read_chunk(video, middle[0])]


def _small(image: Image) -> Image:
    """Reduce a picture in size."""
    height, width = image.shape[:2]
    size = (_VIEW_WIDTH_PX, max(1, round(_VIEW_WIDTH_PX * height / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _spread(job: Job, video: VideoInfo, count: int) -> Sequence[float]:
    """Spread times, in seconds, evenly over the asked part of the video."""
    return [job.start_s + (_until_s(job, video) - job.start_s) * (step + 0.5) / count for step in range(count)]


def _until_s(job: Job, video: VideoInfo) -> float:
    """Return where the asked part of the video ends."""
    return video.duration_s if job.end_s is None else min(video.duration_s, job.end_s)
