"""Attributes and an aggregator.

Bernardi, Hueller, Saccon (University of Trento): a pre-trained ResNet-34 gives 512 features; one classifier per attribute
(512-256-n, batch norm, dropout 0.5) learns from the sum of the cross-entropies (SGD 1e-3, momentum 0.8, weight decay 1e-5,
early stopping with patience 5); an aggregator over features and attribute outputs is then trained to 128 dimensions by
the triplet margin loss. A query's list is what lies within a distance, and that threshold is the one with the best mAP on
training data, in steps of 0.1; lists are written as text.

Their ResNet-34 came with ImageNet weights. Here `backbone: mobilenetv2` has ImageNet weights (`start: imagenet`), `backbone: osnet`
published re-identification weights; `backbone: resnet34` starts at random unless `start` names a safetensors file with torchvision's
layer names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningModule
from numpy.typing import NDArray
from pydantic import Field
from pytorch_metric_learning.losses import TripletMarginLoss
from sklearn.metrics import f1_score
from torch import Tensor, nn

from models.encoders.attributes import AttributeNet
from models.reid.backbones import FEATURES, build_backbone, start_from
from models.reid.data.batches.pictures import (
    Batch,
    IdentityBatches,
    PictureDataset,
    ShuffledBatches,
    loader,
    pictures_of,
    to_network,
)
from models.reid.data.sources.attributes import (
    UNKNOWN,
    VOCABULARIES,
    Attributes,
    basketball_attributes,
    digit_attributes,
    market_attributes,
    rendered_attributes,
)
from models.reid.data.splits.people import People
from models.reid.evaluation import Bool, mean_ap_within
from models.reid.losses.batch_pairs import certain_triplets
from models.reid.methods.method import Method, Phase, Work
from models.reid.methods.siamese import mirrored
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import labels_of, validation_scores, vectors_of
from pipeline.errors import SettingsError


class AttributeRecipe(Recipe):
    """One recipe."""

    method: Literal["attributes"] = "attributes"
    backbone: Literal["osnet", "resnet34", "mobilenetv2"] = "resnet34"
    start: str | None = Field(None, description="weights to start from, relative to the data root; null: random")
    vocabulary: Literal["basketball", "market1501", "rendered", "digits"] = "basketball"
    heads: tuple[str, ...] | None = Field(
        None,
        description="attributes that are learned; null: the whole vocabulary; none: the aggregator has features alone",
    )
    market_table: str | None = Field(None, description="market_attribute.mat, relative to the data root")
    dim: int = Field(128, ge=2)
    hidden: int = Field(256, ge=2)
    flip: bool = Field(True, description="mirror pictures at random; not where an attribute tells left from right")
    dropout: float = Field(0.5, ge=0, lt=1)
    learning_rate: float = Field(1e-3, gt=0)
    momentum: float = Field(0.8, ge=0, lt=1)
    weight_decay: float = Field(1e-5, ge=0)
    batch: int = Field(32, ge=2)
    classify: LoopSettings = LoopSettings(epochs=30, patience=5)
    aggregate: LoopSettings = LoopSettings(epochs=30, patience=5)
    aggregate_rate: float = Field(1e-3, gt=0, description="learning rate of the aggregator (Adam)")
    margin: float = Field(0.2, gt=0, description="of the triplet loss, on distances between unit vectors")
    people: int = Field(8, ge=2, description="identities per batch of the aggregator")
    crops: int = Field(4, ge=2, description="pictures of each")


class Classifying(LightningModule):
    """Extractor and classifiers learn the attributes."""

    def __init__(self, work: Work, attributes: Attributes) -> None:
        super().__init__()
        self.recipe: AttributeRecipe = work.recipe
        self.network: AttributeNet = work.network  # type: ignore[assignment]
        self.label = torch.from_numpy(attributes.label)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the sum of the attributes' cross-entropies."""
        logits = self.network.attributes(self.network.extractor(batch.pictures))
        loss = summed_cross_entropy(logits, self.label[batch.row].to(self.device))
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.row))
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """SGD, as published."""
        recipe = self.recipe
        learned = [*self.network.extractor.parameters(), *self.network.classifiers.parameters()]
        return torch.optim.SGD(
            learned, lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        )


