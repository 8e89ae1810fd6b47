"""A t-SNE map of the tracklets' embeddings: who looks alike to the encoder lies close together."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.present.results import Results
from pipeline.understand.game import frame_durations

MOST_TRACKLETS = 600
"""The longest are shown."""
LEAST_TRACKLETS = 12
"""With fewer there is no map."""
CROPS = 16
"""Clearest crops whose embeddings are averaged into a tracklet's."""
_COMPONENTS = 40
"""Principal components that t-SNE starts from."""
_NEIGHBOURS = 30.0
"""Perplexity of t-SNE."""
_DIGITS = 3
"""Of places, whose unit means nothing."""
_STEPS = 500
"""Of t-SNE's descent."""


@dataclass(frozen=True)
class EmbeddingMap:
    """A point per tracklet; arrays of length n."""

    place: NDArray[np.float64]
    """(n, 2), without unit."""
    player_id: NDArray[np.int64]
    first_frame: NDArray[np.int64]
    seconds: NDArray[np.float64]
    confidence: NDArray[np.float64]
    left_out: int
    """Shorter tracklets that are not shown."""
    content: str
    """Hash of the embeddings that were laid out."""

    def facts(self) -> dict[str, Any]:
        """Return what `embedding_map_of` takes again while the embeddings are the same."""
        return {"content": self.content, "place": self.place.tolist()}


def embedding_map_of(results: Results) -> EmbeddingMap | None:
    """Lay the tracklets of known people out by t-SNE (van der Maaten and Hinton 2008), with a fixed seed; places of an earlier report are
    taken where the embeddings are the same.

    Returns:
        The map of the longest tracklets; None where there are fewer than `LEAST_TRACKLETS`.
    """
    boxes = _boxes(results)
    lasting = pd.Series(
        frame_durations(results.frames, results.settings.stats.max_gap_s), index=results.frames["frame"].to_numpy()
    )
    seconds = boxes["frame"].map(lasting).groupby(boxes["track_id"]).sum().sort_values(ascending=False, kind="stable")
    shown = np.sort(seconds.index[:MOST_TRACKLETS].to_numpy(np.int64))
    if len(shown) < LEAST_TRACKLETS:
        return None
    boxes = boxes[boxes["track_id"].isin(shown)]
    first = boxes.groupby("track_id").first()
    vectors = _means(boxes, results.embeddings)
    content = sha256(vectors.tobytes()).hexdigest()
    earlier = _laid_out(results, content, len(vectors))
    return EmbeddingMap(
        _plane(vectors) if earlier is None else earlier,
        first["player_id"].to_numpy(np.int64),
        first["frame"].to_numpy(np.int64),
        np.asarray(seconds[shown], np.float64),
        first["confidence"].to_numpy(np.float64),
        len(seconds) - len(shown),
        content,
    )


def _laid_out(results: Results, content: str, count: int) -> NDArray[np.float64] | None:
    """Take the places (n, 2) of the report before; None where they are of other embeddings, or are none."""
    if results.laid_out.get("content") != content:
        return None
    try:
        place = np.asarray(results.laid_out.get("place"), np.float64)
    except (TypeError, ValueError):
        return None
    return place if place.shape == (count, 2) and np.isfinite(place).all() else None


def _boxes(results: Results) -> pd.DataFrame:
    """Collect the boxes of known people that have an embedding: the row of each in `detections`."""
    rows = results.detections[["detection_id", "frame", "quality"]].assign(row=np.arange(len(results.detections)))
    boxes = results.tracks.merge(results.identities, on="track_id").merge(rows, on="detection_id")
    return boxes[boxes["quality"].notna()].sort_values(["track_id", "frame"], ignore_index=True)


def _means(boxes: pd.DataFrame, embeddings: NDArray[np.float16]) -> NDArray[np.float64]:
    """Average the clearest crops of each tracklet, in order of its number: (n, dim), unit length."""
    best = boxes.sort_values("quality", ascending=False, kind="stable").groupby("track_id").head(CROPS)
    vectors = np.nan_to_num(np.asarray(embeddings[best["row"].to_numpy()], dtype=np.float64))  # (boxes, dim)
    tracklet, owner = np.unique(best["track_id"].to_numpy(), return_inverse=True)
    mean = np.zeros((len(tracklet), vectors.shape[1]))  # (n, dim)
    np.add.at(mean, owner, vectors)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))


def _plane(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay vectors (n, dim) out in the plane: (n, 2)."""
    from sklearn.decomposition import PCA  # slow to import, and only games with many tracklets need it
    from sklearn.manifold import TSNE

    count = len(vectors)
    reduced = PCA(min(_COMPONENTS, count, vectors.shape[1]), random_state=0).fit_transform(vectors)  # (n, components)
    layout = TSNE(perplexity=min(_NEIGHBOURS, (count - 1) / 3), init="pca", random_state=0, max_iter=_STEPS)
    with threadpool_limits(1):  # a thousand short steps, in which threads wait for each other more than they work
        return np.asarray(layout.fit_transform(reduced), np.float64).round(_DIGITS)
