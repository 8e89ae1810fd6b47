"""Augmentation changes pictures, keeps their shape, and follows the seed."""

import pytest
import torch

from models.reid.data.augmentation.augment import AugmentSettings, augmentation

NOTHING = dict.fromkeys(("p_flip", "crop", "color", "hue", "p_blur", "p_jpeg", "p_erase"), 0.0)


def picture(channels: int) -> torch.Tensor:
    torch.manual_seed(5)
    return torch.randint(0, 256, (channels, 32, 16), dtype=torch.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "change",
    [
        {"p_flip": 1.0},
        {"crop": 0.2},
        {"color": 0.5},
        {"p_blur": 1.0},
        {"p_jpeg": 1.0},
        {"p_erase": 1.0},
        {"turn_deg": 30.0},
        {"scale": 0.3},
    ],
)
def test_every_change_changes_and_keeps_the_shape(channels: int, change: dict[str, float]) -> None:
    augment, before = augmentation(AugmentSettings.model_validate(NOTHING | change), (32, 16)), picture(channels)
    out = []
    for seed in (3, 3, 2):
        torch.manual_seed(seed)
        out.append(augment(before))
    assert out[0].shape == before.shape
    assert out[0].dtype == torch.uint8
    assert out[0].equal(out[1])
    assert not out[0].equal(before)
    assert before.equal(picture(channels)), "the picture given is left as it is"


def test_no_change_is_none() -> None:
    augment = augmentation(AugmentSettings.model_validate(NOTHING), (32, 16))
    assert augment(picture(3)).equal(picture(3))


def test_a_flip_exchanges_left_and_right() -> None:
    augment = augmentation(AugmentSettings.model_validate(NOTHING | {"p_flip": 1.0}), (32, 16))
    assert augment(picture(3)).equal(picture(3).flip(-1))
