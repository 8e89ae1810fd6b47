"""Pictures of a training and of what it learned: losses, ROC curves, the latent space, retrieval galleries, feature maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from sklearn.metrics import roc_curve

from models.reid.data.crops import CropSet, Image
from models.reid.data.splits.people import People
from models.reid.evaluation import pairs
from models.reid.validation import comparable, labels_of

_DPI = 110
_EMBEDDED = 800
"""Largest number of vectors in a t-SNE picture."""
_RIGHT, _WRONG, _ASKED = "#2a9d3a", "#d62828", "#444444"
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")


def draw_losses(metrics: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Draw the numbers of each phase over its epochs: losses on the left, validation on the right.

    Args:
        metrics: phase -> name -> one value per epoch, NaN where it was not measured.
        path: of the PNG file.
    """
    figure, axes = _figure(max(1, len(metrics)), 2, (9.0, 3.2 * max(1, len(metrics))))
    for row, (phase, numbers) in enumerate(metrics.items()):
        for column, wanted in enumerate((False, True)):
            axis = axes[row][column]
            _curves(axis, numbers, wanted)
            axis.set_title(f"{phase}: {'validation' if wanted else 'training'}", fontsize=10, loc="left")
    _save(figure, path)


def _curves(axis: Axes, numbers: Mapping[str, Sequence[float]], validation: bool) -> None:
    epochs = np.asarray(numbers["epoch"], float) + 1
    drawn = [name for name in numbers if name != "epoch" and name.startswith("val/") == validation]
    for name in drawn:
        values = np.asarray(numbers[name], float)
        kept = np.isfinite(values)
        axis.plot(
            epochs[kept], values[kept], marker="o" if kept.sum() < 25 else None, ms=3, label=name.removeprefix("val/")
        )
    if drawn:
        axis.legend(fontsize=8, frameon=False)
    else:
        axis.text(0.5, 0.5, "nothing was measured", ha="center", va="center", color="#777777", transform=axis.transAxes)
    axis.set_xlabel("epoch", fontsize=9)
    axis.grid(alpha=0.25)


def draw_roc(curves: Mapping[str, tuple[NDArray[np.floating], NDArray[np.bool_]]], path: Path) -> None:
    """Draw ROC curves of pairs.

    Args:
        curves: name -> similarity of each pair, and whether it is of one identity.
        path: of the PNG file.
    """
    figure, axes = _figure(1, 1, (5.0, 4.6))
    axis = axes[0][0]
    for name, (value, match) in curves.items():
        if match.any() and not match.all():
            wrong, right, _ = roc_curve(match, value)
            area = float(np.trapezoid(right, wrong))
            axis.plot(wrong, right, label=f"{name} ({area:.3f})")
    axis.plot([0, 1], [0, 1], color="#bbbbbb", lw=0.8)
    axis.set_xlabel("different taken for the same", fontsize=9)
    axis.set_ylabel("same taken for the same", fontsize=9)
    axis.legend(fontsize=8, frameon=False, loc="lower right")
    axis.grid(alpha=0.25)
    _save(figure, path)


def draw_latent(vectors: NDArray[np.float32], labels: NDArray[np.int64], names: Sequence[str], path: Path) -> None:
    """Draw a t-SNE picture of vectors (van der Maaten and Hinton 2008), coloured by identity.

    Args:
        vectors: (n, dim).
        labels: (n,) identities; drawn in order of their number.
        names: of identities, by number; others are named by their number.
        path: of the PNG file.
    """
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(_EMBEDDED, len(vectors))).round().astype(int))
    figure, axes = _figure(1, 1, (6.4, 6.0))
    axis = axes[0][0]
    if len(rows) > 3:
        start = "pca" if np.ptp(vectors[rows], axis=0).any() else "random"
        tsne = TSNE(perplexity=min(30.0, (len(rows) - 1) / 3), random_state=0, init=start)
        place = tsne.fit_transform(vectors[rows])
        for number, label in enumerate(np.unique(labels[rows])):
            here = labels[rows] == label
            name = names[label] if label < len(names) else str(label)
            color = _COLORS[number % len(_COLORS)]
            marker = "os^Dv"[number // len(_COLORS) % 5]
            axis.scatter(place[here, 0], place[here, 1], s=9, color=color, marker=marker, label=name, lw=0)
        if len(np.unique(labels[rows])) <= 30:
            axis.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=1.6)
    axis.set_xticks([])
    axis.set_yticks([])
    _save(figure, path)


