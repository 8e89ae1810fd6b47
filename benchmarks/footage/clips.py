"""The real clips, and their pictures in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

Image = NDArray[np.uint8]
FILES = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
    "warriors_jazz": "nba_warriors_jazz_broadcast_720p10.mp4",
    "warriors_lakers": "nba_warriors_lakers_broadcast_480p30.mp4",
    "forlimpopoli_scandiano": "serieC_forlimpopoli_scandiano_fixed_1080p60.mp4",
    "timeout": "serieC_timeout_fixed_1080p60.mp4",
    "dal_lac": "nba_dal_lac_360p30_cuts.mp4",
}
WITH_CUTS = frozenset({"dal_lac"})
"""Clips with cuts of their own, which nobody has annotated."""


@dataclass(frozen=True)
class Clip:
    """A video, and the folder of its hand-made truth; None without one."""

    name: str
    video: Path
    truth: Path | None

    @cached_property
    def rate(self) -> Fraction:
        """Frames per second."""
        with av.open(str(self.video)) as container:
            rate = container.streams.video[0].average_rate
        if rate is None:
            raise InputError(f"{self.video} does not say its frame rate")
        return Fraction(rate).limit_denominator(1001)

    @cached_property
    def frames(self) -> int:
        """Number of frames."""
        with av.open(str(self.video)) as container:
            return sum(packet.size > 0 for packet in container.demux(video=0))

    @cached_property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        with av.open(str(self.video)) as container:
            stream = container.streams.video[0]
            return stream.width, stream.height

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(self.frames / self.rate)


def read_clips(data: Path, names: list[str]) -> list[Clip]:
    """Name the chosen clips with their files.

    Args:
        data: holds `videos/` and `truth/`.
        names: of `FILES`.

    Raises:
        InputError: a video is missing.
    """
    clips = []
    for name in names:
        video, truth = data / "videos" / FILES[name], data / "truth" / name
        if not video.is_file():
            raise InputError(f"{video}: not found; name the folder of real footage with --data")
        clips.append(Clip(name, video, truth if truth.is_dir() else None))
    return clips


class Pictures:
    """The decoded frames of a video by number: quick forwards, decoded again from the start for a step back."""

    def __init__(self, video: Path) -> None:
        """Open nothing yet."""
        self._video, self._next = video, 0
        self._latest: dict[int, Image] = {}
        self._decoded: Iterator[Image] = iter(())

    def __getitem__(self, number: int) -> Image:
        """Return a frame (h, w, 3) BGR, not to be changed.

        Raises:
            InputError: the video ends before it.
        """
        if self._next == 0 or (number < self._next and number not in self._latest):
            self._decoded, self._next, self._latest = self._decode(), 0, {}
        while number not in self._latest:
            image = next(self._decoded, None)
            if image is None:
                raise InputError(f"{self._video} has no frame {number}")
            self._latest = {self._next - 1: self._latest.get(self._next - 1, image), self._next: image}
            self._next += 1
        return self._latest[number]

    def _decode(self) -> Iterator[Image]:
        """Yield all frames in order."""
        with av.open(str(self._video)) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="bgr24")
