"""Packed scenes: cluster the boxes of a picture by what is in them, and join those of a cluster that stand together.

B. Cuan, "Embedding Learning and Clustering in Packed Scenes": vectors of the boxes, HDBSCAN in two stages, and per cluster a
morphological closing of the area that its boxes cover; what grows together is one group of products.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score

from models.clustering import NOISE, Clusterer, TwoStageHDBSCAN
from models.reid.data.crops import CropSet, Image, pack, whole
from models.reid.data.sources.files import Tree
from pipeline.errors import InputError

Boxes = NDArray[np.int64]
"""(n, 4) x1 y1 x2 y2 in px."""
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Shelf:
    """A picture and the boxes of what stands in it."""

    picture: Image
    boxes: Boxes

    def crops(self) -> CropSet:
        """Return the boxes' pixels; every box is an identity of its own."""
        entries = (whole(self.picture[y1:y2, x1:x2].copy(), k) for k, (x1, y1, x2, y2) in enumerate(self.boxes))
        return pack(entries, ["shelf"], ["shelf"], "shelf")


@dataclass(frozen=True)
class Group:
    """Boxes of one cluster that stand together.

    Attributes:
        cluster: its number.
        members: rows of the boxes.
        contour: (m, 2) outline of the closed area, px.
    """

    cluster: int
    members: tuple[int, ...]
    contour: NDArray[np.int64]


@dataclass(frozen=True)
class Clustered:
    """What was found, and numbers that need no truth.

    Attributes:
        labels: (n,) cluster of each box, `NOISE` for none.
        groups: boxes that stand together.
        neighbours: share of boxes in a cluster whose nearest box to the left or right is in the same one.
        silhouette: mean over boxes in clusters (Rousseeuw 1987); NaN for fewer than two clusters.
    """

    labels: Labels
    groups: tuple[Group, ...]
    neighbours: float
    silhouette: float


def read_shelf(root: Path, name: str = "shelf") -> Shelf:
    """Read a picture and its boxes (JSON: name -> x1 y1 x2 y2) from a folder or .zip file.

    Raises:
        InputError: they are not there, or wrong.
    """
    tree = Tree(root)
    pictures = [
        path for path in tree.paths if Path(path).stem == name and Path(path).suffix in (".jpeg", ".jpg", ".png")
    ]
    tables = [path for path in tree.paths if Path(path).name == f"{name}.json"]
    if not pictures or not tables:
        raise InputError(f"{root}: no {name}.jpeg with {name}.json")
    try:
        tree_boxes = json.loads(tree.read_bytes(tables[0]))
        boxes = np.array([[box[k] for k in ("x1", "y1", "x2", "y2")] for box in tree_boxes.values()], np.int64).reshape(
            -1, 4
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{root}/{tables[0]}: expected boxes with x1, y1, x2, y2 ({error!r})") from error
    picture = tree.read(pictures[0], largest_px=None)
    inside = (boxes >= 0).all(1) & (boxes[:, 2] <= picture.shape[1]) & (boxes[:, 3] <= picture.shape[0])
    if wrong := np.flatnonzero(~(inside & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))).tolist():
        raise InputError(f"{root}/{tables[0]}: box {wrong[0]} {boxes[wrong[0]].tolist()} does not lie in the picture")
    return Shelf(picture, boxes)


def cluster_shelf(
    vectors: NDArray[np.float32], boxes: Boxes, clusterer: Clusterer | None = None, reach: float = 0.5
) -> Clustered:
    """Cluster boxes by their vectors and join those of a cluster that stand together.

    Args:
        vectors: (n, dim), unit length.
        boxes: n of them.
        clusterer: None: two-stage HDBSCAN.
        reach: gaps of up to so many median box widths are closed.
    """
    labels = (clusterer or TwoStageHDBSCAN())(vectors)
    kept = labels != NOISE
    enough = 2 <= len(np.unique(labels[kept])) < kept.sum()
    silhouette = float(silhouette_score(vectors[kept], labels[kept])) if enough else float("nan")
    return Clustered(labels, join_boxes(boxes, labels, reach), neighbours_alike(boxes, labels), silhouette)


