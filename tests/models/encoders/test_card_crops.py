"""Crops cut by tensors are those that OpenCV makes."""

import numpy as np
import pytest
import torch

from models.encoders.card_crops import cut_crops
from models.encoders.crops import to_batch

SIZE = (128, 64)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("small ones grow", (4, 4), (60, 120)),
        ("large ones shrink", (65, 129), (300, 340)),
        ("of all sizes", (1, 1), (300, 340)),
    ],
)
def test_equal_to_opencv_within_a_grey_level(name: str, low: tuple[int, int], high: tuple[int, int]) -> None:
    rng = np.random.default_rng(len(name))
    images = rng.integers(0, 256, (3, 360, 400, 3), dtype=np.uint8)
    wide, tall = rng.integers(low[0], high[0], 40), rng.integers(low[1], high[1], 40)
    x1, y1 = rng.integers(0, 400 - wide + 1), rng.integers(0, 360 - tall + 1)
    boxes, of = np.stack([x1, y1, x1 + wide, y1 + tall], axis=1), rng.integers(0, 3, 40)
    expected = to_batch([images[i, y1:y2, x1:x2] for i, (x1, y1, x2, y2) in zip(of, boxes, strict=True)], SIZE)
    found = cut_crops(torch.from_numpy(images), torch.from_numpy(of), torch.from_numpy(boxes), SIZE).numpy()
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.2


def test_a_whole_white_picture_stays_white_and_no_box_is_no_crop() -> None:
    white = torch.full((1, 1080, 1920, 3), 255, dtype=torch.uint8)
    whole = torch.tensor([[0, 0, 1920, 1080]])
    assert (cut_crops(white, torch.zeros(1, dtype=torch.int64), whole, SIZE) == 255).all()
    assert cut_crops(white, torch.zeros(0, dtype=torch.int64), whole[:0], SIZE).shape == (0, *SIZE, 3)
