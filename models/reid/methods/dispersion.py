"""Dispersion-based clustering (DBC), unsupervised, and its relatives.

G. Ding, S. Khan, Z. Tang: "Dispersion based Clustering for Unsupervised Person Re-Identification", BMVC 2019; arXiv 1906.01308.
Every sample is a class of its own at first. Training by the repelled loss (softmax of V^T v / tau against a lookup table
V of cluster centroids) and bottom-up merging of a fixed share of the samples take turns. Reported on Market-1501: rank-1
69.2, mAP 41.3 (BUC 66.2 / 38.3). No identity is ever looked at but for the numbers that choose a round.

`labels` chooses how clusters are made:

- `dispersion`: the paper. The pair with the smallest D_ab = d_ab + lambda (d_a + d_b) merges, costs exact after each merge.
- `released`: what the authors' code does: it computes the penalised linkage and then merges by the plain one, down a list of
  pairs that is ranked once per round. (Its lookup table after a merge is of the clusters before it; that slip is not repeated.)
- `sized`: BUC (Lin et al., AAAI 2019): smallest distance plus lambda (n_a + n_b).
- `jaccard-dbscan`: the modern successor, Cluster Contrast (Dai et al., arXiv 2103.11568): in every round DBSCAN on k-reciprocal
  Jaccard distances, noise left out, a memory of cluster centroids, batches of several crops per cluster. Reported on
  Market-1501: mAP 82.1, rank-1 92.3.

Ours: `samples: tracklets` starts from tracklets (as DBC does on video), and `constrained` never puts two tracklets of one frame
into a cluster. The round with the best validation mAP is kept (people held back by identity); without validation the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torchvision.transforms import v2

from models.clustering import JaccardDBSCAN, merge_round, nmi
from models.clustering.agglomerative import Linkage, average, dispersion, sized
from models.clustering.protocol import CannotLink, Labels, numbered, squared_distances
from models.reid.backbones import BackboneName, build_backbone, start_from
from models.reid.data.batches.pictures import (
    Batch,
    IdentityBatches,
    PictureDataset,
    ShuffledBatches,
    loader,
    pictures_of,
)
from models.reid.data.crops import CropSet
from models.reid.evaluation import simultaneous
from models.reid.losses.memory import ClusterMemory, centroids
from models.reid.methods.method import Method, Phase, Work
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import validation_scores, vectors_of
from models.strict import Strict
from models.vectors import unit


class MergeSettings(Strict):
    """How clusters are made."""

    share: float = Field(0.05, gt=0, lt=1, description="of the samples that merge per round")
    penalty: float = Field(0.1, ge=0, description="lambda of dispersion and sized; the value is ours")
    eps: float = Field(0.5, gt=0, lt=1, description="of DBSCAN, on Jaccard distances")
    min_samples: int = Field(4, ge=1)
    k1: int = Field(30, ge=1)
    k2: int = Field(6, ge=1)


class MemorySettings(Strict):
    """The lookup table."""

    temperature: float = Field(0.1, gt=0)
    momentum: float = Field(0.5, ge=0, lt=1)
    hardest: bool = Field(False, description="follow only the hardest sample of a cluster in a batch")


class DispersionRecipe(Recipe):
    """One recipe."""

    method: Literal["dispersion"] = "dispersion"
    backbone: BackboneName = "osnet"
    start: str | None = Field(None, description="weights to start from, relative to the data root; null: random")
    dim: int = Field(128, ge=2)
    labels: Literal["dispersion", "released", "sized", "jaccard-dbscan"] = "dispersion"
    samples: Literal["crops", "tracklets"] = Field("crops", description="what is a class of its own at first")
    constrained: bool = Field(False, description="tracklets of one frame never share a cluster")
    merge: MergeSettings = MergeSettings()
    memory: MemorySettings = MemorySettings()
    rounds: int | None = Field(None, ge=1, description="null: until one share of the samples is left")
    first: LoopSettings = Field(LoopSettings(epochs=20), description="the round before any merge")
    later: LoopSettings = Field(LoopSettings(epochs=2), description="every other round")
    learning_rate: float = Field(0.1, gt=0, description="of the first round; a tenth of it in the others")
    backbone_factor: float = Field(0.1, gt=0, description="times as much for what starts from weights")
    batch: int = Field(16, ge=2)
    instances: int = Field(8, ge=2, description="crops per cluster in a batch of jaccard-dbscan")
    flip: bool = Field(True, description="mirror pictures at random; not for digits")


class Repelled(LightningModule):
    """One round: the network learns to be near its cluster's row and far from the others."""

    def __init__(self, work: Work, memory: ClusterMemory, learning_rate: float) -> None:
        super().__init__()
        self.recipe: DispersionRecipe = work.recipe
        self.network = work.network
        self.memory = memory
        self.learning_rate = learning_rate

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of one batch, and let the table follow."""
        vectors = nn.functional.normalize(self.network(batch.pictures), dim=1)
        loss: Tensor = self.memory(vectors, batch.identity)
        self.memory.follow(vectors.detach(), batch.identity)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(vectors))
        self.log("clusters", float(len(self.memory.table)), on_step=False, on_epoch=True, batch_size=len(vectors))
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """SGD with Nesterov momentum, slower below the head where it starts from weights."""
        factor = self.recipe.backbone_factor if self.recipe.start else 1.0
        head = {id(p) for name in ("head", "fc", "dense") for p in _part(self.network, name)}
        below = [p for p in self.network.parameters() if id(p) not in head]
        above = [p for p in self.network.parameters() if id(p) in head]
        groups: list[dict[str, Any]] = [{"params": below, "lr": self.learning_rate * factor}, {"params": above}]
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=0.9, weight_decay=5e-4, nesterov=True)


def _part(network: nn.Module, name: str) -> list[nn.Parameter]:
    part = getattr(network, name, None)
    return list(part.parameters()) if isinstance(part, nn.Module) else []


def build(recipe: DispersionRecipe) -> nn.Module:
    """Make the network."""
    return build_backbone(recipe.backbone, recipe.picture, recipe.dim)


def phases(work: Work) -> Iterator[Phase]:
    """Yield a phase per round; clusters are made between them."""
    recipe: DispersionRecipe = work.recipe
    if recipe.start is not None:
        start_from(work.network, recipe.backbone, work.data_root / recipe.start)
    crops = work.splits.train.crops
    pictures = pictures_of(crops, recipe.picture, work.cache)
    labels, cannot_link = first_labels(crops, recipe.samples), _cannot_link(crops, recipe.constrained)
    count = int(labels.max()) + 1
    best = _Best(work)
    for number in range(recipe.rounds or max(1, int(1 / recipe.merge.share) - 1)):
        vectors = unit(vectors_of(work.network, recipe, crops, work.cache))
        if number or recipe.labels == "jaccard-dbscan":
            labels = next_labels(vectors, labels, cannot_link, recipe, int(count * recipe.merge.share))
        if labels.max() < 1:
            break  # one cluster teaches nothing
        yield _round(work, number, vectors, labels, pictures, best)
        best.consider(number)
    best.restore()


def first_labels(crops: CropSet, samples: Literal["crops", "tracklets"]) -> Labels:
    """Make every crop, or every tracklet, a class of its own (n,)."""
    if samples == "crops":
        return np.arange(len(crops))
    _, tracklet = np.unique(np.column_stack([crops.scene, crops.tracklet]), axis=0, return_inverse=True)
    return numbered(tracklet.ravel())


def next_labels(
    vectors: NDArray[np.float32], labels: Labels, cannot_link: CannotLink | None, recipe: DispersionRecipe, merges: int
) -> Labels:
    """Cluster anew (jaccard-dbscan), or merge clusters.

    Args:
        vectors: (n, dim), unit length.
        labels: (n,) clusters so far.
        cannot_link: (n, n) pairs that must not share a cluster.
        recipe: which rule.
        merges: how many clusters fewer there shall be.
    """
    options = recipe.merge
    if recipe.labels == "jaccard-dbscan":
        return JaccardDBSCAN(options.eps, options.min_samples, options.k1, options.k2)(vectors)
    linkages: dict[str, Linkage] = {
        "dispersion": dispersion(options.penalty),
        "released": average,
        "sized": sized(options.penalty),
    }
    stale = recipe.labels == "released"
    return merge_round(squared_distances(vectors), labels, linkages[recipe.labels], merges, cannot_link, stale)


def _cannot_link(crops: CropSet, constrained: bool) -> CannotLink | None:
    """Tell which crops are surely of two people: of tracklets that share a frame."""
    if not constrained:
        return None
    tracklet = first_labels(crops, "tracklets")
    differ = simultaneous(tracklet, crops.scene, crops.frame.astype(np.float64))
    return np.asarray(differ[tracklet[:, None], tracklet])


def _round(work: Work, number: int, vectors: NDArray[np.float32], labels: Labels, pictures: Any, best: _Best) -> Phase:
    """Make the phase of one round."""
    recipe: DispersionRecipe = work.recipe
    rows = np.flatnonzero(labels >= 0)
    table = centroids(torch.from_numpy(vectors), torch.from_numpy(labels), int(labels.max()) + 1)
    memory = ClusterMemory(table, recipe.memory.temperature, recipe.memory.momentum, recipe.memory.hardest)
    seed = recipe.seed + 1000 * number
    by_cluster = recipe.labels == "jaccard-dbscan"
    people = max(2, recipe.batch // recipe.instances)
    batches = (
        IdentityBatches(labels[rows], people, recipe.instances, seed)
        if by_cluster
        else ShuffledBatches(len(rows), recipe.batch, seed)
    )
    data = PictureDataset(pictures[rows], labels[rows], recipe.picture, _changes(recipe))
    rate = recipe.learning_rate * (1.0 if number == 0 or by_cluster else 0.1)
    loop = recipe.first if number == 0 else recipe.later
    last = loop.model_copy(update={"check_every": loop.epochs})
    agreement = nmi(work.splits.train.crops.identity, labels)
    return Phase(
        f"round-{number:02d}",
        Repelled(work, memory, rate),
        loader(data, batches),
        last,
        check=lambda: best.score(number) | {"train/nmi": agreement},
    )


class _Best:
    """Keeps the network of the round with the best validation mAP; the last one where there is no validation."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._scores: dict[int, dict[str, float]] = {}
        self._map = -1.0
        self._state: dict[str, Tensor] | None = None

    def score(self, number: int) -> dict[str, float]:
        """Score the network as it is."""
        people = self._work.splits.validation
        if not len(people):
            return {}
        self._scores[number] = validation_scores(self._work.network, self._work.recipe, people, self._work.cache)
        return self._scores[number]

    def consider(self, number: int) -> None:
        """Keep the network if it is the best so far."""
        scores = self._scores.get(number) or self.score(number)  # a resumed training has not scored finished rounds
        if scores and scores["val/mAP"] > self._map:
            self._map = scores["val/mAP"]
            self._state = {name: value.clone() for name, value in self._work.network.state_dict().items()}

    def restore(self) -> None:
        """Put the best network back."""
        if self._state is not None:
            self._work.network.load_state_dict(self._state)


def _changes(recipe: DispersionRecipe) -> Any:
    """Random crop and flip, as in the released code."""
    cut = v2.RandomResizedCrop(recipe.picture.size_px, scale=(0.64, 1.0), ratio=(0.4, 0.6), antialias=True)
    square = v2.RandomResizedCrop(recipe.picture.size_px, scale=(0.64, 1.0), ratio=(0.9, 1.1), antialias=True)
    height, width = recipe.picture.size_px
    steps = [cut if height > width else square, *([v2.RandomHorizontalFlip(0.5)] if recipe.flip else [])]
    return v2.Compose(steps)


METHOD = Method(DispersionRecipe, build, phases, "cosine")
