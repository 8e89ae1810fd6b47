"""Random views of labelled images: scale above all, then mosaic, flip, colour, blur and compression.

A view is a canvas of the network's input size, cut into a grid of 1 to 3 cells a side. Each cell shows one frame,
scaled to cover the cell and cropped: with three cells a side a broadcast player of 90 px shrinks to the 30 px of a
player in an amateur hall seen by a wide fixed camera.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.detector.classes import BALL, NUMBER, RIM
from models.detector.dataset import LabelledImage
from models.strict import Strict

_GREY = 114
_SMALL_CLASSES = (BALL, RIM, NUMBER)

Pixels = NDArray[np.uint8]
Sample = tuple[Pixels, LabelledImage]


class DetectorAugmentSettings(Strict):
    """How far views differ from their frames."""

    grid_weights: tuple[float, ...] = Field(default=(0.55, 0.3, 0.15), min_length=1, max_length=6)
    """Odds of 1, 2, 3 ... cells a side."""
    single_zoom: tuple[float, float] = Field(default=(0.6, 2.2))
    """Range of the zoom when one frame fills the canvas; 1 covers the canvas exactly."""
    cell_zoom: tuple[float, float] = (1.0, 1.4)
    """Range of the zoom of a frame in one of several cells; 1 covers the cell exactly."""
    rotation_deg: float = 4.0
    aspect: float = 0.1
    """Largest relative change of width against height."""
    min_visible: float = 0.35
    """Share of a person's box that must be left after cropping for the box to count."""
    min_visible_small: float = 0.6
    """The same for ball, rim and number."""
    min_side_px: float = 4.0
    """Boxes with a shorter side are dropped."""
    hue: float = 0.03
    saturation: float = 0.5
    brightness: float = 0.4
    any_hue: float = 0.12
    """Odds of turning the hue of the whole view by any angle (uniforms and floors of other colours)."""
    blur: float = 0.2
    jpeg: float = 0.3
    noise: float = 0.15


@dataclass(frozen=True)
class AugmentedSample:
    """One training sample.

    Attributes:
        pixels: (h, w, 3) uint8, BGR.
        xyxy_px: (n, 4) float32 in px of `pixels`.
        class_index: (n,) int16.
        labelled: classes labelled in every frame shown.
    """

    pixels: Pixels
    xyxy_px: NDArray[np.float32]
    class_index: NDArray[np.int16]
    labelled: frozenset[int]


def random_view(
    draw: Callable[[int], Sequence[Sample]],
    size_px: tuple[int, int],
    side: int,
    settings: DetectorAugmentSettings,
    rng: np.random.Generator,
) -> AugmentedSample:
    """Compose a random view.

    Args:
        draw: gives a number of frames of one data set.
        size_px: width and height of the canvas.
        side: cells a side.
        settings: ranges and odds.
        rng: source of all randomness.

    Returns:
        A view of the size asked for.
    """
    samples = draw(side * side)
    canvas = np.full((size_px[1], size_px[0], 3), _GREY, dtype=np.uint8)
    zooms = settings.single_zoom if side == 1 else settings.cell_zoom
    boxes, classes = [], []
    for (pixels, image), cell in zip(samples, _cells(size_px, side, rng), strict=True):
        zoom = float(np.exp(rng.uniform(*np.log(zooms))))
        kept_px, kept_class = _paint_cell(canvas, cell, pixels, image, zoom, settings, rng)
        boxes.append(kept_px)
        classes.append(kept_class)
    xyxy = np.concatenate(boxes)
    if rng.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
        xyxy = xyxy.copy()
        xyxy[:, [0, 2]] = size_px[0] - xyxy[:, [2, 0]]
    labelled = frozenset.intersection(*(image.labelled for _, image in samples))
    return AugmentedSample(_change_pixels(canvas, settings, rng), xyxy, np.concatenate(classes), labelled)


