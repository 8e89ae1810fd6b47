"""What a detector is and gives: boxes, settings, letterboxing, decoding and suppression of doubles."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.detector.classes import CLASS_NAMES, PLAYER, REFEREE
from models.runtime import Precision, Runtime

Image = NDArray[np.uint8]

STRIDE_PX = 32
LEAST_INPUT_PX = 640
_SHARP_LOOK_PX = 1280
"""Input at which small people are found, too."""
_CAUTION = 1.2
"""So much taller than wanted people must be in a small input, in which the smallest are missed, for it to be enough."""
_BINS = 16


@dataclass(frozen=True)
class Boxes:
    """What was found in one image, best score first.

    Attributes:
        xyxy_px: (n, 4) float32, left, top, right, bottom in px of the image, within its borders.
        score: (n,) float32 in 0..1.
        class_index: (n,) int16 into the detector's `class_names`.
    """

    xyxy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    class_index: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.score)


class Detector(Protocol):
    """Finds things in images. Several threads may use it at once."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class index."""
        ...

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images.

        Args:
            images: each (h, w, 3) uint8, BGR; sizes may differ.

        Returns:
            One `Boxes` per image, in order.
        """
        ...


class ScoreThresholds(BaseModel):
    """Lowest score, in 0..1, at which a box of a class is given out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    player: float = Field(default=0.25, ge=0, le=1)
    referee: float = Field(default=0.25, ge=0, le=1)
    ball: float = Field(default=0.2, ge=0, le=1)
    rim: float = Field(default=0.25, ge=0, le=1)
    number: float = Field(default=0.25, ge=0, le=1)

    def as_array(self) -> NDArray[np.float32]:
        """Return the thresholds by class index, (5,) float32."""
        return np.array([getattr(self, name) for name in CLASS_NAMES], dtype=np.float32)


class DetectorSettings(BaseModel):
    """Which detector runs, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = "builtin"
    """`builtin`, or a path: .safetensors (ours or COCO's YOLO11n / YOLOv8n), .onnx, a folder of OpenVINO files, or .pt.
    A .pt file is a pickle: loading it runs whatever code it holds, so name only files that you trust."""
    input_px: int = Field(default=640, ge=64, le=4096, multiple_of=STRIDE_PX)
    """Long side of the network's input; frames are scaled to it and padded to a multiple of 32."""
    thresholds: ScoreThresholds = ScoreThresholds()
    nms_iou: float = Field(default=0.6, gt=0, le=1)
    """Of two boxes of a class that overlap more than this, the lower score is dropped."""
    person_iou: float = Field(default=0.75, gt=0, le=1)
    """The same between a player and a referee."""
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$")
    runtime: Runtime = "auto"
    precision: Precision = "auto"
    """See `models.runtime.load_network`."""
    max_boxes: int = Field(default=100, ge=1)
    """Most boxes per image."""


@dataclass(frozen=True)
class Letterbox:
    """How an image lies in the network's input: scaled, at the left top, padded at the right and the bottom.

    Attributes:
        scale: input px per image px.
        size_px: width and height of the scaled image.
        padded_px: width and height of the input, multiples of 32.
    """

    scale: float
    size_px: tuple[int, int]
    padded_px: tuple[int, int]


def letterbox(width_px: int, height_px: int, input_px: int) -> Letterbox:
    """Fit an image into an input whose long side is given.

    Args:
        width_px, height_px: size of the image.
        input_px: long side of the input, a multiple of 32.

    Returns:
        Scale and sizes; the short side is padded to a multiple of 32 only, not to a square.

    Example:
        >>> letterbox(1280, 720, 640)
        Letterbox(scale=0.5, size_px=(640, 360), padded_px=(640, 384))
    """
    scale = input_px / max(width_px, height_px)
    size = (max(round(width_px * scale), 1), max(round(height_px * scale), 1))
    padded = (math.ceil(size[0] / STRIDE_PX) * STRIDE_PX, math.ceil(size[1] / STRIDE_PX) * STRIDE_PX)
    return Letterbox(scale, size, padded)


def to_input(images: Sequence[Image], fit: Letterbox) -> NDArray[np.uint8]:
    """Scale and pad images of one size into one network input.

    Args:
        images: b images, each (h, w, 3) uint8, BGR.
        fit: from `letterbox` for that size.

    Returns:
        (b, padded height, padded width, 3) uint8, BGR.
    """
    width, height = fit.padded_px
    stacked = np.full((len(images), height, width, 3), 114, dtype=np.uint8)
    interpolation = cv2.INTER_AREA if fit.scale < 0.5 else cv2.INTER_LINEAR
    for row, image in zip(stacked, images, strict=True):
        inner = row[: fit.size_px[1], : fit.size_px[0]]
        if fit.scale == 1:
            inner[:] = image
        else:
            cv2.resize(image, fit.size_px, dst=inner, interpolation=interpolation)
    return stacked


@dataclass(frozen=True)
class Candidates:
    """Anchors of one image with a class above its threshold, of a YOLO head's raw output.

    Attributes:
        box_logits: (64, n) float32, distributions over 16 bins of left, top, right, bottom, in cells.
        class_logit: (n,) float32.
        channel: (n,) int64, which class; an anchor may come once for each of several.
        anchor: (n,) int64.
    """

    box_logits: NDArray[np.float32]
    class_logit: NDArray[np.float32]
    channel: NDArray[np.int64]
    anchor: NDArray[np.int64]


def logits_of(thresholds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logits of scores: what is compared with them needs no sigmoid.

    Example:
        >>> logits_of(np.array([0.5], np.float32)).tolist()
        [0.0]
    """
    share = np.clip(thresholds.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share)).astype(np.float32)


def candidates(
    box_logits: NDArray[np.float32], class_logits: NDArray[np.float32], lowest: NDArray[np.float32]
) -> Candidates:
    """Choose the anchors of one image that pass.

    Args:
        box_logits: (64, anchors).
        class_logits: (classes, anchors).
        lowest: (classes,) logits, of `logits_of`.
    """
    channel, anchor = np.nonzero(class_logits >= lowest[:, None])
    return Candidates(box_logits[:, anchor], class_logits[channel, anchor], channel, anchor)


def decode(chosen: Candidates, padded_px: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn candidates into boxes.

    Args:
        chosen: n of them.
        padded_px: width and height of the network's input.

    Returns:
        (n, 4) float32 left, top, right, bottom in input px; (n,) float32 scores.
    """
    centre_px, stride_px = _anchors(padded_px)
    logits = chosen.box_logits.reshape(4, _BINS, -1)
    mass = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))  # (4, bins, n)
    sides = (mass * np.arange(_BINS, dtype=np.float32)[:, None]).sum(axis=1) / mass.sum(axis=1)  # (4, n) cells
    sides_px = sides.T * stride_px[chosen.anchor, None]  # (n, 4)
    centres = centre_px[chosen.anchor]
    xyxy = np.concatenate([centres - sides_px[:, :2], centres + sides_px[:, 2:]], axis=1)
    scores = np.asarray(1 / (1 + np.exp(-chosen.class_logit)), np.float32)
    return np.asarray(xyxy, np.float32), scores


