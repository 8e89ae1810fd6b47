"""Encoders on tasks: numbers, pictures next to the checkpoint, one table."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.encoders import load_encoder
from models.encoders.weights import encoder_weights_file
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
from pipeline.store import hash_file

Vectors = NDArray[np.float32]
PROTOCOL = 1
"""Of the numbers; another one where they are measured in another way, so that none from before is read back."""
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
"""What recipes of a reader take part in; class folders are neither digits nor players (`benchmarks.scenes` looks at them)."""


@dataclass(frozen=True)
class Contender:
    """One encoder that is measured.

    Attributes:
        name: in the table.
        kind: `digits` or `players`: tasks that it takes part in; another: in none.
        embed: vectors of a crop set.
        metric: how they are compared.
        out: folder for its pictures and numbers.
        fingerprint: says which weights these are.
    """

    name: str
    kind: str
    embed: Callable[[CropSet], Vectors]
    metric: str
    out: Path
    fingerprint: str


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    task: str
    contender: str
    measured: Measured


def of_weights(path: Path, out: Path) -> Contender:
    """Take the weights of a training of this wing, whose pictures go beside them, or of an encoder for `courtside analyze`.

    Args:
        path: the weights.
        out: folder for packed crops (`cache`) and for what is said of encoders for `courtside analyze`.

    Raises:
        WeightsError: no such weights.
    """
    if not has_recipe(path):
        return of_encoder(path.stem, path, out)
    recipe, network = load_network(path)
    kind = _KINDS.get(recipe.data.reader, "players")
    metric = find_method(recipe.method, str(path)).metric
    return Contender(
        path.parent.name,
        kind,
        lambda crops: vectors_of(network, recipe, crops, out / "cache"),
        metric,
        path.parent / "evaluation",
        hash_file(path),
    )


def of_encoder(name: str, weights: str | Path, out: Path, encoder: str = "osnet") -> Contender:
    """Take weights that `courtside analyze` can use: the shipped ones, or published ones.

    Args:
        name: in the table.
        weights: 'builtin' or a .safetensors file.
        out: folder for its pictures.
        encoder: kind of encoder.

    Raises:
        WeightsError: no such weights.
    """
    loaded = load_encoder(encoder, weights)

    def embed(crops: CropSet) -> Vectors:
        return loaded.embed([crops.person(row) for row in range(len(crops))])

    return Contender(
        name, "players", embed, "cosine", out / name.replace(" ", "-"), hash_file(encoder_weights_file(str(weights)))
    )


def of_pixels(out: Path) -> Contender:
    """Take the pixels themselves as vectors, 28 x 28, grey: what an encoder of digits has to beat."""

    def embed(crops: CropSet) -> Vectors:
        pixels = np.stack([crops.person(row).ravel() for row in range(len(crops))])
        return pixels.astype(np.float32) / np.float32(255)

    return Contender("pixels", "digits", embed, "euclidean", out / "pixels", "pixels")


def compare(
    contenders: Sequence[Contender],
    tasks: Iterable[Task],
    pictures: bool = True,
    same_camera: bool = False,
    on_row: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Measure every contender on every task of its kind; what was measured before of the same weights and crops is read back.

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
        for contender in contenders:
            if contender.kind != task.kind:
                continue
            row = _kept(task, contender, same_camera, pictures) or _measured(task, contender, same_camera, pictures)
            rows.append(row)
            on_row(row)
    return rows


def _measured(task: Task, contender: Contender, same_camera: bool, pictures: bool) -> Row:
    """Measure one contender on one task, draw, and write the numbers beside the pictures."""
    vectors = contender.embed(task.people.crops)
    row = Row(task.name, contender.name, measure(vectors, task.people, contender.metric, same_camera))
    if pictures:
        draw_task(task, vectors, contender)
    contender.out.mkdir(parents=True, exist_ok=True)
    facts = {"task": row.task, "encoder": row.contender, "fingerprint": _fingerprint(task, contender, same_camera)}
    text = json.dumps(facts | row.measured.as_dict(), indent=1)
    (contender.out / f"{file_name(row.task)}.json").write_text(text, encoding="utf-8")
    return row


def _kept(task: Task, contender: Contender, same_camera: bool, pictures: bool) -> Row | None:
    """Read a row back; None where it was not measured, of other weights or crops, or without the pictures that are wanted."""
    name = file_name(task.name)
    kept = contender.out / f"{name}.json"
    if not kept.is_file() or (pictures and not (contender.out / name).is_dir()):
        return None
    found = json.loads(kept.read_text(encoding="utf-8"))
    if found.get("fingerprint") != _fingerprint(task, contender, same_camera):
        return None
    return Row(task.name, contender.name, Measured.of_dict(found))


def _fingerprint(task: Task, contender: Contender, same_camera: bool) -> str:
    """Say what a row is measured on: protocol, weights, crops."""
    crops = task.people.crops
    digest = hashlib.sha256(
        f"{PROTOCOL} {contender.fingerprint} {contender.metric} {same_camera} {crops.fingerprint}".encode()
    )
    for column in (crops.start, crops.identity, crops.camera):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:16]


def draw_task(task: Task, vectors: Vectors, contender: Contender) -> None:
    """Draw ROC, latent space and gallery of one contender on one task.

    Args:
        task: what was measured.
        vectors: (n, dim) of its crops.
        contender: whose they are.
    """
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
