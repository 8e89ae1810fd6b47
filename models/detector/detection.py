"""What a detector is and gives: boxes, settings, letterboxing, decoding and suppression of doubles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from models.detector.classes import CLASS_NAMES, PLAYER, REFEREE

Image = NDArray[np.uint8]

STRIDE_PX = 32
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
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    precision: str = Field(default="auto", pattern=r"^(auto|fp32|bf16|fp16)$")
    """`auto`: fp16 on CUDA, bf16 on processors that compute in it, else fp32."""
    batch: int = Field(default=4, ge=1, le=256)
    """Images that go through the network together."""
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


def to_input(images: Sequence[Image], fit: Letterbox) -> Tensor:
    """Scale and pad images of one size into one network input.

    Args:
        images: b images, each (h, w, 3) uint8, BGR.
        fit: from `letterbox` for that size.

    Returns:
        (b, 3, padded height, padded width) uint8, RGB, channels last in memory.
    """
    width, height = fit.padded_px
    stacked = np.full((len(images), height, width, 3), 114, dtype=np.uint8)
    interpolation = cv2.INTER_AREA if fit.scale < 0.5 else cv2.INTER_LINEAR
    for row, image in zip(stacked, images, strict=True):
        inner = image
        if fit.scale != 1:
            inner = np.asarray(cv2.resize(image, fit.size_px, interpolation=interpolation), dtype=np.uint8)
        cv2.cvtColor(inner, cv2.COLOR_BGR2RGB, dst=row[: fit.size_px[1], : fit.size_px[0]])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2)


def decode(
    box_logits: Tensor, class_logits: Tensor, padded_px: tuple[int, int], thresholds: Tensor
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Turn a YOLO head's raw output into boxes, computing only the ones above their threshold.

    Args:
        box_logits: (b, 64, anchors) distributions over 16 bins of left, top, right, bottom, in cells.
        class_logits: (b, classes, anchors).
        padded_px: width and height of the network's input.
        thresholds: (classes,) lowest scores.

    Returns:
        Per image: (n, 4) float32 left, top, right, bottom in input px; (n,) float32 scores; (n,) int64 classes.
        An anchor may give a box for each of several classes.
    """
    centre_px, stride_px = _anchors(padded_px, box_logits.device)
    bins = torch.arange(_BINS, dtype=torch.float32, device=box_logits.device)
    results = []
    limits = torch.logit(thresholds.clamp(1e-6, 1 - 1e-6))[:, None]
    for boxes, classes in zip(box_logits, class_logits.float(), strict=True):
        index, anchor = torch.nonzero(classes >= limits, as_tuple=True)
        distances = boxes[:, anchor].float().reshape(4, _BINS, -1).softmax(1)
        sides_px = (distances * bins[:, None]).sum(1).T * stride_px[anchor, None]
        centres = centre_px[anchor]
        xyxy = torch.cat([centres - sides_px[:, :2], centres + sides_px[:, 2:]], dim=1)
        results.append((xyxy, classes[index, anchor].sigmoid(), index))
    return results


def _anchors(padded_px: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the (anchors, 2) centres in px and the (anchors,) strides in px of levels 8, 16 and 32."""
    centres, strides = [], []
    for stride in (8, 16, 32):
        columns, rows = padded_px[0] // stride, padded_px[1] // stride
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        centres.append((torch.stack([x, y], dim=-1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((rows * columns,), float(stride)))
    return torch.cat(centres).to(device), torch.cat(strides).to(device)


def suppress(
    xyxy: Tensor, score: Tensor, class_index: Tensor, nms_iou: float, person_iou: float, max_boxes: int
) -> Tensor:
    """Drop doubles: boxes of a class over each other, then players and referees over each other.

    Args:
        xyxy: (n, 4) float32.
        score: (n,) float32.
        class_index: (n,) int64.
        nms_iou: largest overlap (IoU) of two boxes of a class.
        person_iou: largest overlap of a player and a referee.
        max_boxes: most boxes kept.

    Returns:
        (m,) int64 rows kept, best score first.
    """
    offset = class_index.to(xyxy.dtype) * (xyxy.max() + 1 if len(xyxy) else 1)
    kept = _nms(xyxy + offset[:, None], score, nms_iou)
    people = (class_index[kept] == PLAYER) | (class_index[kept] == REFEREE)
    persons, objects = kept[people], kept[~people]
    persons = persons[_nms(xyxy[persons], score[persons], person_iou)]
    everything = torch.cat([persons, objects])
    return everything[score[everything].argsort(descending=True, stable=True)][:max_boxes]


def _nms(xyxy: Tensor, score: Tensor, max_iou: float) -> Tensor:
    """Keep of boxes (n, 4) over each other the best: rows (m,) int64, best first. torchvision's takes a second to load."""
    corners = xyxy.double().cpu().numpy()
    ltwh = np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    kept = cv2.dnn.NMSBoxes(ltwh.tolist(), score.double().cpu().tolist(), 0.0, max_iou)
    return torch.as_tensor(np.asarray(kept, dtype=np.int64).ravel(), device=xyxy.device)


def to_boxes(xyxy_px: Tensor, score: Tensor, class_index: Tensor, width_px: int, height_px: int) -> Boxes:
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
    corners = np.clip(xyxy_px.cpu().numpy().astype(np.float32), 0, limit)
    solid = ((corners[:, 2:] - corners[:, :2]) > 0).all(axis=1)
    return Boxes(
        corners[solid],
        score.cpu().numpy().astype(np.float32)[solid],
        class_index.cpu().numpy().astype(np.int16)[solid],
    )


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
    largest_px = min(max(own_px, 640), 1920)
    if len(person_heights_px) == 0:
        return largest_px
    small_px = float(np.quantile(person_heights_px, 0.25))
    needed_px = math.ceil(frame_long_side_px * wanted_px / small_px / STRIDE_PX) * STRIDE_PX
    return min(max(needed_px, 640), largest_px)


def suggest_input_size(detector: Detector, images: Sequence[Image], wanted_px: float = 56.0) -> int:
    """Choose the input size from sample frames, looked at by a detector that runs at a large size.

    Args:
        detector: runs at a size at which small players are found, e.g. 1280.
        images: sample frames of one video, each (h, w, 3) uint8, BGR.
        wanted_px: see `suggest_input_px`.

    Returns:
        Multiple of 32 from 640 to 1920.

    Raises:
        ValueError: no image given.
    """
    if not images:
        raise ValueError("expected at least one sample frame")
    people = [detector.class_names.index(name) for name in ("player", "referee") if name in detector.class_names]
    heights = [
        found.xyxy_px[chosen, 3] - found.xyxy_px[chosen, 1]
        for found in detector.detect(images)
        for chosen in [np.isin(found.class_index, people)]
    ]
    return suggest_input_px(np.concatenate(heights), max(images[0].shape[:2]), wanted_px)
