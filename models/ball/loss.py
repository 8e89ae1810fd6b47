"""What the ball head learns: a peak in the cell of the ball's middle, and there the middle and the size to a fraction of a px."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.ball.maps import STRIDE, USUAL_PX

_SPREAD = 0.9
"""Standard deviation of the peak, in cells."""
_NEAR = 1.6
"""Middle and size are learned in cells that are so near to the middle."""


def ball_loss(maps: Tensor, balls: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the losses (2,): of the peaks, and of middles and sizes.

    The first is the focal loss of CornerNet (Law and Deng, ECCV 2018) and CenterNet (Zhou et al., "Objects as Points",
    2019): cells next to a ball are forbidden less.

    Args:
        maps: (b, OUTPUTS, h, w) of the network.
        balls: of each picture, boxes (n, 4) in input px, and whether (n,) each is asked for.
    """
    logit = maps[:, 0]
    target, weight = torch.zeros_like(logit), torch.ones_like(logit)
    peaks = torch.zeros_like(logit, dtype=torch.bool)
    rows = torch.arange(logit.shape[1])[:, None]
    columns = torch.arange(logit.shape[2])[None]
    shape_losses: list[Tensor] = []
    count = 0
    for image, (boxes, asked) in enumerate(balls):
        for box, wanted in zip(boxes, asked.tolist(), strict=True):
            x, y = (box[0] + box[2]) / 2 / STRIDE - 0.5, (box[1] + box[3]) / 2 / STRIDE - 0.5
            away = (columns - x) ** 2 + (rows - y) ** 2
            if not wanted:
                weight[image][away < (3 * _SPREAD) ** 2] = 0
                continue
            count += 1
            target[image] = torch.maximum(target[image], torch.exp(-away / (2 * _SPREAD**2)))
            row = int(y.round().clamp(0, logit.shape[1] - 1))
            column = int(x.round().clamp(0, logit.shape[2] - 1))
            peaks[image, row, column] = True
            near = torch.nonzero(away < _NEAR**2)
            said = maps[image, 1:, near[:, 0], near[:, 1]].T  # (k, 4)
            shape_losses.append(_shape_loss(said, near, box))
    probability = torch.sigmoid(logit)
    found = -functional.logsigmoid(logit) * (1 - probability) ** 2
    missed = -functional.logsigmoid(-logit) * probability**2 * (1 - target) ** 4
    peak_loss = (weight * torch.where(peaks, found, missed)).sum() / max(count, 1)
    shape_loss = torch.stack(shape_losses).mean() if shape_losses else maps.sum() * 0
    return torch.stack([peak_loss, shape_loss])


def _shape_loss(said: Tensor, cells: Tensor, box: Tensor) -> Tensor:
    """Compare middle and size as said (k, 4) by cells (k, 2: row and column) with a box: relative to its size, and its logarithm."""
    size = (box[2:] - box[:2]).clamp(min=1)
    middle = (cells.flip(1) + 0.5 + said[:, :2]) * STRIDE
    off = (middle - (box[:2] + box[2:]) / 2) / size
    odd = said[:, 2:] - torch.log(size / USUAL_PX)
    return 2 * functional.smooth_l1_loss(off, torch.zeros_like(off), beta=0.05) + functional.smooth_l1_loss(
        odd, torch.zeros_like(odd), beta=0.1
    )
