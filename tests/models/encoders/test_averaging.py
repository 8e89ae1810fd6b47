"""Averages of two encoders: weights in between, what is said of them, shapes that do not fit."""

from pathlib import Path

import pytest
import torch

from models.encoders.averaging import average_encoders
from models.encoders.osnet import OSNet
from models.encoders.weights import read_encoder_weights, write_encoder_weights
from pipeline.errors import WeightsError


def written(path: Path, seed: int, size_px: tuple[int, int] = (64, 32), head_dim: int = 8) -> Path:
    """Write an encoder with made weights."""
    torch.manual_seed(seed)
    write_encoder_weights(path, OSNet(head_dim=head_dim), "osnet", head_dim, size_px, {"seed": seed})
    return path


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_lies_between_the_two(tmp_path: Path, share: float) -> None:
    first, second = (written(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    average_encoders(first, second, share, tmp_path / "new" / "between.safetensors")
    found = read_encoder_weights(tmp_path / "new" / "between.safetensors", "osnet")
    ours, theirs = (read_encoder_weights(path, "osnet").state for path in (first, second))
    assert set(found.state) == set(ours)
    for name, value in found.state.items():
        expected = (1 - share) * ours[name].float() + share * theirs[name].float()
        torch.testing.assert_close(value.float(), expected, rtol=1e-3, atol=1e-6)
    assert found.metadata["seed"] == 2
    assert found.metadata["average"]["share"] == share
    assert len(found.metadata["average"]["with_sha256"]) == 64


@pytest.mark.parametrize("other", [{"size_px": (32, 32)}, {"head_dim": 4}])
def test_encoders_of_other_shapes_are_refused(tmp_path: Path, other: dict) -> None:
    first, second = written(tmp_path / "1.safetensors", 1), written(tmp_path / "2.safetensors", 2, **other)
    with pytest.raises(WeightsError, match=r"2\.safetensors"):
        average_encoders(first, second, 0.5, tmp_path / "between.safetensors")
    assert not (tmp_path / "between.safetensors").exists()
