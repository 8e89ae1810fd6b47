"""Encoders on tasks: numbers, pictures next to the checkpoint, one table."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.encoders import load_encoder
from models.reid.data.crops import CropSet
from models.reid.evaluation import scored_pairs
from models.reid.loop import read_metrics
from models.reid.measure import Level, Measured, measure
from models.reid.methods import find_method
from models.reid.plots import draw_gallery, draw_latent, draw_losses, draw_roc
from models.reid.tasks import Task
from models.reid.validation import comparable, labels_of, vectors_of
from models.reid.weights import has_recipe, load_network
from pipeline.errors import SettingsError

Vectors = NDArray[np.float32]
COLUMNS = (
    "R1",
    "R5",
    "R10",
    "mAP",
    "mAP mates",
    "AUC",
    "verif.",
    "clust.",
    "NMI",
    "ARI",
    "tr. R1",
    "tr. mAP",
    "tr. clust.",
)
_SHOWN: Mapping[str, tuple[str, str]] = {
    "R1": ("images", "rank1"),
    "R5": ("images", "rank5"),
    "R10": ("images", "rank10"),
    "mAP": ("images", "mean_ap"),
    "mAP mates": ("images", "mean_ap_mates"),
    "AUC": ("images", "auc"),
    "verif.": ("images", "verification"),
    "clust.": ("images", "clustering"),
    "NMI": ("images", "nmi"),
    "ARI": ("images", "ari"),
    "tr. R1": ("tracklets", "rank1"),
    "tr. mAP": ("tracklets", "mean_ap"),
    "tr. clust.": ("tracklets", "clustering"),
}
_KINDS = {"mnist": "digits", "folders": "pictures"}
"""What recipes of a reader take part in; class folders are neither digits nor players (`benchmarks.shelf` looks at them)."""


@dataclass(frozen=True)
class Contender:
    """One encoder that is measured.

    Attributes:
        name: in the table.
        kind: `digits` or `players`: tasks that it takes part in; another: in none.
        embed: vectors of a crop set.
        metric: how they are compared.
        out: folder for its pictures and numbers.
    """

    name: str
    kind: str
    embed: Callable[[CropSet], Vectors]
    metric: str
    out: Path


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    task: str
    contender: str
    measured: Measured


def of_weights(path: Path, cache: Path, name: str | None = None) -> Contender:
    """Take the weights of a training of this wing, or of an encoder for `courtside analyze`; pictures go beside them.

    Raises:
        WeightsError: no such weights.
    """
    if not has_recipe(path):
        return of_encoder(name or path.stem, path, path.parent / "evaluation")
    recipe, network = load_network(path)
    kind = _KINDS.get(recipe.data.reader, "players")
    metric = find_method(recipe.method, str(path)).metric
    return Contender(
        name or path.parent.name,
        kind,
        lambda crops: vectors_of(network, recipe, crops, cache),
        metric,
        path.parent / "evaluation",
    )


def of_encoder(name: str, weights: str | Path, out: Path, encoder: str = "osnet") -> Contender:
    """Take weights that `courtside analyze` can use: the shipped ones, or published ones.

    Raises:
        WeightsError: no such weights.
    """
    loaded = load_encoder(encoder, weights)

    def embed(crops: CropSet) -> Vectors:
        return loaded.embed([crops.person(row) for row in range(len(crops))])

    return Contender(name, "players", embed, "cosine", out / name.replace(" ", "-"))


def of_pixels(out: Path) -> Contender:
    """Take the pixels themselves as vectors, 28 x 28, grey: what an encoder of digits has to beat."""

    def embed(crops: CropSet) -> Vectors:
        pixels = np.stack([crops.person(row).ravel() for row in range(len(crops))])
        return pixels.astype(np.float32) / np.float32(255)

    return Contender("pixels", "digits", embed, "euclidean", out / "pixels")


def compare(
    contenders: Sequence[Contender],
    tasks: Iterable[Task],
    pictures: bool = True,
    same_camera: bool = False,
    on_row: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Measure every contender on every task of its kind.

    Args:
        contenders: encoders.
        tasks: what they are measured on, read one at a time.
        pictures: draw ROC, latent space and galleries next to each checkpoint.
        same_camera: whether the same person under the same camera counts.
        on_row: called with each row when it is measured.

    Returns:
        Rows, by task and then in the order of the contenders.

    Raises:
        SettingsError: there is nobody to measure.
    """
    if not contenders:
        raise SettingsError("evaluate reid: nothing to measure; name --weights, or train recipes first")
    rows: list[Row] = []
    for task in tasks:
        for one in contenders:
            if one.kind != task.kind:
                continue
            vectors = one.embed(task.people.crops)
            rows.append(Row(task.name, one.name, measure(vectors, task.people, one.metric, same_camera)))
            _keep(rows[-1], one.out)
            if pictures:
                draw_task(task, vectors, one)
            on_row(rows[-1])
    return rows


def draw_task(task: Task, vectors: Vectors, contender: Contender) -> None:
    """Draw ROC, latent space and gallery of one contender on one task."""
    folder = contender.out / file_name(task.name)
    labels, min_gap_s = labels_of(task.people)
    compared, similar = comparable(vectors, contender.metric)
    draw_roc({contender.name: scored_pairs(compared, labels, min_gap_s, similar)}, folder / "roc.png")
    crops = task.people.crops
    draw_latent(compared, crops.identity, crops.identity_names, folder / "latent.png")
    draw_gallery(vectors, task.people, folder / "gallery.png", contender.metric)


def draw_training(run: Path) -> None:
    """Draw the numbers of a training's phases into its folder: `losses.png`."""
    tables = {path.parent.name: read_metrics(path) for path in sorted(run.glob("*/metrics.csv"))}
    if tables:
        draw_losses(tables, run / "losses.png")


def markdown(rows: Sequence[Row]) -> str:
    """Lay the rows out as one Markdown table, in per cent; empty where there is nothing to measure."""
    lines = ["| " + " | ".join(("task", "encoder", *COLUMNS, "queries")) + " |"]
    lines.append("|---|---|" + "---:|" * (len(COLUMNS) + 1))
    for row in rows:
        cells = [_cell(row.measured, *_SHOWN[name]) for name in COLUMNS]
        lines.append("| " + " | ".join((row.task, row.contender, *cells, str(row.measured.images.queries))) + " |")
    return "\n".join(lines) + "\n"


def file_name(task: str) -> str:
    """Turn a task's name into a folder's.

    Example:
        >>> file_name("held-out game, within clips")
        'held-out-game-within-clips'
    """
    return task.replace(",", "").replace(" ", "-")


def _cell(measured: Measured, level: str, number: str) -> str:
    found: Level | None = getattr(measured, level)
    value = math.nan if found is None else float(getattr(found, number))
    return "" if math.isnan(value) else f"{100 * value:.1f}"


def _keep(row: Row, out: Path) -> None:
    """Write a row's numbers beside its pictures."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"task": row.task, "encoder": row.contender, **row.measured.as_dict()}, indent=1)
    (out / f"{file_name(row.task)}.json").write_text(text, encoding="utf-8")


def trained_weights(runs: Path, recipes: Iterable[str]) -> Iterator[Path]:
    """Yield the weights that lie in `runs` for the recipes, and for their variants for digits."""
    for recipe in recipes:
        for folder in (runs / recipe, runs / f"{recipe}-digits"):
            if (folder / "weights.safetensors").is_file():
                yield folder / "weights.safetensors"
