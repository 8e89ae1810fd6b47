"""Crops cut and resized where the network runs, so that a frame goes to the card once and its crops not at all.

The same as `crops.to_batch` of the cut pictures, within one grey level (OpenCV rounds its weights).
"""

from __future__ import annotations

import torch
from torch import Tensor


def cut_crops(images: Tensor, image_of_box: Tensor, boxes_px: Tensor, size_px: tuple[int, int]) -> Tensor:
    """Cut boxes out of images and stretch each to one size: averaging where it shrinks, bilinear where it grows.

    Args:
        images: (b, h, w, 3) uint8, on any device.
        image_of_box: (n,) int64, which image each box is of.
        boxes_px: (n, 4) int64 x1 y1 x2 y2, whole px inside the image, at least one wide and high.
        size_px: height and width.

    Returns:
        (n, height, width, 3) uint8, on the device of the images.
    """
    crops = torch.empty((len(boxes_px), *size_px, 3), dtype=torch.uint8, device=images.device)
    wide, high = boxes_px[:, 2] - boxes_px[:, 0], boxes_px[:, 3] - boxes_px[:, 1]
    shrinks = (high > size_px[0]) & (wide > size_px[1])
    for rows, resized in ((shrinks, _averaged), (~shrinks, _interpolated)):
        crops[rows] = resized(images, image_of_box[rows], boxes_px[rows], size_px).round_().clamp_(0, 255).byte()
    return crops


def _averaged(images: Tensor, image_of_box: Tensor, boxes_px: Tensor, size_px: tuple[int, int]) -> Tensor:
    """Average over the area of each new px: differences of a summed-area table, read between its nodes."""
    table = torch.nn.functional.pad(images.int().cumsum(1).cumsum(2), (0, 0, 1, 0, 1, 0))  # (b, h + 1, w + 1, 3)
    edges = [
        low[:, None] + (high - low)[:, None] * torch.arange(count + 1, device=images.device) / count
        for low, high, count in _axes(boxes_px, size_px)
    ]
    corners = _between(table, image_of_box, edges[0].double(), edges[1].double())  # (n, height + 1, width + 1, 3)
    sums = corners[:, 1:, 1:] - corners[:, :-1, 1:] - corners[:, 1:, :-1] + corners[:, :-1, :-1]
    (top, bottom, height), (left, right, width) = _axes(boxes_px, size_px)
    area = ((bottom - top) / height) * ((right - left) / width)
    return sums / area[:, None, None, None]


def _interpolated(images: Tensor, image_of_box: Tensor, boxes_px: Tensor, size_px: tuple[int, int]) -> Tensor:
    """Interpolate between the nearest px; beyond the outermost of a crop they hold."""
    places = []
    for low, high, count in _axes(boxes_px, size_px):
        middles = (torch.arange(count, device=images.device) + 0.5) / count * (high - low)[:, None] - 0.5
        places.append(low[:, None] + torch.minimum(middles.clamp(min=0), (high - low - 1)[:, None].float()))
    return _between(images, image_of_box, places[0].double(), places[1].double())


def _axes(boxes_px: Tensor, size_px: tuple[int, int]) -> tuple[tuple[Tensor, Tensor, int], tuple[Tensor, Tensor, int]]:
    """Return begin, end and new size of the boxes downwards and to the right."""
    x1, y1, x2, y2 = boxes_px.unbind(1)
    return (y1, y2, size_px[0]), (x1, x2, size_px[1])


def _between(grid: Tensor, image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Read a grid (b, h, w, 3) bilinearly at places y (n, rows) and x (n, columns): (n, rows, columns, 3) float64."""
    top, left = y.floor().long(), x.floor().long()
    bottom = (top + 1).clamp(max=grid.shape[1] - 1)
    right = (left + 1).clamp(max=grid.shape[2] - 1)
    down, along = (y - top)[:, :, None, None], (x - left)[:, None, :, None]
    which = image[:, None, None]

    def read(rows: Tensor, columns: Tensor) -> Tensor:
        return grid[which, rows[:, :, None], columns[:, None, :]].double()

    upper = read(top, left) * (1 - along) + read(top, right) * along
    lower = read(bottom, left) * (1 - along) + read(bottom, right) * along
    return upper * (1 - down) + lower * down
