"""Vectors of a crop set, and the numbers that choose a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.reid.data.batches.pictures import pictures_of, to_network
from models.reid.data.crops import CropSet
from models.reid.data.splits.people import People
from models.reid.data.splits.split import reduced
from models.reid.evaluation import Labels, Score, Similarity, cosine, nearness, score
from models.reid.settings import Recipe
from models.vectors import unit

Metric = Literal["cosine", "euclidean"]
"""How vectors are compared."""

CHECKED_CROPS = 2000
"""Largest number of crops that are compared while training: each with every other."""


@torch.inference_mode()
def vectors_of(
    network: nn.Module, recipe: Recipe, crops: CropSet, cache: Path | None = None, batch: int = 256
) -> NDArray[np.float32]:
    """Embed a crop set.

    Args:
        network: maps (n, c, h, w) to (n, dim); its mode is kept.
        recipe: says what the network is shown.
        crops: n of them.
        cache: folder for packed pictures; None: pack in memory.
        batch: pictures per forward pass.

    Returns:
        (n, dim) float32, as the network gives them: not of unit length.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    pictures = pictures_of(crops, recipe.picture, cache)
    batches = [
        network(to_network(torch.from_numpy(np.array(pictures[at : at + batch])).to(device), recipe.picture))
        for at in range(0, len(pictures), batch)
    ]
    network.train(was_training)
    return torch.cat(batches).float().cpu().numpy() if batches else np.empty((0, 1), np.float32)


def labels_of(people: People, same_camera: bool = False) -> tuple[Labels, float]:
    """Say which crops are compared, and how far apart in time they have to be (s): see `People.compare`.

    Args:
        people: n crops.
        same_camera: whether the same person under the same camera counts, where cameras are told apart.
    """
    crops = people.crops
    if people.compare == "clips":
        return Labels(
            crops.identity, crops.scene, crops.scene, crops.frame / people.fps, people.team, people.differ
        ), 1.0
    one_group = np.zeros(len(crops), np.int64)
    by_camera = people.compare == "cameras" and not same_camera
    seen_by = crops.camera if by_camera else np.arange(len(crops))
    labels = Labels(
        crops.identity,
        seen_by,
        one_group,
        one_group.astype(float),
        people.team,
        people.differ,
        people.asks,
        people.answers,
    )
    return labels, np.inf


def comparable(vectors: NDArray[np.float32], metric: str) -> tuple[NDArray[np.float32], Similarity]:
    """Return vectors and how their likeness is measured: of unit length by cosine, as they are by Euclidean distance."""
    return (unit(vectors), cosine) if metric == "cosine" else (vectors, nearness)


def validate(
    network: nn.Module, recipe: Recipe, people: People, cache: Path | None = None, metric: Metric = "cosine"
) -> Score:
    """Score a network on a set.

    Args:
        network: what is scored.
        recipe: says what the network is shown.
        people: the set.
        cache: folder for packed pictures; None: pack in memory.
        metric: how its method compares vectors.
    """
    labels, min_gap_s = labels_of(people)
    vectors, similar = comparable(vectors_of(network, recipe, people.crops, cache), metric)
    return score(vectors, labels, min_gap_s, similar)


def validation_scores(
    network: nn.Module, recipe: Recipe, people: People, cache: Path | None = None, metric: Metric = "cosine"
) -> dict[str, float]:
    """Score a network while it is trained: rank-1, mAP and AUC, on an even part of a large set.

    Args:
        network: what is scored.
        recipe: says what the network is shown.
        people: the set.
        cache: folder for packed pictures; None: pack in memory.
        metric: how its method compares vectors.

    Returns:
        `val/rank1`, `val/mAP`, `val/AUC`, and `val/mAP_mates` where teams are known; shares in [0, 1].
    """
    if people.compare != "clips" and len(people) > CHECKED_CROPS:
        identities = len(np.unique(people.crops.identity))
        people = reduced(people, None, max(2, CHECKED_CROPS // identities))
    result = validate(network, recipe, people, cache, metric)
    numbers = {"val/rank1": result.everyone.rank1, "val/mAP": result.everyone.mean_ap, "val/AUC": result.auc}
    if result.team_mates.queries:
        numbers["val/mAP_mates"] = result.team_mates.mean_ap
    return numbers
