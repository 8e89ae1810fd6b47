"""Pictures as encoders take them: brightness at full size, colour at half. Drawn on as they are, no frame becomes BGR and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from pipeline.video.decode import colorspace_of
from pipeline.video.display import Orientation, first_field_only, in_standard_range, is_high_range
from pipeline.video.source import VideoInfo


class Planes:
    """A picture in NV12, BT.709, limited range; its memory is its own and may be drawn on.

    Args:
        buffer: (h * 3 / 2, w) uint8, contiguous, h and w even: the brightness, then the colour.
    """

    def __init__(self, buffer: NDArray[np.uint8]) -> None:
        height, width = buffer.shape[0] * 2 // 3, buffer.shape[1]
        self.buffer = buffer
        self.luma: NDArray[np.uint8] = buffer[:height]
        """(h, w), black is 16 and white 235."""
        self.chroma: NDArray[np.uint8] = buffer[height:].reshape(height // 2, width // 2, 2)
        """(h / 2, w / 2, 2) Cb, Cr; grey is 128."""

    @classmethod
    def empty(cls, width_px: int, height_px: int) -> Planes:
        """Make a picture whose content is not set yet; both sizes even."""
        return cls(np.empty((height_px * 3 // 2, width_px), np.uint8))

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.luma.shape
        return width, height


class PlaneConverter:
    """Turns decoded frames into planes of one size, as they are to be shown; scaled on the way, never at full size in BGR.

    Args:
        info: the video.
        size_px: width and height wanted, both even.
    """

    def __init__(self, info: VideoInfo, size_px: tuple[int, int]) -> None:
        self._orientation = info.orientation
        self._size_px = size_px[::-1] if self._orientation.swaps_sides else size_px
        self._reformatter = VideoReformatter()

    def __call__(self, frame: Any) -> Planes:
        """Convert a decoded frame."""
        frame = first_field_only(frame)
        planes = self._taken(frame) if self._is_alike(frame) else self._reformatted(frame)
        return planes if self._orientation.is_upright else _turned(planes, self._orientation)

    def _is_alike(self, frame: Any) -> bool:
        """Say whether a frame differs from what is wanted by the order of its bytes alone."""
        return (
            frame.format.name == "yuv420p"
            and (frame.width, frame.height) == self._size_px
            and Colorspace.ITU709 in (frame.colorspace, colorspace_of(frame))
            and frame.color_range != ColorRange.JPEG
            and not is_high_range(frame)
        )

    def _taken(self, frame: Any) -> Planes:
        """Copy a frame's planes, colours side by side."""
        width, height = self._size_px
        planes = Planes.empty(width, height)
        luma, *colors = (_plane(plane) for plane in frame.planes)
        planes.luma[:] = luma
        cv2.merge(colors, planes.chroma)
        return planes

    def _reformatted(self, frame: Any) -> Planes:
        """Scale a frame and convert its colours."""
        width, height = self._size_px
        if is_high_range(frame):
            frame = VideoFrame.from_ndarray(in_standard_range(frame, self._size_px, self._reformatter), format="bgr24")
        converted = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="nv12",
            src_colorspace=colorspace_of(frame),
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        return Planes(np.ascontiguousarray(converted.to_ndarray(), dtype=np.uint8))


def _plane(plane: Any) -> NDArray[np.uint8]:
    """View a plane of a decoded frame (h, w) without the padding of its lines."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _turned(planes: Planes, orientation: Orientation) -> Planes:
    """Flip and turn a picture."""
    width, height = planes.size_px
    turned = Planes.empty(*((height, width) if orientation.swaps_sides else (width, height)))
    turned.luma[:] = orientation.applied(planes.luma)
    turned.chroma[:] = orientation.applied(planes.chroma)
    return turned
