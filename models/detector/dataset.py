"""Labelled images for the detector, as one type whatever the data set's format."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError


@dataclass(frozen=True)
class LabelledImage:
    """An image file and what is in it.

    Attributes:
        path: image file.
        game: which game it was taken from; splits are made by game.
        clip: which clip of that game.
        width_px, height_px: size at the true aspect ratio; the stored pixels may be stretched.
        xyxy_px: (n, 4) float32, left, top, right, bottom in px of (width_px, height_px).
        class_index: (n,) int16 into `classes.CLASS_NAMES`.
        labelled: classes that were labelled in this image; of the others nothing is known.
    """

    path: Path
    game: str
    clip: str
    width_px: int
    height_px: int
    xyxy_px: NDArray[np.float32]
    class_index: NDArray[np.int16]
    labelled: frozenset[int]


@dataclass(frozen=True)
class Split:
    """Images to learn from and images of other games to measure on."""

    train: tuple[LabelledImage, ...]
    held_out: tuple[LabelledImage, ...]

    def __post_init__(self) -> None:
        shared = {image.game for image in self.train} & {image.game for image in self.held_out}
        if shared:
            raise InputError(
                f"the split shares the games {sorted(shared)} between training and hold-out: "
                "a whole game belongs to one side; hold out by game name"
            )


def split_by_game(images: Iterable[LabelledImage], held_out_games: Sequence[str]) -> Split:
    """Put whole games aside for measuring.

    Args:
        images: all labelled images.
        held_out_games: names of games; each must occur.

    Returns:
        The two of them, in the order given.

    Raises:
        InputError: a game to hold out has no image.
    """
    images = tuple(images)
    missing = set(held_out_games) - {image.game for image in images}
    if missing:
        raise InputError(f"no image of the games to hold out: {sorted(missing)}")
    held = tuple(image for image in images if image.game in held_out_games)
    return Split(tuple(image for image in images if image.game not in held_out_games), held)


def read_pixels(image: LabelledImage, longest_px: int = 1280) -> NDArray[np.uint8]:
    """Decode an image, shrunk if it is large, as it is stored (stretched images stay so).

    Args:
        image: which one.
        longest_px: long side above which the image is shrunk.

    Returns:
        (h, w, 3) uint8, BGR.

    Raises:
        InputError: the file is missing or is no image.
    """
    pixels = cv2.imread(str(image.path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise InputError(f"{image.path}: cannot be read as an image")
    shrink = longest_px / max(pixels.shape[:2])
    if shrink < 1:
        size = (round(pixels.shape[1] * shrink), round(pixels.shape[0] * shrink))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def unstretch(pixels: NDArray[np.uint8], image: LabelledImage, width_px: int) -> NDArray[np.uint8]:
    """Resize stored pixels to the true aspect ratio at a given width.

    Args:
        pixels: (h, w, 3) uint8 as stored.
        image: what they belong to.
        width_px: width of the result.

    Returns:
        (round(width_px * height_px / width_px of the image), width_px, 3) uint8.
    """
    height = round(width_px * image.height_px / image.width_px)
    shrinks = width_px < pixels.shape[1] or height < pixels.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width_px, height), interpolation=interpolation), dtype=np.uint8)


def data_fingerprint(images: Iterable[LabelledImage]) -> str:
    """Hash names, sizes and labels, so that a checkpoint says what it learned from.

    Args:
        images: the labelled images, in any order.

    Returns:
        16 hexadecimal digits; the order of the images does not matter.
    """
    lines = sorted(
        hashlib.sha256(
            f"{image.game}/{image.path.name} {image.width_px}x{image.height_px}".encode()
            + image.xyxy_px.tobytes()
            + image.class_index.tobytes()
        ).hexdigest()
        for image in images
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