def _cells(size_px: tuple[int, int], side: int, rng: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """Cut a canvas into side x side cells (left, top, right, bottom in px) with shaken borders."""
    borders = []
    for length in size_px:
        inner = np.arange(1, side) / side + rng.uniform(-0.15, 0.15, side - 1) / side
        borders.append([0, *np.round(inner * length).astype(int).tolist(), length])
    columns, rows = borders
    return [(columns[i], rows[j], columns[i + 1], rows[j + 1]) for j in range(side) for i in range(side)]


def _paint_cell(
    canvas: Pixels,
    cell: tuple[int, int, int, int],
    pixels: Pixels,
    image: LabelledImage,
    zoom: float,
    settings: DetectorAugmentSettings,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Paint a frame into a cell of the canvas and return the boxes that stay visible there."""
    left, top, right, bottom = cell
    cell_px = np.array([right - left, bottom - top], dtype=float)
    frame_px = np.array([image.width_px, image.height_px], dtype=float)
    squeeze = 1 + rng.uniform(-settings.aspect, settings.aspect)
    scale = float((cell_px / frame_px).max()) * zoom * np.array([squeeze, 1 / squeeze]) ** 0.5
    to_cell = _random_placement(frame_px, cell_px, scale, settings.rotation_deg, rng)
    stored_px = np.array(pixels.shape[1::-1], dtype=float)
    shrunk_px = np.maximum(np.round(np.minimum(scale * frame_px, stored_px)), 1)
    source = pixels
    if (shrunk_px < 0.8 * stored_px).any():
        shrunk = cv2.resize(pixels, (int(shrunk_px[0]), int(shrunk_px[1])), interpolation=cv2.INTER_AREA)
        source = np.asarray(shrunk, dtype=np.uint8)
    to_frame = frame_px / np.array(source.shape[1::-1], dtype=float)
    matrix = to_cell @ np.diag([*to_frame, 1.0])
    fill = int(rng.integers(0, 160)) if rng.random() < 0.5 else _GREY
    canvas[top:bottom, left:right] = cv2.warpAffine(
        source, matrix[:2], (right - left, bottom - top), borderValue=(fill, fill, fill)
    )
    moved, kept = _move_boxes(image, to_cell, cell_px, settings)
    return moved + np.array([left, top, left, top], dtype=np.float32), image.class_index[kept]


def _random_placement(
    frame_px: NDArray[np.float64],
    cell_px: NDArray[np.float64],
    scale: NDArray[np.float64],
    rotation_deg: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return a (3, 3) matrix, frame px to cell px: rotated about the centre, scaled, moved at random."""
    angle = np.deg2rad(rng.uniform(-rotation_deg, rotation_deg))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag(scale)
    slack = cell_px - scale * frame_px
    centre = cell_px / 2 + rng.uniform(-0.5, 0.5, 2) * np.abs(slack)
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = centre - linear @ (frame_px / 2)
    return matrix


def _move_boxes(
    image: LabelledImage, to_cell: NDArray[np.float64], cell_px: NDArray[np.float64], settings: DetectorAugmentSettings
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Map an image's boxes into a cell, clip them, and say which ones are still to be seen.

    Centres are rotated with the picture; widths and heights are scaled only, since people stay upright.
    """
    boxes = image.xyxy_px.astype(float)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ to_cell[:2, :2].T + to_cell[:2, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * np.linalg.norm(to_cell[:2, :2], axis=0)
    moved = np.concatenate([centres - half, centres + half], axis=1)
    clipped = np.clip(moved, 0, np.tile(cell_px, 2))
    size_px = clipped[:, 2:] - clipped[:, :2]
    visible = size_px.prod(axis=1) / np.maximum((2 * half).prod(axis=1), 1e-6)
    small = np.isin(image.class_index, _SMALL_CLASSES)
    needed = np.where(small, settings.min_visible_small, settings.min_visible)
    kept = (visible >= needed) & (size_px.min(axis=1, initial=np.inf) >= settings.min_side_px)
    return clipped[kept].astype(np.float32), kept


def _change_pixels(pixels: Pixels, settings: DetectorAugmentSettings, rng: np.random.Generator) -> Pixels:
    """Change colours, blur, add noise and compress, each at its odds."""
    pixels = _change_colours(pixels, settings, rng)
    if rng.random() < settings.blur:
        pixels = _blur(pixels, rng)
    if rng.random() < settings.noise:
        noise = rng.normal(0, rng.uniform(2, 10), pixels.shape).astype(np.float32)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if rng.random() < settings.jpeg:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return pixels


def _change_colours(pixels: Pixels, settings: DetectorAugmentSettings, rng: np.random.Generator) -> Pixels:
    """Turn the hue, stretch saturation and brightness through look-up tables."""
    turn = 90.0 if rng.random() < settings.any_hue else 180 * settings.hue
    shift, saturation, value = rng.uniform(-1, 1, 3)
    levels = np.arange(256, dtype=float)
    tables = (
        ((levels + shift * turn) % 180),
        np.clip(levels * (1 + saturation * settings.saturation), 0, 255),
        np.clip(levels * (1 + value * settings.brightness), 0, 255),
    )
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    lut = np.stack(tables, axis=-1).astype(np.uint8)[None]
    return np.asarray(cv2.cvtColor(cv2.LUT(hsv, lut), cv2.COLOR_HSV2BGR), dtype=np.uint8)


def _blur(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur out of focus, or along a line as a panning camera does."""
    if rng.random() < 0.5:
        sigma = float(rng.uniform(0.4, 1.4))
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)
    length = int(rng.integers(3, 8))
    kernel = np.full((1, length), 1 / length, dtype=np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, kernel), dtype=np.uint8)