class Aggregating(LightningModule):
    """The aggregator learns identities; what it stands on stays."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.recipe: AttributeRecipe = work.recipe
        self.network: AttributeNet = work.network  # type: ignore[assignment]
        self.differ = torch.from_numpy(work.splits.train.differ)
        self.loss = TripletMarginLoss(margin=self.recipe.margin)  # Euclidean distance of unit vectors

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Keep statistics and dropout of the frozen part as in use."""
        self.network.extractor.eval()
        self.network.classifiers.eval()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the triplet loss over the certain triplets of one batch."""
        with torch.no_grad():
            features = self.network.extractor(batch.pictures)
            logits = self.network.attributes(features)
        vectors = self.network.aggregate(features, logits)
        triplets = certain_triplets(batch.identity, self.differ.to(self.device))
        loss: Tensor = self.loss(vectors, batch.identity, triplets)
        self.log("triplet", loss, on_step=False, on_epoch=True, batch_size=len(vectors))
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, for the aggregator alone."""
        return torch.optim.Adam(self.network.aggregator.parameters(), lr=self.recipe.aggregate_rate)


def summed_cross_entropy(logits: Mapping[str, Tensor], label: Tensor) -> Tensor:
    """Sum over attributes of the mean cross-entropy; unknown labels are left out.

    Args:
        logits: attribute -> (n, classes).
        label: (n, attributes), in the same order.

    Example:
        >>> even = {"hat": torch.zeros(2, 2), "age": torch.zeros(2, 4)}
        >>> summed_cross_entropy(even, torch.tensor([[0, -1], [1, 3]])).exp()  # 2 x 4 equally likely
        tensor(8.)
    """
    labelled = [(out, label[:, i]) for i, out in enumerate(logits.values()) if bool((label[:, i] != UNKNOWN).any())]
    terms = [nn.functional.cross_entropy(out, column, ignore_index=UNKNOWN) for out, column in labelled]
    return torch.stack(terms).sum() if terms else sum(out.sum() * 0 for out in logits.values())  # type: ignore[return-value]


def build(recipe: AttributeRecipe) -> AttributeNet:
    """Make the network."""
    extractor = build_backbone(recipe.backbone, recipe.picture, None)
    vocabulary = VOCABULARIES[recipe.vocabulary]
    heads = recipe.heads if recipe.heads is not None else tuple(vocabulary)
    if wrong := [name for name in heads if name not in vocabulary]:
        raise SettingsError(
            f"heads: no attribute {wrong[0]!r} in {recipe.vocabulary!r}; it has {', '.join(vocabulary)}"
        )
    classes = {name: len(names) for name, names in vocabulary.items() if name in heads}
    return AttributeNet(extractor, FEATURES[recipe.backbone], classes, recipe.dim, recipe.hidden, recipe.dropout)


def phases(work: Work) -> Iterator[Phase]:
    """Yield the classifiers' phase (smallest validation loss is kept) and the aggregator's (best mAP)."""
    recipe: AttributeRecipe = work.recipe
    network: AttributeNet = work.network  # type: ignore[assignment]
    if recipe.start is not None:
        start_from(network.extractor, recipe.backbone, work.data_root / recipe.start)
    people, validation = work.splits.train, work.splits.validation
    pictures = pictures_of(people.crops, recipe.picture, work.cache)
    data = PictureDataset(pictures, people.crops.identity, recipe.picture, mirrored if recipe.flip else None)
    validated = len(validation) > 0
    if network.classifiers:
        yield Phase(
            "classifiers",
            Classifying(work, attributes_of(work, people)),
            loader(data, ShuffledBatches(len(data), recipe.batch, recipe.seed)),
            recipe.classify,
            _classifier_check(work, attributes_of(work, validation)) if validated else None,
            "val/loss" if validated else None,
            "min",
        )
    batches = IdentityBatches(people.crops.identity, recipe.people, recipe.crops, recipe.seed + 1)
    yield Phase(
        "aggregator",
        Aggregating(work),
        loader(data, batches),
        recipe.aggregate,
        (lambda: validation_scores(network, recipe, validation, work.cache)) if validated else None,
        "val/mAP" if validated else None,
    )


