"""Siamese metric learning.

After A. K. Bojja's siamese network on MARS: a twin of four blocks (convolution, max-pooling, batch norm, ReLU) and a dense
embedding, learned on pairs by the contrastive loss (margin 1) and by binary verification, a dense unit with a sigmoid on
|a - b|; dropout 20 %, horizontal flips, Adam 5e-5; scored by the share of pairs told right. His pairs had frames of one tracklet
in training and in the test; here the identities of training, validation and test are different people.

Named by him as next steps, and here as settings: pre-trained backbones (`backbone`, `start`), triplet loss and identity
plus contrastive (`losses`), cosine distance in the merge network (`merge: cosine`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from pydantic import Field
from torch import Tensor, nn
from torchvision.transforms import v2

from models.reid.backbones import BackboneName, build_backbone, start_from
from models.reid.data.batches.pictures import Batch, IdentityBatches, PictureDataset, loader, pictures_of
from models.reid.data.splits.people import People
from models.reid.losses.batch_pairs import certain_pairs, contrastive
from models.reid.losses.certain_pairs import hard_triplets
from models.reid.methods.method import Method, Phase, Work
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import CHECKED_CROPS, labels_of, validation_scores, vectors_of
from models.strict import Strict

_CHECKED_PAIRS = 20000


class LossWeights(Strict):
    """Which losses, and how much of each; 0: left out."""

    contrastive: float = Field(1.0, ge=0)
    verification: float = Field(1.0, ge=0, description="binary cross-entropy of the merge network")
    triplet: float = Field(0.0, ge=0, description="batch-hard, on cosine distances")
    identity: float = Field(0.0, ge=0, description="softmax over the identities of training")


class SiameseRecipe(Recipe):
    """One recipe."""

    method: Literal["siamese"] = "siamese"
    backbone: BackboneName = "blocks"
    start: str | None = Field(None, description="weights to start from, relative to the data root; null: random")
    dim: int = Field(128, ge=2)
    merge: Literal["difference", "cosine"] = Field(
        "difference", description="what the verification unit sees of a pair"
    )
    margin: float = Field(1.0, gt=0, description="of the contrastive loss, on Euclidean distances")
    triplet_margin: float = Field(0.3, ge=0)
    losses: LossWeights = LossWeights()
    dropout: float = Field(0.2, ge=0, lt=1)
    flip: bool = Field(True, description="mirror pictures at random; not for digits")
    learning_rate: float = Field(5e-5, gt=0)
    people: int = Field(8, ge=2, description="identities per batch")
    crops: int = Field(4, ge=2, description="pictures of each")
    batches: int | None = Field(None, ge=1, description="per epoch; null: as many as show every picture once")
    loop: LoopSettings = LoopSettings(epochs=40, patience=10)


class PairNet(nn.Module):
    """A backbone, and a unit that says whether two of its vectors are of one identity.

    Args:
        backbone: (n, c, h, w) -> (n, dim).
        dim: length of the vectors.
        merge: what the unit sees: |a - b|, or their cosine.
    """

    def __init__(self, backbone: nn.Module, dim: int, merge: Literal["difference", "cosine"]) -> None:
        super().__init__()
        self.backbone = backbone
        self.merge = merge
        self.unit = nn.Linear(dim if merge == "difference" else 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, c, h, w) to vectors (n, dim)."""
        vectors: Tensor = self.backbone(x)
        return vectors

    def verify(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a logit (p,) for each pair of vectors (p, dim): above 0 means one identity."""
        seen = (a - b).abs() if self.merge == "difference" else nn.functional.cosine_similarity(a, b)[:, None]
        logit: Tensor = self.unit(seen)[:, 0]
        return logit


class Twins(LightningModule):
    """Learns from the certain pairs of every batch."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.recipe: SiameseRecipe = work.recipe
        self.network: PairNet = work.network  # type: ignore[assignment]
        people = work.splits.train
        self.differ = torch.from_numpy(people.differ)
        self.classes = nn.Linear(self.recipe.dim, len(people.differ)) if self.recipe.losses.identity else None

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the weighted sum of the losses of one batch."""
        weights = self.recipe.losses.model_dump()
        vectors = self.network(batch.pictures)
        terms = {name: self._term(name, vectors, batch.identity) for name, weight in weights.items() if weight}
        self.log_dict(terms, on_step=False, on_epoch=True, batch_size=len(vectors))
        return torch.stack([weights[name] * term for name, term in terms.items()]).sum()

    def _term(self, name: str, vectors: Tensor, identity: Tensor) -> Tensor:
        """Return one loss."""
        differ = self.differ.to(self.device)
        if name == "identity" and self.classes is not None:
            return nn.functional.cross_entropy(self.classes(vectors), identity)
        if name == "triplet":
            return hard_triplets(nn.functional.normalize(vectors, dim=1), identity, differ, self.recipe.triplet_margin)
        pairs, same = certain_pairs(identity, differ)
        a, b = vectors[pairs[:, 0]], vectors[pairs[:, 1]]
        if name == "contrastive":
            return contrastive(nn.functional.pairwise_distance(a, b), same, self.recipe.margin)
        return nn.functional.binary_cross_entropy_with_logits(self.network.verify(a, b), same.float())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam with one rate."""
        return torch.optim.Adam(self.parameters(), lr=self.recipe.learning_rate)


def build(recipe: SiameseRecipe) -> PairNet:
    """Make the network."""
    return PairNet(
        build_backbone(recipe.backbone, recipe.picture, recipe.dim, recipe.dropout), recipe.dim, recipe.merge
    )


def phases(work: Work) -> Iterator[Phase]:
    """Yield the one phase; the best pair accuracy on validation people is kept (mAP where nothing verifies)."""
    recipe: SiameseRecipe = work.recipe
    if recipe.start is not None:
        start_from(work.network.get_submodule("backbone"), recipe.backbone, work.data_root / recipe.start)
    crops = work.splits.train.crops
    pictures = pictures_of(crops, recipe.picture, work.cache)
    data = PictureDataset(pictures, crops.identity, recipe.picture, mirrored if recipe.flip else None)
    batches = IdentityBatches(crops.identity, recipe.people, recipe.crops, recipe.seed, recipe.batches)
    validated = len(work.splits.validation) > 0
    monitor = "val/pair_accuracy" if recipe.losses.verification else "val/mAP"
    check = _checks(work) if validated else None
    yield Phase("pairs", Twins(work), loader(data, batches), recipe.loop, check, monitor if validated else None)


def _checks(work: Work) -> Callable[[], dict[str, float]]:
    """Score validation people: retrieval, and pairs told right."""

    def check() -> dict[str, float]:
        people = work.splits.validation
        numbers = validation_scores(work.network, work.recipe, people, work.cache, "euclidean")
        return numbers | {"val/pair_accuracy": pair_accuracy(work.network, work.recipe, people)}  # type: ignore[arg-type]

    return check


@torch.inference_mode()
def pair_accuracy(network: PairNet, recipe: Recipe, people: People, seed: int = 0, gap_s: float | None = None) -> float:
    """Share of pairs that the verification unit tells right; as many pairs of one identity as of two.

    Args:
        network: with its unit.
        recipe: says what it is shown.
        people: pairs are those that retrieval would compare: certain, and apart in time where they are of clips.
        seed: of the choice of pairs.
        gap_s: how far apart in time two crops of a clip are at least; None: as retrieval has it, 0: any two.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(people))[:CHECKED_CROPS])
    labels, compared_gap_s = labels_of(people.select(rows))
    min_gap_s = compared_gap_s if gap_s is None else gap_s
    vectors = torch.from_numpy(vectors_of(network, recipe, people.crops.select(rows)))
    i, j = np.triu_indices(len(rows), 1)
    identity, when, clip = labels.identity, labels.time_s, labels.clip
    near = (clip[i] == clip[j]) & (abs(when[i] - when[j]) < min_gap_s)
    inside = (labels.group[i] == labels.group[j]) & ~near
    same = identity[i] == identity[j]
    kinds = [np.flatnonzero(inside & same), np.flatnonzero(inside & labels.differ[identity[i], identity[j]])]
    count = min(_CHECKED_PAIRS // 2, *(len(kind) for kind in kinds))
    if not count:
        return float("nan")
    chosen = [rng.permutation(kind)[:count] for kind in kinds]
    logits = [network.verify(vectors[i[kind]], vectors[j[kind]]) for kind in chosen]
    return float(torch.cat([logits[0] > 0, logits[1] <= 0]).float().mean())


def mirrored(picture: Tensor) -> Tensor:
    """Flip one picture (c, h, w) from left to right, or not."""
    flipped: Any = v2.RandomHorizontalFlip(0.5)(picture)
    return torch.as_tensor(flipped)


METHOD = Method(SiameseRecipe, build, phases, "euclidean")
