"""Certain pairs and triplets, and their losses, against plain loops."""

import itertools

import pytest
import torch

from models.reid.losses.batch_pairs import certain_pairs, certain_triplets, contrastive
from models.reid.losses.memory import ClusterMemory, centroids


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve samples of four identities; 0 and 3 may be the same person."""
    differ = ~torch.eye(4, dtype=torch.bool)
    differ[0, 3] = differ[3, 0] = False
    return torch.arange(12) % 4, differ


def test_pairs_are_certain_and_balanced() -> None:
    identity, differ = batch()
    pairs, same = certain_pairs(identity, differ, torch.Generator().manual_seed(0))
    one, two = identity[pairs[:, 0]], identity[pairs[:, 1]]
    assert int(same.sum()) == int((~same).sum()) == 12
    assert bool((one == two)[same].all())
    assert bool(differ[one, two][~same].all())
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)


def test_a_batch_of_one_identity_has_no_pairs_and_no_loss() -> None:
    pairs, same = certain_pairs(torch.zeros(3, dtype=torch.int64), torch.zeros(1, 1, dtype=torch.bool))
    assert len(pairs) == 0
    assert float(contrastive(torch.zeros(0), same, 1.0)) == 0


def test_triplets_agree_with_loops() -> None:
    identity, differ = batch()
    expected = {
        (a, p, n)
        for a, p, n in itertools.product(range(12), repeat=3)
        if a != p and identity[a] == identity[p] and differ[identity[a], identity[n]]
    }
    found = list(zip(*(rows.tolist() for rows in certain_triplets(identity, differ)), strict=True))
    assert len(found) == len(expected)
    assert set(found) == expected


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_the_memory_loss_is_a_softmax_over_cosines_by_the_temperature() -> None:
    table, vectors, cluster = unit(3, 4), unit(2, 4, seed=1), torch.tensor([2, 0])
    loss = ClusterMemory(5 * table, 0.1, 0.5)(vectors, cluster)
    terms = []
    for vector, own in zip(vectors, cluster.tolist(), strict=True):
        power = torch.exp(table @ vector / 0.1)
        terms.append(-torch.log(power[own] / power.sum()))
    assert float(loss) == pytest.approx(float(torch.stack(terms).mean()), abs=1e-5)


def test_the_table_follows_sample_after_sample_and_leaves_other_rows() -> None:
    table, vectors = unit(3, 4), unit(2, 4, seed=1)
    memory = ClusterMemory(table, 0.1, 0.5)
    memory.follow(vectors, torch.tensor([1, 1]))
    row = torch.nn.functional.normalize(table[1] + vectors[0], dim=0)
    row = torch.nn.functional.normalize(row + vectors[1], dim=0)
    torch.testing.assert_close(memory.table, torch.stack([table[0], row, table[2]]))


def test_the_hardest_sample_alone_is_followed() -> None:
    memory = ClusterMemory(torch.tensor([[1.0, 0.0]]), 0.1, 0.0, hardest=True)
    memory.follow(torch.tensor([[0.8, 0.6], [0.6, 0.8], [1.0, 0.0]]), torch.zeros(3, dtype=torch.int64))
    torch.testing.assert_close(memory.table, torch.tensor([[0.6, 0.8]]))


def test_the_loss_can_go_backward_after_the_table_has_moved() -> None:
    vectors = unit(2, 4).requires_grad_()
    memory = ClusterMemory(unit(3, 4, seed=2), 0.1, 0.5)
    loss = memory(vectors, torch.tensor([0, 1]))
    memory.follow(vectors.detach(), torch.tensor([0, 1]))
    loss.backward()
    assert vectors.grad is not None


def test_centroids_of_empty_clusters_are_null() -> None:
    out = centroids(torch.eye(2), torch.tensor([1, 1]), 3)
    torch.testing.assert_close(out, torch.tensor([[0.0, 0.0], [0.5, 0.5], [0.0, 0.0]]))