def _classifier_check(work: Work, attributes: Attributes) -> Callable[[], dict[str, float]]:
    """Score the classifiers on validation people."""
    network: AttributeNet = work.network  # type: ignore[assignment]
    return lambda: attribute_scores(network, work.recipe, work.splits.validation, attributes, work.cache)


def attributes_of(work: Work, people: People) -> Attributes:
    """Read the attributes of a split that the recipe has heads for.

    Raises:
        SettingsError: the recipe's data have no such attributes.
    """
    found = _labels_of(work, people)
    heads = work.recipe.heads
    return found if heads is None else found.only(heads)


def _labels_of(work: Work, people: People) -> Attributes:
    """Read all attributes of a split."""
    recipe: AttributeRecipe = work.recipe
    data, root = recipe.data, work.data_root
    if recipe.vocabulary == "market1501" and recipe.market_table is not None:
        return market_attributes(people.crops, root / recipe.market_table)
    if recipe.vocabulary == "basketball" and data.reader == "tracklets":
        return basketball_attributes(people, root / data.table, root / data.images)
    if recipe.vocabulary == "rendered" and data.reader == "games":
        return rendered_attributes(people, [Path(game.path) for game in (*data.train, *data.validation, *data.test)])
    if recipe.vocabulary == "digits" and data.reader == "mnist":
        return digit_attributes(people.crops)
    raise SettingsError(
        f"vocabulary: no attributes {recipe.vocabulary!r} for the reader {data.reader!r}; "
        "basketball goes with tracklets, rendered with games, digits with mnist, market1501 with market_table"
    )


@torch.inference_mode()
def attribute_scores(
    network: AttributeNet, recipe: AttributeRecipe, people: People, attributes: Attributes, cache: Path | None = None
) -> dict[str, float]:
    """Score the classifiers.

    Args:
        network: what is scored.
        recipe: says what it is shown.
        people: the set.
        attributes: its labels.
        cache: folder for packed pictures; None: pack in memory.

    Returns:
        `val/loss` (summed cross-entropy), and for each attribute with known labels `val/acc_...` and `val/f1_...`: the mean over
        the classes that occur of F1, which a rare class weighs in as much as a common one.
    """
    network.eval()
    pictures = pictures_of(people.crops, recipe.picture, cache)
    batches: list[dict[str, Tensor]] = []
    for at in range(0, len(pictures), 256):
        shown = to_network(torch.from_numpy(np.array(pictures[at : at + 256])), recipe.picture)
        batches.append(network.attributes(network.extractor(shown)))
    logits = {name: torch.cat([batch[name] for batch in batches]) for name in attributes.vocabulary}
    numbers = {"val/loss": float(summed_cross_entropy(logits, torch.from_numpy(attributes.label)))}
    for name, out in logits.items():
        true = attributes.column(name)
        labelled = true != UNKNOWN
        if labelled.any():
            given = out.argmax(1).numpy()[labelled]
            numbers[f"val/acc_{name}"] = float((given == true[labelled]).mean())
            classes = np.unique(true[labelled])
            numbers[f"val/f1_{name}"] = float(
                f1_score(true[labelled], given, labels=classes, average="macro", zero_division=0)
            )
    return numbers


def choose_threshold(distance: NDArray[np.floating], same: Bool, valid: Bool, step: float = 0.1) -> tuple[float, float]:
    """Find the smallest threshold, in steps, whose mAP is the best to three digits: longer lists would add strangers only.

    Args:
        distance: (q, g).
        same: (q, g) the pair is one person.
        valid: (q, g) the candidate takes part.
        step: between two thresholds that are tried.

    Returns:
        The threshold and its mAP.
    """
    steps = np.arange(step, 2 + step / 2, step)  # unit vectors are at most 2 apart
    scores = np.array([mean_ap_within(distance, same, valid, float(t)) for t in steps]).round(3)
    best = int(scores.argmax())
    return round(float(steps[best]), 6), float(scores[best])


