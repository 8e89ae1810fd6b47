"""Classification-guided cosine similarity: embeddings that a classifier by cosine has to tell apart.

B. Cuan, "Embedding Learning and Clustering in Packed Scenes". Normalised embeddings times normalised class anchors times lambda
into a cross-entropy; the network is the first two layers of AlexNet (Krizhevsky, Sutskever, Hinton, NIPS 2012) with few
filters; at test the anchors are dropped and embeddings compared by their cosine. The loss is pytorch-metric-learning's
`CosFaceLoss`, which with a margin of 0 is this one (Zhai and Wu, "Classification is a Strong Baseline for Deep Metric
Learning", BMVC 2019); where identities are tracklets, which may be of one person, anchors of uncertain ones are left out.

`made` adds classes made from classes (`models.reid.data.augmentation.made_classes`): what is learned from five digits then holds for others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from pydantic import Field
from pytorch_metric_learning.losses import CosFaceLoss
from torch import Tensor, nn
from torch.utils.data import DataLoader

from models.reid.data.augmentation.augment import AugmentSettings, augmentation
from models.reid.data.augmentation.made_classes import ClassBatches, MadeClassSettings, MadePictures
from models.reid.data.batches.pictures import Batch, IdentityBatches, PictureDataset, loader, pictures_of
from models.reid.data.settings import PictureSettings
from models.reid.data.splits.people import People
from models.reid.losses.certain_pairs import MaskedSoftmax
from models.reid.methods.method import Method, Phase, Work
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import validation_scores
from models.strict import Strict

_WARMUP = 0.1
"""Share of the steps in which the learning rate rises."""


class AnchorNetworkSettings(Strict):
    """The embedding."""

    kind: Literal["alexnet", "strided"] = Field(
        "alexnet", description="the first two layers of AlexNet; or 3x3 convolutions with batch norm, two per halving"
    )
    filters: tuple[int, ...] = Field(
        (16, 32), min_length=1, description="alexnet: of its two layers; strided: per halving"
    )
    dim: int = Field(32, ge=2)


class AnchorTrainSettings(Strict):
    """The optimisation."""

    scale: float = Field(16.0, gt=0, description="lambda: cosines are multiplied by it")
    margin: float = Field(0.0, ge=0, lt=1, description="taken from the cosine to the sample's own anchor")
    people: int = Field(16, ge=2, description="classes in a batch")
    crops: int = Field(4, ge=1, description="pictures of each")
    batches: int | None = Field(None, ge=1, description="per epoch; null: as many as show every picture about once")
    learning_rate: float = Field(1e-3, gt=0, description="peak; a tenth of the steps up, then half a cosine down")
    weight_decay: float = Field(1e-3, ge=0)


class AnchorsRecipe(Recipe):
    """One recipe."""

    method: Literal["anchors"] = "anchors"
    picture: PictureSettings = PictureSettings(size_px=(112, 112))
    network: AnchorNetworkSettings = AnchorNetworkSettings()
    train: AnchorTrainSettings = AnchorTrainSettings()
    augment: AugmentSettings | None = AugmentSettings()
    made: MadeClassSettings | None = Field(None, description="classes made from classes; null: those that there are")
    loop: LoopSettings = LoopSettings()


class Embedding(nn.Module):
    """Convolutions (`features`) and a dense layer with batch norm: (n, c, h, w) -> (n, dim), not of unit length."""

    def __init__(self, picture: PictureSettings, settings: AnchorNetworkSettings) -> None:
        super().__init__()
        layers = _alexnet if settings.kind == "alexnet" else _strided
        self.features = layers(picture.channels, settings.filters)
        with torch.no_grad():
            width = self.features.eval()(torch.zeros(1, picture.channels, *picture.size_px)).numel()
        self.features.train()
        self.embed = nn.Sequential(nn.Flatten(), nn.Linear(width, settings.dim), nn.BatchNorm1d(settings.dim))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, dim)."""
        out: Tensor = self.embed(self.features(pictures))
        return out


