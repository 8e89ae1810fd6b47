"""Interlaced pictures: two moments woven line by line, of which one is shown.

The lines of the later field are replaced by the means of their neighbours, in flagged pictures and in those whose lines
show combs though nobody flagged them. Each picture is judged by itself, so that a chunk gives the same pixels whatever was
read before it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_STEP = 12
"""Difference of neighbouring lines that counts, of 255."""
_COLUMNS = 8
"""One column in so many is looked at."""
_COMBED_SHARE = 5e-4
"""Share of pixels in combs from which on a picture is woven. On six real clips, none above 0.00025; woven while the camera
or people move, 0.0006 to 0.13 ."""


def first_field_only(frame: Any) -> Any:
    """Return a decoded frame as it is, or without its second field where it is interlaced; the frame itself may change."""
    if not frame.interlaced_frame and not _shows_combs(frame):
        return frame
    frame.make_writable()
    kind = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    for plane in frame.planes:
        lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height].view(kind)
        _fill(lines)
    return frame


def comb_share(luma: NDArray[np.uint8]) -> float:
    """Measure the share of the pixels of a picture (h, w) in combs: four lines in a row, lighter and darker in turn."""
    lines = np.ascontiguousarray(luma[:, ::_COLUMNS]).astype(np.int16)
    if len(lines) < 6:
        return 0.0
    step = np.diff(lines, axis=0)
    rises, falls = step > _STEP, step < -_STEP
    peaks, dips = rises[:-1] & falls[1:], falls[:-1] & rises[1:]
    combs = peaks[:-3] & dips[1:-2] & peaks[2:-1] & dips[3:] | dips[:-3] & peaks[1:-2] & dips[2:-1] & peaks[3:]
    return float(combs.mean())


def _shows_combs(frame: Any) -> bool:
    """Say whether an unflagged picture is woven; those of more than 8 bits are not looked at."""
    if not frame.format.name.startswith(("yuv4", "yuvj4", "nv12")) or frame.format.components[0].bits > 8:
        return False
    plane = frame.planes[0]
    return comb_share(np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]) > (
        _COMBED_SHARE
    )


def _fill(lines: NDArray[Any]) -> None:
    """Replace every second line of a plane (h, w) by the mean of its neighbours, in place."""
    upper = lines[0 : len(lines) - 1 : 2]
    lower = lines[2::2]
    between = lines[1::2]
    inner = len(lower)
    between[:inner] = cv2.addWeighted(upper[:inner], 0.5, lower, 0.5, 0)
    between[inner:] = upper[inner : len(between)]
