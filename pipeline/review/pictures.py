"""VideoPictures cut out of the video when the page asks for them, and kept for the next time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.video import VideoInfo, picture_at

CROP_HEIGHT_PX = 220
STILL_HEIGHT_PX = 540
MOST_KEPT_BYTES = 96 << 20
"""Of compressed pictures in memory."""
_MARGIN = 0.08
"""Around a box, in heights of it."""
_JPEG_QUALITY = 84
"""From 0 to 100, as OpenCV has it."""
_DECODERS = 2
"""VideoPictures that are decoded at once."""


@dataclass
class VideoPictures:
    """Crops and stills of a video as JPEG; asked from several threads."""

    video: VideoInfo
    _kept: OrderedDict[tuple[float, ...], bytes] = field(default_factory=OrderedDict)
    _kept_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _decoding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_DECODERS))

    def crop(self, time_s: float, box_px: tuple[float, float, float, float]) -> bytes:
        """Cut out a box with a margin.

        Args:
            time_s: of a frame.
            box_px: x1, y1, x2, y2.

        Raises:
            InputError: no picture can be decoded there.
        """
        return self._cached((time_s, *box_px), lambda image: _cut(image, box_px), time_s)

    def still(self, time_s: float) -> bytes:
        """Return the whole picture at a time, at reduced size.

        Raises:
            InputError: no picture can be decoded there.
        """
        return self._cached((round(time_s, 3),), lambda image: _scaled(image, STILL_HEIGHT_PX), time_s)

    def _cached(
        self, key: tuple[float, ...], cut: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], time_s: float
    ) -> bytes:
        """Take a picture that is kept, or decode and compress it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with self._decoding:
            frame = picture_at(self.video, time_s)
        if frame is None:
            raise InputError(f"{self.video.path}: no picture can be decoded at {time_s:.2f} s")
        _, data = cv2.imencode(".jpg", cut(frame.image), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        jpeg = data.tobytes()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = jpeg
                self._kept_bytes += len(jpeg)
            while self._kept_bytes > MOST_KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return jpeg


def _cut(image: NDArray[np.uint8], box_px: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """Cut a box with a margin out of a picture (h, w, 3), scaled to the common height."""
    x1, y1, x2, y2 = box_px
    margin = _MARGIN * (y2 - y1)
    height, width = image.shape[:2]
    left, right = (int(np.clip(v, 0, width)) for v in (x1 - margin, x2 + margin))
    top, bottom = (int(np.clip(v, 0, height)) for v in (y1 - margin, y2 + margin))
    left, top = min(left, width - 1), min(top, height - 1)
    return _scaled(image[top : max(bottom, top + 1), left : max(right, left + 1)], CROP_HEIGHT_PX)


def _scaled(image: NDArray[np.uint8], height_px: int) -> NDArray[np.uint8]:
    """Scale a picture (h, w, 3) to a height."""
    scale = height_px / image.shape[0]
    size = max(1, round(image.shape[1] * scale)), height_px
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)
