"""GTA-link's rule on our tracklets: split by DBSCAN, connect by mean cosine distance.

Sun et al., "GTA: Global Tracklet Association for Multi-Object Tracking in Sports" (ACCV workshops 2024), with the values of
the released code for SportsMOT: DBSCAN eps 0.6, 10 samples, at most three parts of a tracklet; tracklets are merged while
their mean distance is below 0.4; tracklets that overlap in time are not compared. Its spatial rule (no jump over half of the
picture between neighbouring tracklets) is left out: it holds for one camera view only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from models.vectors import unit_or_nan
from pipeline.tables import conform

_EPS, _SAMPLES, _MOST_PARTS = 0.6, 10, 3
_MERGE = 0.4
_FAR = 1.0
"""Distance of tracklets that overlap in time, as in the released code: soft, since means over merged ones can fall below."""


@dataclass
class _Tracklet:
    rows: NDArray[np.int64]
    frames: set[int]
    vectors: NDArray[np.float32]


def gta_link(
    detections: pd.DataFrame, embeddings: NDArray[np.floating], tracks: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Split and connect.

    Args:
        detections: table `detections`, m rows.
        embeddings: (m, dim).
        tracks: table `raw_tracks`.

    Returns:
        Table `tracks`, and for each of its tracklets, in order of number, the person.
    """
    row_of = pd.Series(np.arange(len(detections)), index=detections["detection_id"].to_numpy())
    frame = detections["frame"].to_numpy(np.int64)
    parts: list[_Tracklet] = []
    for _, group in tracks.groupby("track_id"):
        rows = row_of[group["detection_id"]].to_numpy(np.int64)
        rows = rows[np.argsort(frame[rows])]
        vectors = np.nan_to_num(unit_or_nan(np.asarray(embeddings[rows], dtype=np.float32)))
        for part in _split(vectors):
            parts.append(_Tracklet(rows[part], set(frame[rows[part]].tolist()), vectors[part]))
    person = _connect(parts)
    ids = detections["detection_id"].to_numpy()
    rows = np.concatenate([part.rows for part in parts])
    number = np.repeat(np.arange(1, len(parts) + 1), [len(part.rows) for part in parts])
    table = pd.DataFrame({"detection_id": ids[rows], "track_id": number}).sort_values("detection_id")
    return conform("tracks", table), person


def _split(vectors: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Split a tracklet (k, dim) where DBSCAN finds several people; noise goes to the nearest of them."""
    whole = [np.arange(len(vectors))]
    if len(vectors) < 2 * _SAMPLES:
        return whole
    label = DBSCAN(eps=_EPS, min_samples=_SAMPLES, metric="cosine").fit_predict(vectors)
    found = np.unique(label[label >= 0])
    if len(found) < 2:
        return whole
    found = found[np.argsort([-(label == cluster).sum() for cluster in found])][:_MOST_PARTS]
    centre = np.stack([vectors[label == cluster].mean(axis=0) for cluster in found])
    nearest = (vectors @ centre.T).argmax(axis=1)
    return [np.flatnonzero(nearest == k) for k in range(len(found)) if (nearest == k).any()]


def _connect(parts: list[_Tracklet]) -> NDArray[np.int64]:
    """Merge the nearest two while they are near enough; distances of merged ones are means over their parts."""
    n = len(parts)
    mean = np.stack([part.vectors.mean(axis=0) for part in parts])
    distance = 1.0 - mean @ mean.T  # the mean over all pairs of boxes
    for i in range(n):
        for j in range(i):
            if parts[i].frames & parts[j].frames:
                distance[i, j] = distance[j, i] = _FAR
    np.fill_diagonal(distance, np.inf)
    person = np.arange(n)
    size = np.array([len(part.rows) for part in parts], dtype=np.float64)
    while n > 1:
        i, j = divmod(int(distance.argmin()), n)
        if not distance[i, j] < _MERGE:
            break
        average = (size[i] * distance[i] + size[j] * distance[j]) / (size[i] + size[j])
        distance[i], distance[:, i] = average, average
        distance[j], distance[:, j], distance[i, i] = np.inf, np.inf, np.inf
        size[i] += size[j]
        person[person == j] = i
    return person
