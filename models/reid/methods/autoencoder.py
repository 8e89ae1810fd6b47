"""The clustering autoencoder: reconstruct, draw what has one label together, push labels apart; cluster the latent vectors.

F. Ballestrazzi (EPFL), "Clustering Autoencoders for Re-Identification". A dense autoencoder 784-500-64-10 with ReLU, the
latent layer included, and a sigmoid output. Per step one label: total = 0.99 reconstruction + 0.01 (intra - w inter), intra the
mean Euclidean distance between vectors of the label, inter the mean distance to vectors of other labels, w = intra / inter
without gradient. Pre-training on reconstruction alone, 40 epochs of batches of 512, Adam 1e-3; then 100 epochs of the whole
set in one batch, five steps (labels) each.

His open questions are settings: other latent activations, a prior on the latent space (noise of a fixed variance, or a
variational one), weights that follow the losses. `network: convolutional` is a version for crops of players.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from pydantic import Field
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.reid.data.batches.pictures import (
    Batch,
    IdentityBatches,
    PictureDataset,
    ShuffledBatches,
    loader,
    pictures_of,
)
from models.reid.data.settings import PictureSettings
from models.reid.data.splits.people import People
from models.reid.data.splits.split import reduced
from models.reid.methods.method import Method, Phase, Work
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import validation_scores
from models.strict import Strict

Activation = Literal["relu", "linear", "tanh", "sigmoid"]
_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "linear": nn.Identity,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class AutoencoderNetworkSettings(Strict):
    """The autoencoder."""

    kind: Literal["dense", "convolutional"] = "dense"
    hidden: tuple[int, ...] = Field(
        (500, 64), min_length=1, description="widths: units of dense, channels of strided layers"
    )
    latent: int = Field(10, ge=1)
    activation: Activation = Field("relu", description="of the latent layer")
    prior: Literal["none", "fixed_variance", "gaussian"] = Field(
        "none",
        description="fixed_variance: noise of variance 1 on the latent vector and its squared length as a loss; "
        "gaussian: variance learned, divergence from the standard normal as a loss (Kingma and Welling 2014)",
    )


class PretrainSettings(Strict):
    """Reconstruction alone."""

    epochs: int = Field(40, ge=0)
    batch: int = Field(512, ge=1)
    learning_rate: float = Field(1e-3, gt=0)


class ClusterSettings(Strict):
    """Reconstruction and distances."""

    epochs: int = Field(100, ge=0)
    batch: int | None = Field(None, ge=2, description="crops per step; null: the whole set in every step")
    crops: int = Field(8, ge=2, description="per identity in a batch, where the set is not taken whole")
    most: int | None = Field(
        None,
        ge=2,
        description="crops per identity that the whole set is cut down to: the means hardly change; null: all",
    )
    labels: Literal["one", "all"] = Field("one", description="per step: one label after the other, or all of the batch")
    learning_rate: float = Field(1e-3, gt=0)
    reconstruction: float = Field(0.99, ge=0)
    distances: float = Field(0.01, ge=0, description="weight of intra - w inter")
    balance: float | None = Field(None, ge=0, description="w; null: intra / inter, without gradient")
    follow: bool = Field(False, description="every loss is divided by its present value: weights follow the losses")
    prior: float = Field(1e-3, ge=0, description="weight of the prior's loss, in the pre-training too")
    check_every: int = Field(10, ge=1)
    patience: int | None = None


class AutoencoderRecipe(Recipe):
    """One recipe."""

    method: Literal["autoencoder"] = "autoencoder"
    picture: PictureSettings = PictureSettings(size_px=(28, 28), channels=1, scale="unit")
    network: AutoencoderNetworkSettings = AutoencoderNetworkSettings()
    pretrain: PretrainSettings = PretrainSettings()
    cluster: ClusterSettings = ClusterSettings()


class Autoencoder(nn.Module):
    """Encoder and decoder; `forward` is the latent vector (n, latent), without noise.

    Args:
        picture: what it is shown, values in [0, 1].
        settings: widths and prior.
    """

    def __init__(self, picture: PictureSettings, settings: AutoencoderNetworkSettings) -> None:
        super().__init__()
        layers = _dense if settings.kind == "dense" else _convolutional
        self.encoder, self.decoder, width = layers(picture, settings)
        self.latent = nn.Sequential(nn.Linear(width, settings.latent), _ACTIVATIONS[settings.activation]())
        self.spread = nn.Linear(width, settings.latent) if settings.prior == "gaussian" else None
        self.prior = settings.prior

    def forward(self, pictures: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, latent)."""
        out: Tensor = self.latent(self.encoder(pictures))
        return out

    def pass_through(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return latent vectors (n, latent), the pictures rebuilt (n, c, h, w), and the prior's loss."""
        features = self.encoder(pictures)
        latent = self.latent(features)
        none = latent.new_zeros(())
        if self.prior == "none":
            return latent, self.decoder(latent).view_as(pictures), none
        log_variance = torch.zeros_like(latent) if self.spread is None else self.spread(features)
        noisy = latent + torch.randn_like(latent) * (0.5 * log_variance).exp()
        divergence = 0.5 * (latent**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        return latent, self.decoder(noisy).view_as(pictures), divergence


def _dense(picture: PictureSettings, settings: AutoencoderNetworkSettings) -> tuple[nn.Module, nn.Module, int]:
    """Dense layers: widths down to the last hidden one, and back."""
    pixels = picture.size_px[0] * picture.size_px[1] * picture.channels
    widths = (pixels, *settings.hidden)
    down = [layer for a, b in itertools.pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    back = (settings.latent, *widths[:0:-1])
    up = [layer for a, b in itertools.pairwise(back) for layer in (nn.Linear(a, b), nn.ReLU())]
    decoder = nn.Sequential(*up, nn.Linear(widths[1], pixels), nn.Sigmoid())
    return nn.Sequential(nn.Flatten(), *down), decoder, widths[-1]


def _convolutional(picture: PictureSettings, settings: AutoencoderNetworkSettings) -> tuple[nn.Module, nn.Module, int]:
    """Strided convolutions with batch norm, each half the size, and transposed ones back."""
    shrink = 2 ** len(settings.hidden)
    height, width = (side // shrink for side in picture.size_px)
    channels = (picture.channels, *settings.hidden)
    pairs = list(itertools.pairwise(channels))
    down = [layer for a, b in pairs for layer in (nn.Conv2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU())]
    last = channels[-1]
    up: list[nn.Module] = [nn.Linear(settings.latent, last * height * width), nn.Unflatten(1, (last, height, width))]
    for a, b in reversed(pairs[1:]):
        up += [nn.ConvTranspose2d(b, a, 4, 2, 1), nn.BatchNorm2d(a), nn.ReLU()]
    up += [nn.ConvTranspose2d(channels[1], channels[0], 4, 2, 1), nn.Sigmoid()]
    return nn.Sequential(*down, nn.Flatten()), nn.Sequential(*up), last * height * width


def intra_inter(latent: Tensor, identity: Tensor, label: int, differ: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean distance between vectors of a label, and from them to vectors of other labels.

    Args:
        latent: (n, dim).
        identity: (n,).
        label: which one.
        differ: (m, m) bool, identities that certainly differ; None: all that are not the same.

    Returns:
        Both means, over the pairs that there are; 0 where there are none.

    Example:
        >>> latent = torch.tensor([[0.0], [2.0], [5.0]])
        >>> [float(mean) for mean in intra_inter(latent, torch.tensor([0, 0, 1]), 0)]
        [2.0, 4.0]
    """
    members = latent[identity == label]
    differs = identity != label if differ is None else differ[label][identity]
    strangers = latent[differs]
    n, k = len(members), len(strangers)
    intra = summed_distances(members, members) / max(n * (n - 1), 1)
    inter = summed_distances(members, strangers) / max(n * k, 1)
    return intra, inter


def summed_distances(a: Tensor, b: Tensor, block: int = 128) -> Tensor:
    """Sum the Euclidean distances of every row of one set to every row of another.

    Distances of all 30,596 digits in one batch would fill gigabytes: they are computed in blocks, and again for the gradient.

    Args:
        a: (n, dim).
        b: (k, dim).
        block: rows of `a` whose distances are in memory at once.
    """
    if len(a) <= block:
        return torch.cdist(a, b).sum()
    parts = [checkpoint(_distances_of_block, part, b, use_reentrant=False) for part in torch.split(a, block)]
    return torch.stack(parts).sum()


def _distances_of_block(a: Tensor, b: Tensor) -> Tensor:
    return torch.cdist(a, b).sum()


class Clustering(LightningModule):
    """Either phase: reconstruction, and the distances where their weight is not zero.

    Args:
        network: the autoencoder.
        options: weights.
        learning_rate: of Adam.
        labels: that steps take in turn, one of them in each; None: all labels of the batch.
        distances: weight of intra - w inter; 0 in the pre-training.
        differ: (m, m) identities that certainly differ.
    """

    def __init__(
        self,
        network: Autoencoder,
        options: ClusterSettings,
        learning_rate: float,
        labels: Sequence[int] | None,
        distances: float,
        differ: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.network, self.options, self.learning_rate = network, options, learning_rate
        self.labels, self.distances, self.differ = labels, distances, differ

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the total loss."""
        options = self.options
        latent, rebuilt, divergence = self.network.pass_through(batch.pictures)
        rebuilding = nn.functional.mse_loss(rebuilt, batch.pictures)
        if not self.distances:
            self._tell(batch, reconstruction=rebuilding)
            return rebuilding + options.prior * divergence
        intra, inter = self._distances(latent, batch.identity, batch_idx)
        balance = (intra / inter.clamp_min(1e-8)).detach() if options.balance is None else options.balance
        self._tell(batch, reconstruction=rebuilding, intra=intra, inter=inter)
        if options.follow:
            rebuilding, intra, inter = (value / value.detach().clamp_min(1e-8) for value in (rebuilding, intra, inter))
            balance = 1.0
        total: Tensor = options.reconstruction * rebuilding + self.distances * (intra - balance * inter)
        return total + options.prior * divergence

    def _distances(self, latent: Tensor, identity: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Return intra and inter of this step's label, or the mean over the labels of the batch."""
        differ = None if self.differ is None else self.differ.to(latent.device)
        if self.labels is not None:
            return intra_inter(latent, identity, self.labels[step % len(self.labels)], differ)
        found = [intra_inter(latent, identity, label, differ) for label in set(identity.tolist())]
        return torch.stack([intra for intra, _ in found]).mean(), torch.stack([inter for _, inter in found]).mean()

    def _tell(self, batch: Batch, **losses: Tensor) -> None:
        self.log_dict(dict(losses), on_step=False, on_epoch=True, batch_size=len(batch.identity))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.network.parameters(), self.learning_rate)


class WholeSet:
    """Batch sampler: the whole set, `times` times per epoch."""

    def __init__(self, n: int, times: int) -> None:
        self._n, self._times = n, times

    def __len__(self) -> int:
        return self._times

    def __iter__(self) -> Iterator[list[int]]:
        for _ in range(self._times):
            yield list(range(self._n))


def build(recipe: AutoencoderRecipe) -> Autoencoder:
    """Make the network."""
    return Autoencoder(recipe.picture, recipe.network)


def phases(work: Work) -> Iterator[Phase]:
    """Yield the pre-training, then the clustering; a phase of no epochs is left out."""
    recipe: AutoencoderRecipe = work.recipe
    network = work.network
    assert isinstance(network, Autoencoder)
    crops = work.splits.train.crops
    pictures = PictureDataset(pictures_of(crops, recipe.picture, work.cache), crops.identity, recipe.picture)
    first, second = recipe.pretrain, recipe.cluster
    if first.epochs:
        module = Clustering(network, second, first.learning_rate, None, 0.0)
        batches = loader(pictures, ShuffledBatches(len(crops), first.batch, recipe.seed))
        yield Phase("pretraining", module, batches, LoopSettings(epochs=first.epochs))
    if second.epochs:
        yield _clustering(work, network)


def _clustering(work: Work, network: Autoencoder) -> Phase:
    """Make the second phase; on identities held back, the best state is kept, else the last."""
    recipe: AutoencoderRecipe = work.recipe
    options, people = recipe.cluster, reduced(work.splits.train, None, recipe.cluster.most)
    pictures = PictureDataset(
        pictures_of(people.crops, recipe.picture, work.cache), people.crops.identity, recipe.picture
    )
    labels = [int(label) for label in np.unique(people.crops.identity)]
    sampler: Any = WholeSet(len(people), len(labels))
    if options.batch is not None:
        sampler = IdentityBatches(people.crops.identity, options.batch // options.crops, options.crops, recipe.seed)
    module = Clustering(
        network,
        options,
        options.learning_rate,
        labels if options.labels == "one" else None,
        options.distances,
        _uncertain(people),
    )
    validation = work.splits.validation
    checked = len(validation) > 0
    return Phase(
        "clustering",
        module,
        loader(pictures, sampler),
        LoopSettings(epochs=options.epochs, check_every=options.check_every, patience=options.patience),
        check=(lambda: validation_scores(network, recipe, validation, work.cache, "euclidean")) if checked else None,
        monitor="val/mAP" if checked else None,
    )


def _uncertain(people: People) -> Tensor | None:
    """Return which identities certainly differ, where that is not simply all of them."""
    return torch.from_numpy(people.differ) if people.compare == "clips" else None


METHOD = Method(AutoencoderRecipe, build, phases, "euclidean")