def draw_gallery(
    vectors: NDArray[np.float32], people: People, path: Path, metric: str = "cosine", queries: int = 8, shown: int = 10
) -> None:
    """Draw queries with their most similar candidates: green frames for the same identity, red ones for another.

    Args:
        vectors: (n, dim), row i of crop i.
        people: the n crops.
        path: of the PNG file.
        metric: `cosine` or `euclidean`.
        queries: rows of the picture, evenly over all that ask.
        shown: candidates per row.
    """
    labels, min_gap_s = labels_of(people)
    compared, similar = comparable(vectors, metric)
    asked = []
    for group in np.unique(labels.group):
        rows = np.flatnonzero(labels.group == group)
        same, valid, _ = pairs(labels, rows, min_gap_s)
        asks = np.flatnonzero((same & valid).any(1) & (valid & ~same).any(1))
        asked += [(rows, int(k)) for k in asks]
    chosen = [asked[k] for k in np.unique(np.linspace(0, len(asked) - 1, queries).round().astype(int))] if asked else []
    figure, axes = _figure(max(1, len(chosen)), shown + 1, (0.72 * (shown + 1), 1.25 * max(1, len(chosen))))
    for line, (rows, query) in zip(axes, chosen, strict=False):
        same, valid, _ = pairs(labels, rows, min_gap_s)
        likeness = np.where(valid[query], similar(compared[rows])[query], -np.inf)
        order = [int(k) for k in np.argsort(-likeness)[:shown] if np.isfinite(likeness[k])]
        _framed(line[0], people.crops, int(rows[query]), _ASKED)
        for axis, found in zip(line[1:], order, strict=False):
            _framed(axis, people.crops, int(rows[found]), _RIGHT if same[query, found] else _WRONG)
    for axis in figure.axes:
        axis.set_axis_off()
    _save(figure, path, tight=0.5)


def _framed(axis: Axes, crops: CropSet, row: int, color: str) -> None:
    """Show one crop in a frame, upright ones stretched to 2 : 1 as networks see them."""
    person = _rgb(crops.person(row))
    if person.shape[0] > 1.3 * person.shape[1]:
        person = np.asarray(cv2.resize(person, (64, 128), interpolation=cv2.INTER_AREA), np.uint8)
    axis.imshow(person, aspect="equal")
    frame = Rectangle((0, 0), 1, 1, transform=axis.transAxes, fill=False, edgecolor=color, lw=3, clip_on=False)
    axis.add_patch(frame)


def draw_features(pictures: Sequence[Image], maps: Sequence[NDArray[np.float32]], path: Path, shown: int = 12) -> None:
    """Draw feature maps: a row per picture, the picture first.

    Args:
        pictures: (h, w, channels) BGR or grey.
        maps: (filters, h', w') of each picture.
        path: of the PNG file.
        shown: filters per row, the first ones.
    """
    count = min(shown, maps[0].shape[0])
    figure, axes = _figure(len(pictures), count + 1, (0.8 * (count + 1), 0.86 * len(pictures)))
    for line, picture, found in zip(axes, pictures, maps, strict=True):
        line[0].imshow(_rgb(picture))
        for axis, feature_map in zip(line[1:], found[:count], strict=True):
            axis.imshow(feature_map, cmap="magma")
    for axis in figure.axes:
        axis.set_axis_off()
    _save(figure, path, tight=0.15)


def _rgb(picture: Image) -> Image:
    """Turn BGR or grey into RGB."""
    if picture.shape[2] == 1:
        return np.repeat(picture, 3, axis=2)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_BGR2RGB), np.uint8)


def _figure(rows: int, columns: int, inches: tuple[float, float]) -> tuple[Figure, NDArray[np.object_]]:
    """Make a figure and its axes (rows, columns)."""
    figure = Figure(figsize=inches, dpi=_DPI)
    FigureCanvasAgg(figure)
    axes: NDArray[np.object_] = figure.subplots(rows, columns, squeeze=False)
    return figure, axes


def _save(figure: Figure, path: Path, tight: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout(pad=tight)
    figure.savefig(path, bbox_inches="tight", pad_inches=0.08)
