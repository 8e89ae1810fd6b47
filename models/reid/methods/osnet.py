"""OSNet x0.25 from published weights, tuned on player tracklets over certain pairs only.

K. Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019; identity softmax with anchors and
batch-hard triplets (`models.reid.losses.certain_pairs`). Two tracklets that never meet in a frame and have no names are neither a positive
nor a negative pair. Half of a person's crops are from the clip at hand, half from any clip in which the person is named.

`stripes` gives the head parts of the body (number, shoes), `beside` adds rendered games and single pictures of other games,
`recolour` gives whole scenes other uniforms.
"""

from __future__ import annotations

import copy
import hashlib
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from pydantic import Field
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from models.encoders.osnet import OSNet, normalise, normalise_bgr
from models.encoders.weights import encoder_weights_file, load_state, read_encoder_weights, write_encoder_weights
from models.reid.data.augmentation.cutting import augment, recoloured
from models.reid.data.batches.mixing import BesideData, MixedBatches, read_beside
from models.reid.data.batches.pictures import Batch
from models.reid.data.batches.views import StoredViews, ViewStore
from models.reid.data.crops import CropSet, Image
from models.reid.data.settings import CutSettings, PictureSettings, TrackletData
from models.reid.data.sources.games import joined
from models.reid.data.splits.people import People
from models.reid.losses.certain_pairs import MaskedSoftmax, hard_triplets, supervised_contrastive
from models.reid.methods.method import Method, Phase, Work
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import validation_scores
from models.runtime import run_module
from models.runtime.prepared import Prepared, take_bgr
from models.strict import Strict
from pipeline.errors import SettingsError

_FIRST_STAGE = ("conv1", "conv2")
_VIEWS_AT_ONCE = 8
_VIEW_SEED = 0
"""Trainings with other seeds share their views."""


