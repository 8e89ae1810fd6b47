"""Random changes of a picture that leave its identity the same, through torchvision: flip, crop, colour, blur, JPEG, erasing."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torchvision.transforms import v2

from models.reid.data.batches.pictures import Augment
from models.strict import Strict


class AugmentSettings(Strict):
    """Which changes, and how strong; 0 leaves one out. `p_...` are probabilities."""

    p_flip: float = Field(0.5, ge=0, le=1, description="left and right exchanged")
    crop: float = Field(
        0.1, ge=0, lt=0.5, description="padding, share of the size, out of which the picture is cut again"
    )
    color: float = Field(0.2, ge=0, lt=1, description="brightness, contrast and saturation, each by this share at most")
    hue: float = Field(0.02, ge=0, le=0.5)
    p_blur: float = Field(0.1, ge=0, le=1)
    p_jpeg: float = Field(0.2, ge=0, le=1, description="compressed with a quality of 25 to 85 of 100")
    p_erase: float = Field(0.4, ge=0, le=1, description="a rectangle of 2 to 25 % of the picture made grey")
    turn_deg: float = Field(0.0, ge=0, le=180, description="turned by at most so much, to either side")
    scale: float = Field(0.0, ge=0, lt=1, description="larger or smaller by this share at most")


def augmentation(settings: AugmentSettings, size_px: tuple[int, int]) -> Augment:
    """Make the function that changes one picture (c, h, w) uint8, RGB or grey, at random; torch's generator is its chance."""
    steps: list[torch.nn.Module] = []
    if settings.p_flip:
        steps.append(v2.RandomHorizontalFlip(settings.p_flip))
    if settings.turn_deg or settings.scale:
        steps.append(v2.RandomAffine(settings.turn_deg, scale=(1 - settings.scale, 1 + settings.scale)))
    if settings.crop:
        pad = [round(settings.crop * side) for side in reversed(size_px)]
        steps.append(v2.RandomCrop(size_px, padding=pad, padding_mode="edge"))
    if settings.color or settings.hue:
        steps.append(_OfColor(v2.ColorJitter(*(settings.color,) * 3, hue=settings.hue)))
    if settings.p_blur:
        steps.append(v2.RandomApply([v2.GaussianBlur(5, (0.3, 2.0))], settings.p_blur))
    if settings.p_jpeg:
        steps.append(v2.RandomApply([_Jpeg(25, 85)], settings.p_jpeg))
    if settings.p_erase:
        steps.append(v2.RandomErasing(settings.p_erase, scale=(0.02, 0.25), value=127))
    whole = v2.Compose(steps) if steps else torch.nn.Identity()

    def change(picture: Tensor) -> Tensor:
        changed: Tensor = whole(picture)
        return changed

    return change


class _Jpeg(torch.nn.Module):
    """Compress and decompress, by OpenCV: torchvision is about to drop its codecs."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, picture: Tensor) -> Tensor:
        quality = int(torch.randint(self.low, self.high + 1, ()))
        pixels = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        again = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), np.uint8).reshape(pixels.shape)
        return torch.from_numpy(again).permute(2, 0, 1)


class _OfColor(torch.nn.Module):
    """A change that wants three channels; grey pictures are shown to it threefold."""

    def __init__(self, change: torch.nn.Module) -> None:
        super().__init__()
        self.change = change

    def forward(self, picture: Tensor) -> Tensor:
        if picture.shape[-3] == 3:
            return torch.as_tensor(self.change(picture))
        return torch.as_tensor(self.change(picture.expand(3, -1, -1).contiguous()))[:1]
