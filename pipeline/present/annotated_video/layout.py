"""Where labels, header and mini-map stand: inside the picture, on nothing that matters, and on none of each other."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom edge, px; the last two are outside."""

_STEPS_DOWN = (0, 1, -1, 2, -2, 3, -3, 4, 5)
_STEPS_ASIDE = (0.0, 0.5, -0.5, 1.0, -1.0)
"""Where else a label may stand, in its heights below its place and its widths beside it."""
_MOVED = 0.3
"""What it costs a label to stand elsewhere than in the frame before, in its heights: fewer jumps."""
_CLEARANCE = 0.25
"""Free room around the place that a label moves to, in its heights: it does not come and go."""
_CORNERS = ("top right", "top left", "bottom right", "bottom left")
"""By preference."""


@dataclass(frozen=True)
class Caption:
    """A label and where it would stand if it was alone."""

    key: Hashable
    """Whose it is, the same from frame to frame; None: nobody's in particular."""
    size_px: tuple[int, int]
    centre_x: float
    top: float


class LabelLayout:
    """Places the labels of one frame after another, so that none covers another or leaves the picture."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        """Begin with no frame.

        Args:
            size_px: width and height within which labels stay.
        """
        self._width, self._height = size_px
        self._before: dict[Hashable, tuple[float, int]] = {}

    def place(self, captions: Sequence[Caption], reserved: Sequence[Rectangle]) -> list[tuple[int, int] | None]:
        """Place the labels of a frame, the most important first.

        Args:
            captions: labels.
            reserved: where none may stand.

        Returns:
            Left and upper edge of each; None where there is no room near by.
        """
        taken, found, now = list(reserved), [], {}
        for caption in captions:
            corner = None
            for step in self._steps(caption):
                left, top = self._inside(caption, step)
                rectangle = (left, top, left + caption.size_px[0], top + caption.size_px[1])
                if not any(overlap(self._cleared(caption, step, rectangle), place) for place in taken):
                    corner = left, top
                    taken.append(rectangle)
                    if caption.key is not None:
                        now[caption.key] = step
                    break
            found.append(corner)
        self._before = now
        return found

    def _cleared(self, caption: Caption, step: tuple[float, int], rectangle: Rectangle) -> Rectangle:
        """Return what has to be free for a label to stand somewhere: more where it did not stand in the frame before."""
        if self._before.get(caption.key, (0.0, 0)) == step:
            return rectangle
        room = round(_CLEARANCE * caption.size_px[1])
        return rectangle[0] - room, rectangle[1] - room, rectangle[2] + room, rectangle[3] + room

    def _steps(self, caption: Caption) -> list[tuple[float, int]]:
        """List the places of a label, the nearest first; the one of the frame before is nearer than it is."""
        width, height = caption.size_px
        before = None if caption.key is None else self._before.get(caption.key)
        if before is None:
            before = (0.0, 0)

        def cost(step: tuple[float, int]) -> float:
            aside, down = step
            return abs(aside) * width + 1.2 * abs(down) * height + (_MOVED * height if step != before else 0.0)

        return sorted(((aside, down) for down in _STEPS_DOWN for aside in _STEPS_ASIDE), key=cost)

    def _inside(self, caption: Caption, step: tuple[float, int]) -> tuple[int, int]:
        """Return the corner of a label at a place, moved inside the picture where it would leave it."""
        width, height = caption.size_px
        left = round(caption.centre_x - width / 2 + step[0] * (width + 2))
        top = round(caption.top + step[1] * (height + 2))
        return min(max(left, 0), max(self._width - width, 0)), min(max(top, 0), max(self._height - height, 0))


def overlap(first: Rectangle, second: Rectangle) -> bool:
    """Say whether two rectangles share a pixel.

    Example:
        >>> overlap((0, 0, 4, 4), (3, 3, 9, 9)), overlap((0, 0, 4, 4), (4, 0, 9, 4))
        (True, False)
    """
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def quietest_corner(
    size_px: tuple[int, int],
    inset_px: tuple[int, int],
    margin_px: int,
    boxes_px: NDArray[np.float64],
    taken: Sequence[Rectangle],
) -> tuple[int, int]:
    """Choose the corner of the picture in which an inset hides the fewest people, and nothing that is taken if it can.

    Args:
        size_px: width and height of the picture.
        inset_px: width and height of the inset.
        margin_px: between inset and border.
        boxes_px: (n, 4) of people, over the whole video.
        taken: rectangles that should stay visible.

    Returns:
        Left and upper edge of the inset, both even.

    Example:
        >>> quietest_corner((100, 100), (30, 20), 4, np.array([[70.0, 0, 90, 30]]), [])
        (4, 4)
    """
    places = {
        corner: (
            (size_px[0] - inset_px[0] - margin_px if "right" in corner else margin_px) // 2 * 2,
            (size_px[1] - inset_px[1] - margin_px if "bottom" in corner else margin_px) // 2 * 2,
        )
        for corner in _CORNERS
    }

    def hidden(corner: str) -> tuple[float, float]:
        left, top = places[corner]
        inset = (left, top, left + inset_px[0], top + inset_px[1])
        covered = float(sum(overlap(inset, place) for place in taken))
        wide = np.clip(np.minimum(boxes_px[:, 2], inset[2]) - np.maximum(boxes_px[:, 0], inset[0]), 0, None)
        tall = np.clip(np.minimum(boxes_px[:, 3], inset[3]) - np.maximum(boxes_px[:, 1], inset[1]), 0, None)
        area = np.clip((boxes_px[:, 2:] - boxes_px[:, :2]).prod(axis=1), 1e-6, None)
        return covered, round(float((wide * tall / area).mean()) if len(boxes_px) else 0.0, 3)

    return places[min(_CORNERS, key=hidden)]