@functools.cache
def _anchors(padded_px: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the (anchors, 2) centres in px and the (anchors,) strides in px of levels 8, 16 and 32."""
    centres, strides = [], []
    for stride in (8, 16, 32):
        columns, rows = padded_px[0] // stride, padded_px[1] // stride
        y, x = np.mgrid[:rows, :columns]
        centres.append((np.column_stack([x.ravel(), y.ravel()]) + 0.5) * stride)
        strides.append(np.full(rows * columns, stride))
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)


def suppress(
    xyxy: NDArray[np.float32],
    score: NDArray[np.float32],
    class_index: NDArray[np.integer],
    nms_iou: float,
    person_iou: float,
    max_boxes: int,
) -> NDArray[np.int64]:
    """Drop doubles: boxes of a class over each other, then players and referees over each other.

    Args:
        xyxy: (n, 4) float32.
        score: (n,) float32.
        class_index: (n,) integers.
        nms_iou: largest overlap (IoU) of two boxes of a class.
        person_iou: largest overlap of a player and a referee.
        max_boxes: most boxes kept.

    Returns:
        (m,) int64 rows kept, best score first.
    """
    offset = class_index.astype(np.float32) * (xyxy.max(initial=0) + 1)
    kept = _nms(xyxy + offset[:, None], score, nms_iou)
    people = np.isin(class_index[kept], (PLAYER, REFEREE))
    persons, objects = kept[people], kept[~people]
    persons = persons[_nms(xyxy[persons], score[persons], person_iou)]
    everything = np.concatenate([persons, objects])
    return everything[np.argsort(-score[everything], kind="stable")][:max_boxes]


def _nms(xyxy: NDArray[np.float32], score: NDArray[np.float32], max_iou: float) -> NDArray[np.int64]:
    """Keep of boxes (n, 4) over each other the best: rows (m,), best first."""
    corners = xyxy.astype(np.float64)
    ltwh = np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    kept = cv2.dnn.NMSBoxes(ltwh.tolist(), score.astype(np.float64).tolist(), 0.0, max_iou)
    return np.asarray(kept, dtype=np.int64).ravel()


def to_boxes(
    xyxy_px: NDArray[np.float32],
    score: NDArray[np.float32],
    class_index: NDArray[np.integer],
    width_px: int,
    height_px: int,
) -> Boxes:
    """Clip boxes to the image and drop those without area.

    Args:
        xyxy_px: (n, 4) in px of the image.
        score: (n,).
        class_index: (n,).
        width_px, height_px: size of the image.

    Returns:
        Boxes as arrays, in the order given.
    """
    limit = np.array([width_px, height_px, width_px, height_px], dtype=np.float32)
    corners = np.clip(xyxy_px.astype(np.float32), 0, limit)
    solid = ((corners[:, 2:] - corners[:, :2]) > 0).all(axis=1)
    return Boxes(corners[solid], score.astype(np.float32)[solid], class_index.astype(np.int16)[solid])


def found_in(
    chosen: Candidates, classes: NDArray[np.int64], fit: Letterbox, size_px: tuple[int, int], settings: DetectorSettings
) -> Boxes:
    """Turn the candidates of an image into its boxes: decoded, without doubles, in px of the image.

    Args:
        chosen: from a network's raw output.
        classes: (channels,) index into `CLASS_NAMES` by channel of the network.
        fit: how the image lay in the network's input.
        size_px: width and height of the image.
        settings: overlaps allowed, and most boxes.
    """
    xyxy, score = decode(chosen, fit.padded_px)
    class_index = classes[chosen.channel]
    kept = suppress(xyxy, score, class_index, settings.nms_iou, settings.person_iou, settings.max_boxes)
    return to_boxes(xyxy[kept] / np.float32(fit.scale), score[kept], class_index[kept], *size_px)


def suggest_input_px(person_heights_px: NDArray[np.floating], frame_long_side_px: int, wanted_px: float = 56.0) -> int:
    """Choose the network's input size such that people are tall enough to be found and no larger than needed.

    Args:
        person_heights_px: (n,) heights of people found on sample frames, in px of the frame.
        frame_long_side_px: long side of the frame.
        wanted_px: height that a small player (lower quartile) should have in the network's input.

    Returns:
        Multiple of 32 from 640 to 1920, never above the frame's own size (rounded up) unless that is below 640;
        the frame's size, within these limits, when nobody was found.

    Example:
        >>> suggest_input_px(np.array([60.0, 60.0, 60.0]), 1280), suggest_input_px(np.array([200.0]), 1280)
        (1216, 640)
    """
    own_px = math.ceil(frame_long_side_px / STRIDE_PX) * STRIDE_PX
    largest_px = min(max(own_px, LEAST_INPUT_PX), 1920)
    if len(person_heights_px) == 0:
        return largest_px
    small_px = float(np.quantile(person_heights_px, 0.25))
    needed_px = math.ceil(frame_long_side_px * wanted_px / small_px / STRIDE_PX) * STRIDE_PX
    return min(max(needed_px, LEAST_INPUT_PX), largest_px)


def suggest_input_size(detector_of: Callable[[int], Detector], images: Sequence[Image], wanted_px: float = 56.0) -> int:
    """Choose the input size from sample frames: a small input is tried first, and is enough where people are tall in it.

    Args:
        detector_of: makes a detector of an input size.
        images: sample frames of one video, each (h, w, 3) uint8, BGR.
        wanted_px: see `suggest_input_px`.

    Returns:
        Multiple of 32 from 640 to 1920.

    Raises:
        ValueError: no image given.
    """
    if not images:
        raise ValueError("expected at least one sample frame")
    long_side_px = max(images[0].shape[:2])
    heights_px = _person_heights_px(detector_of(LEAST_INPUT_PX), images)
    if len(heights_px) >= len(images):
        cautious_px = suggest_input_px(heights_px, long_side_px, wanted_px * _CAUTION)
        if cautious_px == LEAST_INPUT_PX:
            return LEAST_INPUT_PX
    return suggest_input_px(_person_heights_px(detector_of(_SHARP_LOOK_PX), images), long_side_px, wanted_px)


def _person_heights_px(detector: Detector, images: Sequence[Image]) -> NDArray[np.float32]:
    """Return the heights (n,) of all people found in sample frames."""
    people = [detector.class_names.index(name) for name in ("player", "referee") if name in detector.class_names]
    heights = [
        found.xyxy_px[chosen, 3] - found.xyxy_px[chosen, 1]
        for found in detector.detect(images)
        for chosen in [np.isin(found.class_index, people)]
    ]
    return np.concatenate(heights)
