"""Painted pieces of the hall that people can stand behind."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.camera.views import CameraView

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Layer:
    """A picture with transparency on a backdrop's canvas."""

    image: Image
    """(h, w, 4) BGRA, colour multiplied by alpha."""
    corner: tuple[int, int]
    """Top left on the canvas, px."""
    ground_m: tuple[float, float]
    """Where it stands, for the order of painting."""

    def seen_by(self, view: CameraView, canvas: CameraView) -> tuple[Image, tuple[int, int]] | None:
        """Return the piece as `view` sees it and its corner in the frame; None when outside."""
        if view.size == canvas.size and np.array_equal(view.rotation, canvas.rotation):
            return self.image, self.corner
        h, w = self.image.shape[:2]
        shift = np.array([[1, 0, self.corner[0]], [0, 1, self.corner[1]], [0, 0, 1.0]])
        warp = view.from_view(canvas) @ shift
        corners = np.array([[0, 0, 1], [w, 0, 1], [w, h, 1], [0, h, 1.0]]) @ warp.T
        if (corners[:, 2] <= 1e-9).any():
            return None
        px = corners[:, :2] / corners[:, 2:]
        low = np.maximum(np.floor(px.min(axis=0)), 0).astype(int)
        high = np.minimum(np.ceil(px.max(axis=0)), view.size).astype(int)
        if (high - low).min() < 1:
            return None
        move = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        piece = cv2.warpPerspective(self.image, move @ warp, size, flags=cv2.INTER_LINEAR)
        return np.asarray(piece, dtype=np.uint8), (int(low[0]), int(low[1]))


def crop_layer(sheet: Image, corner: tuple[int, int], ground_m: tuple[float, float]) -> Layer | None:
    """Cut a sheet (h, w, 4) whose top left is `corner` to what is painted on it.

    Args:
        sheet: (h, w, 4), colour multiplied by alpha.
        corner: its top left on the canvas, px.
        ground_m: where on the court it stands.
    """
    x, y, w, h = cv2.boundingRect(np.ascontiguousarray(sheet[..., 3]))
    if w == 0 or h == 0:
        return None
    return Layer(sheet[y : y + h, x : x + w].copy(), (corner[0] + x, corner[1] + y), ground_m)