def _alexnet(channels: int, filters: tuple[int, ...]) -> nn.Sequential:
    """AlexNet's first two layers: 11x11 with stride 4, 5x5, each with ReLU and a 3x3 max-pool of stride 2."""
    first, second = filters
    return nn.Sequential(
        nn.Conv2d(channels, first, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(first, second, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
    )


def _strided(channels: int, filters: tuple[int, ...]) -> nn.Sequential:
    """Per halving a strided and, but for the last, a plain 3x3 convolution, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for number, width in enumerate(filters):
        for stride in (2, 1) if number + 1 < len(filters) else (2,):
            layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


class Guided(LightningModule):
    """The embedding and its anchors.

    Args:
        network: the embedding.
        recipe: settings.
        classes: anchors to learn.
        steps: of the whole training.
        people: whose identities may be uncertain; None: every class is certain.
    """

    def __init__(
        self, network: nn.Module, recipe: AnchorsRecipe, classes: int, steps: int, people: People | None
    ) -> None:
        super().__init__()
        self.network, self.options, self.steps = network, recipe.train, steps
        options, dim = recipe.train, recipe.network.dim
        self.differ = None if people is None else _compact(people)
        self.loss: nn.Module = (
            CosFaceLoss(classes, dim, margin=options.margin, scale=options.scale)
            if people is None
            else MaskedSoftmax(classes, dim, options.scale, options.margin)
        )

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the cross-entropy over lambda times the cosines."""
        vectors = nn.functional.normalize(self.network(batch.pictures).float(), dim=1)
        rest = () if self.differ is None else (self.differ.to(vectors.device),)
        loss: Tensor = self.loss(vectors, batch.identity, *rest)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(vectors))
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW; the rate goes up, then down by half a cosine."""
        optimiser = torch.optim.AdamW(
            self.parameters(), self.options.learning_rate, weight_decay=self.options.weight_decay
        )
        warm = max(1, round(_WARMUP * self.steps))

        def share(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            return max(0.01, 0.5 * (1 + math.cos(math.pi * (step - warm) / max(self.steps - warm, 1))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, share)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def build(recipe: AnchorsRecipe) -> Embedding:
    """Make the network."""
    return Embedding(recipe.picture, recipe.network)


def phases(work: Work) -> Iterator[Phase]:
    """Yield the one phase."""
    recipe: AnchorsRecipe = work.recipe
    people, validation = work.splits.train, work.splits.validation
    identities, compact = np.unique(people.crops.identity, return_inverse=True)
    pictures = pictures_of(people.crops, recipe.picture, work.cache)
    uncertain = people.compare == "clips" and recipe.made is None
    batches: DataLoader[Any]
    if recipe.made is None:
        batches = _as_they_are(recipe, pictures, compact.astype(np.int64))
        classes = len(identities)
    else:
        made = MadePictures(pictures, people.crops.identity, recipe.picture, recipe.made, recipe.seed)
        classes = len(made.classes)
        count = recipe.train.batches or max(1, len(people) // (recipe.train.people * recipe.train.crops))
        batches = loader(made, ClassBatches(classes, recipe.train.people, recipe.train.crops, count, recipe.seed))
    steps = recipe.loop.epochs * len(batches)
    checked = len(validation) > 0
    yield Phase(
        "guided",
        Guided(work.network, recipe, classes, steps, people if uncertain else None),
        batches,
        recipe.loop,
        check=(lambda: validation_scores(work.network, recipe, validation, work.cache)) if checked else None,
        monitor="val/mAP" if checked else None,
    )


def _as_they_are(recipe: AnchorsRecipe, pictures: Any, identity: Any) -> DataLoader[Any]:
    """Load pictures of the classes that there are, augmented."""
    change = None if recipe.augment is None else augmentation(recipe.augment, recipe.picture.size_px)
    options = recipe.train
    sampler = IdentityBatches(identity, options.people, options.crops, recipe.seed, options.batches)
    return loader(PictureDataset(pictures, identity, recipe.picture, change), sampler)


def _compact(people: People) -> Tensor:
    """Return which identities certainly differ, numbered as the anchors are."""
    identities = np.unique(people.crops.identity)
    return torch.from_numpy(people.differ[np.ix_(identities, identities)])


METHOD = Method(AnchorsRecipe, build, phases, "cosine")