def export(work: Work, out: Path, about: Mapping[str, Any]) -> None:
    """Write `threshold.json` (chosen on training data); of the held-out crops `retrieval.txt`, the lists, and `attributes.md`.

    Args:
        work: the training.
        out: folder.
        about: what is said of the training.
    """
    del about
    distance, same, valid, _ = _distances(work, work.splits.train)
    threshold, score = choose_threshold(distance, same, valid)
    (out / "threshold.json").write_text(json.dumps({"distance": threshold, "mAP_train": score}), encoding="utf-8")
    people = work.splits.test if len(work.splits.test) else work.splits.validation
    if len(people):
        distance, _, valid, names = _distances(work, people)
        (out / "retrieval.txt").write_text(retrieval_lists(distance, valid, names, threshold), encoding="utf-8")
        attributes = attributes_of(work, people)
        scores = attribute_scores(work.network, work.recipe, people, attributes, work.cache)  # type: ignore[arg-type]
        (out / "attributes.md").write_text(attribute_table(attributes, scores), encoding="utf-8")


def attribute_table(attributes: Attributes, scores: Mapping[str, float]) -> str:
    """Lay scores out as Markdown, in per cent, beside the share of the commonest class: what a classifier gets that knows nothing.

    Args:
        attributes: the classes that were scored.
        scores: of `attribute_scores`; attributes that are known of nobody have none.

    Example:
        >>> hat = Attributes({"hat": ("no", "yes")}, np.array([[0], [0], [0], [1], [UNKNOWN]]))
        >>> print(attribute_table(hat, {"val/acc_hat": 0.75, "val/f1_hat": 0.4286}).splitlines()[-1])
        | hat | 2 | 4 | 75.0 | 75.0 | 42.9 |
    """
    lines = ["| attribute | classes | crops | commonest | accuracy | macro F1 |", "|---|---:|---:|---:|---:|---:|"]
    for name in attributes.vocabulary:
        if f"val/acc_{name}" not in scores:
            continue
        counts = np.bincount(attributes.column(name)[attributes.column(name) != UNKNOWN])
        shares = (counts.max() / counts.sum(), scores[f"val/acc_{name}"], scores[f"val/f1_{name}"])
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {name} | {np.count_nonzero(counts)} | {counts.sum()} | {cells} |")
    return "\n".join(lines) + "\n"


def retrieval_lists(distance: NDArray[np.floating], valid: Bool, names: list[str], threshold: float) -> str:
    """Write one line per query: its name, a colon, and the names within the threshold, nearest first.

    Args:
        distance: (q, g).
        valid: (q, g) the candidate takes part.
        names: of the g candidates.
        threshold: distance at which a list ends.

    Example:
        >>> distance = np.array([[0.0, 0.4, 0.2], [0.4, 0.0, 0.9], [0.2, 0.9, 0.0]])
        >>> print(retrieval_lists(distance, ~np.eye(3, dtype=bool), ["a", "b", "c"], 0.5), end="")
        a: c, b
        b: a
        c: a
    """
    lines = []
    for row, name in enumerate(names):
        near = np.flatnonzero(valid[row] & (distance[row] <= threshold))
        order = near[np.argsort(distance[row, near], kind="stable")]
        lines.append(f"{name}: {', '.join(names[i] for i in order)}\n")
    return "".join(lines)


def _distances(work: Work, people: People) -> tuple[NDArray[np.float32], Bool, Bool, list[str]]:
    """Return distances (n, n) of unit vectors, same identity, what is compared, and a name for each crop."""
    labels, min_gap_s = labels_of(people)
    vectors = vectors_of(work.network, work.recipe, people.crops, work.cache)
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    distance = np.sqrt(np.maximum(2 - 2 * vectors @ vectors.T, 0))
    same = labels.identity[:, None] == labels.identity
    gap = np.where(labels.clip[:, None] == labels.clip, np.abs(labels.time_s[:, None] - labels.time_s), np.inf)
    valid = (gap >= min_gap_s) & (labels.group[:, None] == labels.group) & ~np.eye(len(same), dtype=bool)
    valid &= same | labels.differ[labels.identity[:, None], labels.identity]
    crops = people.crops
    names = [
        f"{crops.scene_names[s]}/{t}/{f}" for s, t, f in zip(crops.scene, crops.tracklet, crops.frame, strict=True)
    ]
    return distance, same, valid, names


METHOD = Method(AttributeRecipe, build, phases, "cosine", export)
