"""Losses that look at certain pairs of a whole batch, against plain loops."""

import math

import pytest
import torch

from models.reid.losses.certain_pairs import supervised_contrastive


def test_supervised_contrastive_agrees_with_loops() -> None:
    """0 and 2 may be one person: neither a positive nor a negative pair."""
    vectors = torch.nn.functional.normalize(torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), dim=1)
    identity = torch.tensor([0, 0, 1, 1, 2, 2])
    differ = torch.tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=torch.bool)
    losses = []
    for a in range(6):
        alike = {b: math.exp(float(vectors[a] @ vectors[b]) / 0.1) for b in range(6) if b != a}
        positive = [b for b in alike if identity[b] == identity[a]]
        seen = [b for b in alike if b in positive or differ[identity[a], identity[b]]]
        total = sum(alike[b] for b in seen)
        losses.append(-sum(math.log(alike[b] / total) for b in positive) / len(positive))
    assert float(supervised_contrastive(vectors, identity, differ, 0.1)) == pytest.approx(sum(losses) / 6, rel=1e-4)


def test_a_batch_without_negatives_has_no_loss() -> None:
    same = torch.zeros(3, dtype=torch.int64)
    assert float(supervised_contrastive(torch.eye(3), same, torch.zeros(1, 1, dtype=torch.bool), 0.1)) == 0