def join_boxes(boxes: Boxes, labels: Labels, reach: float = 0.5) -> tuple[Group, ...]:
    """Join boxes of a cluster by a morphological closing of the area that they cover.

    Args:
        boxes: n.
        labels: (n,) their clusters; noise is in no group.
        reach: gaps of up to so many median box widths are closed.
    """
    if not len(boxes):
        return ()
    span = int(np.ceil(reach * float(np.median(boxes[:, 2] - boxes[:, 0])))) | 1
    kernel = np.ones((span, span), np.uint8)
    size = boxes[:, 3].max() + 2 * span, boxes[:, 2].max() + 2 * span
    groups = []
    for cluster in np.unique(labels[labels != NOISE]):
        members = np.flatnonzero(labels == cluster)
        mask = np.zeros(size, np.uint8)
        for x1, y1, x2, y2 in boxes[members]:
            mask[y1 + span : y2 + span, x1 + span : x2 + span] = 1
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
        count, components = cv2.connectedComponents(closed)
        middle = (boxes[members, :2] + boxes[members, 2:]) // 2 + span
        component_of = components[middle[:, 1], middle[:, 0]]
        for component in range(1, count):
            outline = max(
                cv2.findContours((components == component).astype(np.uint8), cv2.RETR_EXTERNAL, 2)[0], key=len
            )
            inside = tuple(int(row) for row in members[component_of == component])
            groups.append(Group(int(cluster), inside, outline[:, 0].astype(np.int64) - span))
    return tuple(groups)


def neighbours_alike(boxes: Boxes, labels: Labels) -> float:
    """Share of boxes in clusters whose nearest neighbour in the row, to the left or right, is in the same cluster.

    Products stand side by side on a shelf, so this needs no truth; NaN where nothing has a neighbour.

    Example:
        >>> boxes = np.array([[0, 0, 10, 20], [12, 0, 22, 20], [24, 0, 34, 20]])
        >>> neighbours_alike(boxes, np.array([0, 0, 1]))
        0.6666666666666666
    """
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    height = boxes[:, 3] - boxes[:, 1]
    same_row = np.abs(middle[:, None, 1] - middle[:, 1]) < 0.5 * np.minimum(height[:, None], height)
    np.fill_diagonal(same_row, False)
    away = np.where(same_row, np.abs(middle[:, None, 0] - middle[:, 0]), np.inf)
    asks = np.flatnonzero(np.isfinite(away).any(1) & (labels != NOISE))
    if not len(asks):
        return float("nan")
    return float((labels[away[asks].argmin(1)] == labels[asks]).mean())


def draw_shelf(shelf: Shelf, found: Clustered, colors: NDArray[np.uint8] | None = None) -> Image:
    """Draw boxes and outlines of groups, a colour per cluster; noise is thin and white.

    Args:
        shelf: the picture.
        found: what stands in it.
        colors: (k, 3) BGR; None: spread over all hues.

    Returns:
        (h, w, 3) BGR.
    """
    count = int(found.labels.max(initial=0)) + 1
    if colors is None:
        hues = np.array(
            [[[(k * 67) % 180, 200 + 55 * (k % 2), 255 - 60 * (k // 2 % 2)] for k in range(count)]], np.uint8
        )
        colors = np.asarray(cv2.cvtColor(hues, cv2.COLOR_HSV2BGR)[0], np.uint8)
    out = shelf.picture.copy()
    shade = out.copy()
    thick = max(2, out.shape[1] // 300)
    for group in found.groups:
        cv2.fillPoly(shade, [group.contour.astype(np.int32)], colors[group.cluster].tolist())
    out = np.asarray(cv2.addWeighted(shade, 0.35, out, 0.65, 0), np.uint8)
    for (x1, y1, x2, y2), label in zip(shelf.boxes.tolist(), found.labels.tolist(), strict=True):
        color = (255, 255, 255) if label == NOISE else colors[label].tolist()
        cv2.rectangle(out, (x1, y1), (x2, y2), color, 2 if label == NOISE else thick)
    for group in found.groups:
        if len(group.members) > 1:
            cv2.polylines(out, [group.contour.astype(np.int32)], True, colors[group.cluster].tolist(), 3 * thick)
    return out