class OsnetTrainSettings(Strict):
    """The optimisation."""

    steps: int = Field(1200, ge=1)
    people: int = Field(10, ge=2, description="identities of one clip in a batch")
    crops: int = Field(4, ge=2, description="crops per identity in a batch")
    home: float = Field(0.5, ge=0, le=1, description="share of an identity's crops that are from the clip itself")
    learning_rate: float = Field(3.5e-4, gt=0, description="of the backbone")
    head_factor: float = Field(5.0, gt=0, description="times as much for the head and the class anchors")
    weight_decay: float = Field(5e-4, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    softmax_scale: float = Field(16.0, gt=0)
    softmax_margin: float = Field(0.1, ge=0)
    triplet_margin: float = Field(0.2, ge=0, description="on cosine distances")
    triplet_weight: float = Field(1.0, ge=0)
    contrastive_weight: float = Field(0.0, ge=0, description="of the supervised contrastive loss")
    temperature: float = Field(0.1, gt=0, description="of the supervised contrastive loss")
    frozen: tuple[str, ...] = Field(
        (), description="parts of the network that stay as they start, with their statistics"
    )
    recolour: float = Field(0.0, ge=0, le=1, description="share of the scenes in a batch that get other uniforms")
    average: float = Field(0.99, ge=0, lt=1, description="decay of the running average of weights that is kept")
    views: int | None = Field(
        None,
        ge=2,
        description="changed versions of a crop that are made once and kept on disk, half of them in other uniforms, as the frozen "
        "conv1 and conv2 see them (these must be frozen); null: a new one each time",
    )
    report_every: int = Field(100, ge=1, description="steps of an epoch: between log rows and checkpoints")


class OsnetRecipe(Recipe):
    """One recipe."""

    method: Literal["osnet"] = "osnet"
    start: str | None = Field(
        None,
        description="weights to start from, relative to the data root: a published network, or an encoder of this shape; builtin: the "
        "shipped one; null: random",
    )
    head_dim: int = Field(128, ge=2)
    stripes: int = Field(0, ge=0, le=12, description="horizontal stripes that the head sees beside the whole body")
    picture: PictureSettings = PictureSettings(size_px=(192, 96))
    data: TrackletData
    beside: BesideData = BesideData()
    augment: CutSettings = CutSettings()
    train: OsnetTrainSettings = OsnetTrainSettings()
    patience: int | None = Field(None, ge=1, description="validations without improvement before stopping; null: never")


class Tuning(LightningModule):
    """A network that learns, its class anchors, and the running average of the network, which is kept.

    Args:
        work: its network is the average.
        people: what is learned from.
    """

    def __init__(self, work: Work, people: People) -> None:
        super().__init__()
        self.recipe: OsnetRecipe = work.recipe
        options = self.recipe.train
        self.average = work.network.eval()
        self.network: OSNet = copy.deepcopy(work.network)  # type: ignore[assignment]
        check_parts(self.network, options.frozen)
        numbers = np.unique(people.crops.identity)
        self.compact = torch.zeros(int(numbers.max()) + 1, dtype=torch.int64)
        self.compact[numbers] = torch.arange(len(numbers))
        self.differ = torch.from_numpy(people.differ[np.ix_(numbers, numbers)])
        self.softmax = MaskedSoftmax(len(numbers), self.recipe.head_dim, options.softmax_scale, options.softmax_margin)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the learning rate of this step; let the network learn, but for its frozen parts."""
        share = learning_rate_share(self.global_step, self.recipe.train)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = group["peak"] * share
        self.network.train()
        self.average.eval()
        for name in self.recipe.train.frozen:
            self.network.get_submodule(name).eval().requires_grad_(False)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return softmax + triplet loss of one batch."""
        options = self.recipe.train
        seen = self.network(batch.pictures) if options.views is None else self.network.above_first_stage(batch.pictures)
        vectors = nn.functional.normalize(seen, dim=1)
        identity, differ = self.compact.to(self.device)[batch.identity], self.differ.to(self.device)
        softmax = self.softmax(vectors, identity, differ)
        triplet = hard_triplets(vectors, identity, differ, options.triplet_margin)
        loss: Tensor = softmax + options.triplet_weight * triplet
        parts = {"softmax": softmax, "triplet": triplet}
        if options.contrastive_weight:
            parts["contrastive"] = supervised_contrastive(vectors, identity, differ, options.temperature)
            loss = loss + options.contrastive_weight * parts["contrastive"]
        self.log_dict(parts, on_step=False, on_epoch=True, batch_size=len(identity))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Move the running average a step towards the network."""
        decay = min(self.recipe.train.average, self.global_step / (self.global_step + 9))
        follow(self.average, self.network, decay)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, faster for what starts at random."""
        options = self.recipe.train
        above = [part for name, part in self.network.named_children() if name in ("head", "stripe_norm")]
        fresh = [*(p for part in above for p in part.parameters()), *self.softmax.parameters()]
        fresh_ids = {id(parameter) for parameter in fresh}
        frozen = {id(p) for name in options.frozen for p in self.network.get_submodule(name).parameters()}
        pretrained = [p for p in self.network.parameters() if id(p) not in fresh_ids | frozen]
        groups = [
            {"params": pretrained, "peak": options.learning_rate},
            {"params": fresh, "peak": options.learning_rate * options.head_factor},
        ]
        return torch.optim.AdamW(groups, lr=options.learning_rate, weight_decay=options.weight_decay)


class CutCrops(Dataset[Any]):
    """Batches of crops, each cut and changed as its own random numbers say: seed, batch number, place in the batch."""

    def __init__(self, crops: CropSet, recipe: OsnetRecipe) -> None:
        self._crops = crops
        self._recipe = recipe

    def __len__(self) -> int:
        return len(self._crops)

    def __getitems__(self, drawn: Sequence[tuple[int, int, int]]) -> Batch:
        """Return a batch of (row, seed of its change, seed of its uniform or -1)."""
        size, options = self._recipe.picture.size_px, self._recipe.augment
        rows = np.array([row for row, _, _ in drawn], np.int64)
        images = [augment(self._crops, row, size, options, np.random.default_rng(seed)) for row, seed, _ in drawn]
        images = [
            image if colour_seed < 0 else recoloured(image, colour_seed)
            for image, (_, _, colour_seed) in zip(images, drawn, strict=True)
        ]
        identity = torch.from_numpy(self._crops.identity[rows])
        return Batch(normalise(torch.from_numpy(np.stack(images))), identity, torch.from_numpy(rows))


def stored_views(crops: CropSet, recipe: OsnetRecipe, network: OSNet, cache: Path) -> StoredViews:
    """Give what the first stage of a network sees of changed crops; made here where it is not on disk.

    Args:
        crops: what is learned from.
        recipe: it has `train.views`.
        network: its first stage is frozen.
        cache: folder of stores, one for each first stage and kind of change.

    Raises:
        SettingsError: the first stage is not frozen.
    """
    views = recipe.train.views or 0
    if not {*_FIRST_STAGE} <= {*recipe.train.frozen}:
        raise SettingsError(f"train.views: needs the parts {', '.join(_FIRST_STAGE)} under train.frozen")
    half = views // 2
    plain_views = half - round(half * recipe.augment.p_person)
    first = copy.deepcopy(network).eval()
    digest = hashlib.sha256(f"{recipe.picture} {recipe.augment} {views} {_VIEW_SEED}".encode())
    for name, value in first.state_dict().items():
        if name.split(".")[0] in _FIRST_STAGE and not name.endswith("num_batches_tracked"):
            digest.update(value.half().contiguous().numpy().tobytes())  # as weight files have them
    first.fuse()
    size = recipe.picture.size_px

    def draw(crops: CropSet, row: int, view: int) -> Image:
        game = zlib.crc32(crops.scene_game[crops.scene[row]].encode())
        rng = np.random.default_rng([_VIEW_SEED, game, int(crops.identity[row]), int(crops.frame[row]), view])
        in_front = float(view % half >= plain_views)
        image = augment(crops, row, size, recipe.augment.model_copy(update={"p_person": in_front}), rng)
        return image if view < half else recoloured(image, game + view)

    take_bgr(first.first)
    layers = run_module(Prepared(_FirstStage(first), normalise_bgr), size, _VIEWS_AT_ONCE)
    store = ViewStore(cache / f"views-{digest.hexdigest()[:16]}", views, draw, lambda pictures: layers(pictures)[0])
    return StoredViews(crops, store)


class _FirstStage(nn.Module):
    """The first stage alone."""

    def __init__(self, network: OSNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.first_stage(x)


def build(recipe: OsnetRecipe) -> OSNet:
    """Make the network; the head is an orthogonal projection, which nearly keeps cosines."""
    network = OSNet(head_dim=recipe.head_dim, stripes=recipe.stripes)
    network.project_features()
    network.to(memory_format=torch.channels_last)
    return network


def start_from(network: OSNet, start: str, data_root: Path) -> None:
    """Load weights to start from, in place: a published network below the head, or an encoder of ours with its head.

    Args:
        network: what learns.
        start: the recipe's.
        data_root: where its path begins.

    Raises:
        WeightsError: the file is missing, or of another network.
    """
    weights = read_encoder_weights(encoder_weights_file(start) if start == "builtin" else data_root / start, "osnet")
    if weights.head_dim is not None:
        load_state(network, weights)
        return
    backbone = OSNet()
    load_state(backbone, weights)
    network.load_state_dict(backbone.state_dict(), strict=False)


def phases(work: Work) -> Iterator[Phase]:
    """Yield the one phase; its epochs are spans of `report_every` steps."""
    recipe: OsnetRecipe = work.recipe
    network: OSNet = work.network  # type: ignore[assignment]
    options = recipe.train
    if recipe.start is not None:
        start_from(network, recipe.start, work.data_root)
    validated = len(work.splits.validation) > 0
    span = min(options.report_every, options.steps)
    epochs = math.ceil(options.steps / span)
    sets = [work.splits.train, *read_beside(recipe.beside, work.data_root, work.cache)]
    people = joined(sets) if len(sets) > 1 else sets[0]
    sampler = MixedBatches(
        people.crops,
        [len(people_set) for people_set in sets],
        (options.people, recipe.beside.people),
        options.crops,
        options.home,
        options.recolour,
        recipe.seed,
        span,
        options.steps,
    )
    if options.views is None:
        pictures: Dataset[Any] = CutCrops(people.crops, recipe)
    else:
        pictures = stored_views(people.crops, recipe, network, work.cache)
    batches: DataLoader[Any] = DataLoader(pictures, batch_sampler=sampler, collate_fn=_as_it_is)  # type: ignore[arg-type]
    yield Phase(
        "tuning",
        Tuning(work, people),
        batches,
        LoopSettings(epochs=epochs, patience=recipe.patience),
        check=(lambda: validation_scores(work.network, recipe, work.splits.validation)) if validated else None,
        monitor="val/mAP" if validated else None,
        gradient_clip=5.0,
    )


def export(work: Work, out: Path, about: Mapping[str, Any]) -> None:
    """Write `encoder.safetensors`, which `courtside analyze` takes as `embed.weights`.

    Args:
        work: the training.
        out: folder.
        about: what is said of the training.
    """
    recipe: OsnetRecipe = work.recipe
    crops = work.splits.train.crops
    said = {"settings": about["recipe"], "seed": recipe.seed, "steps": recipe.train.steps, "data": about["data"]}
    said |= {"games": sorted(crops.games()), "stripes": recipe.stripes}
    size = recipe.picture.size_px
    write_encoder_weights(out / "encoder.safetensors", work.network, "osnet", recipe.head_dim, size, said)


def check_parts(network: nn.Module, names: Sequence[str]) -> None:
    """Refuse names of parts that the network does not have."""
    children = [name for name, _ in network.named_children()]
    if unknown := [name for name in names if name not in children]:
        raise SettingsError(f"train.frozen: no part {unknown[0]!r}; parts here: {', '.join(children)}")


def learning_rate_share(step: int, options: OsnetTrainSettings) -> float:
    """Return the share of the peak learning rate: linear warm-up, then half a cosine to 1 %.

    Example:
        >>> options = OsnetTrainSettings(steps=100, warmup=0.1)
        >>> [round(learning_rate_share(step, options), 2) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.01]
    """
    warm = int(options.warmup * options.steps)
    if step < warm:
        return (step + 1) / warm
    progress = (step - warm) / max(options.steps - warm, 1)
    return max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move a running average a step towards the network.

    Args:
        average: changed in place.
        network: what it follows.
        decay: share of the average that stays.
    """
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def _as_it_is(batch: Batch) -> Batch:
    return batch


METHOD = Method(OsnetRecipe, build, phases, "cosine", export)
