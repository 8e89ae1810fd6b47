"""Gap linking: tracklets of somebody who was hidden for a moment are linked by a classifier learned from the game itself.

Which end continues with which beginning is decided with both sides known: what people look like in the seconds before and
after, and where they went and came from. How much either counts is learned without labels: tracklets are cut open for as long
as a gap lasts, and logistic regression tells a tracklet's other side from everybody else's. Nothing is a threshold on a distance,
so another encoder or another camera needs no other setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import TrackSettings
from pipeline.tables import conform
from pipeline.understand.features.embeddings import jersey_distances
from pipeline.understand.game import TrackedGame
from pipeline.understand.splitting.tracklet_ends import CameraBoxes, Spans, TrackletEnds

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_HEIGHTS, _HEIGHTS_PER_S = 0.3, 1.0
"""Body heights by which somebody is elsewhere than expected after a gap: at once, and for each second of it."""
_MIN_GAP_S, _SIDE_S = 0.2, 0.3
"""Shortest gap that is cut open, and least time on either side of it, s; at a low rate a step, and `_MIN_BOXES` of them."""
_CUTS, _MIN_CUTS = 600, 20
"""How many tracklets are cut open to learn, and how many are too few."""
_MIN_BOXES = 3
"""Boxes that a tracklet has after a cut, to be compared."""
_MIN_LOG_RATIO = 1.0
"""Log-likelihood ratio from which on two tracklets are linked."""
_USUAL_DISTANCE = 1.0
"""Cosine distance that says nothing where no tracklet has embeddings: all have it."""
_BLOCK = 100_000
"""Pairs that are compared at once."""


@dataclass(frozen=True)
class GapModel:
    """What tells a tracklet's other side of a gap from others' tracklets."""

    classifier: Pipeline
    neutral: float
    """Distance of appearance that says neither: halfway between the two classes; of pairs of which one side is unknown."""

    def log_ratio(self, features: Floats) -> Floats:
        """Give the log-likelihood ratio (n,) of pairs with the features (n, 4) being one person."""
        return np.asarray(self.classifier.decision_function(with_neutral(features, self.neutral)))


def link_gaps(game: TrackedGame, settings: TrackSettings) -> pd.DataFrame:
    """Link tracklets that end with ones that begin after them in the same shot.

    Args:
        game: with tracklets and embeddings, which may be a memory map: some rows of each tracklet are read.
        settings: of the stage `track`; `max_gap_s` is the longest gap.

    Returns:
        A link table with as many rows, in the order given; tracklets that are linked have the number of the first of them. It
        stays as it is where too little was seen to learn from.
    """
    if game.tracks.empty or settings.max_gap_s <= _MIN_GAP_S:
        return game.tracks
    boxes = CameraBoxes.of(game, settings.motion_compensation)
    track_ids, tracklets = _by_tracklet(game)
    model = _learn(boxes, tracklets, settings.max_gap_s)
    if model is None:
        return game.tracks
    ends, beginnings = boxes.ends(tracklets), boxes.beginnings(tracklets)
    earlier, later = _candidates(boxes, ends, beginnings, settings.max_gap_s)
    log_ratio = [np.zeros(0)]
    for k in range(0, len(earlier), _BLOCK):
        block = slice(k, k + _BLOCK)
        features = _features(boxes, ends.take(earlier[block]), beginnings.take(later[block]))
        log_ratio.append(model.log_ratio(features))
    first = _first_of_chain(earlier, later, np.concatenate(log_ratio), len(tracklets))
    number = pd.Series(track_ids[first], index=track_ids)
    return conform("raw_tracks", game.tracks.assign(track_id=number[game.tracks["track_id"]].to_numpy()))


def _by_tracklet(game: TrackedGame) -> tuple[Ints, Spans]:
    """Give the numbers of the tracklets (n,) in order of their first box, and their boxes."""
    rows, track_id = game.tracked_rows, game.tracks["track_id"].to_numpy(np.int64)
    frame = game.box_frame[rows]
    order = np.lexsort((frame, track_id))
    numbers, start = np.unique(track_id[order], return_index=True)
    by_time = np.argsort(frame[order][start], kind="stable")
    end = np.append(start[1:], len(rows))
    return numbers[by_time], Spans(rows[order], start[by_time], end[by_time])


def _features(boxes: CameraBoxes, ends: TrackletEnds, beginnings: TrackletEnds) -> Floats:
    """Compare ends (n,) with the beginnings after them: embedding, jersey, position, size (n, 4).

    All are 0 for what fits best; the first is NaN where an embedding is unknown.
    """
    gap_s = beginnings.time_s - ends.time_s
    position, velocity = boxes.carried(ends, beginnings.at)
    off = beginnings.position_px - position - gap_s[:, None] * (velocity + beginnings.velocity_px) / 2
    squared = (off**2).sum(axis=1) / (ends.height_px * beginnings.height_px)
    expected = _HEIGHTS**2 + (_HEIGHTS_PER_S * gap_s) ** 2
    appearance = 1.0 - (ends.embedding * beginnings.embedding).sum(axis=1)
    jersey = np.nan_to_num(jersey_distances(ends.jersey, beginnings.jersey), nan=0.5)
    size = np.abs(np.log(ends.height_px / beginnings.height_px))
    return np.column_stack([appearance, jersey, np.log1p(squared / expected), size])


def _learn(boxes: CameraBoxes, tracklets: Spans, max_gap_s: float) -> GapModel | None:
    """Learn what tells a tracklet's other side of a gap from others' tracklets; None where too few last long enough.

    Self-supervised: tracklets are cut open for as long as a gap lasts.
    """
    rng = np.random.default_rng(0)
    min_gap_s, side_s = max(_MIN_GAP_S, boxes.step_s), max(_SIDE_S, _MIN_BOXES * boxes.step_s)
    time_s = boxes.time_s[tracklets.row]  # (k,)
    begin_s, end_s = time_s[tracklets.begin], time_s[tracklets.end - 1]
    spare_s = end_s - begin_s - min_gap_s - 2 * side_s
    if not (spare_s > 0).any():
        return None
    weight = np.maximum(spare_s, 0.0)
    before_end, later, later_begin, cut = [], [], [], []  # of the cuts, and of the tracklets behind them
    opened = rng.choice(len(tracklets), _CUTS, p=weight / weight.sum())
    for number, k in enumerate(opened.tolist()):
        gap_s = rng.uniform(min_gap_s, min(max(max_gap_s, min_gap_s), min_gap_s + spare_s[k]))
        from_s = rng.uniform(begin_s[k] + side_s, end_s[k] - gap_s - side_s)
        before_end.append(_place(time_s, tracklets, k, from_s, "right"))
        for present in np.flatnonzero((begin_s < from_s) & (end_s > from_s + gap_s + side_s)).tolist():
            later.append(present)
            later_begin.append(_place(time_s, tracklets, present, from_s + gap_s, "left"))
            cut.append(number)
    at, behind = np.array(cut, dtype=np.int64), np.array(later, dtype=np.int64)
    parts = Spans(tracklets.row, np.array(later_begin, dtype=np.int64), tracklets.end[behind])
    long = parts.end - parts.begin >= _MIN_BOXES
    is_same = (behind == opened[at])[long]
    if is_same.all() or is_same.sum() < _MIN_CUTS:
        return None
    parts = Spans(parts.row, parts.begin[long], parts.end[long])
    before = boxes.ends(Spans(tracklets.row, tracklets.begin[opened], np.array(before_end, dtype=np.int64)))
    pairs = _features(boxes, before.take(at[long]), boxes.beginnings(parts))  # (pairs, 4)
    neutral = _neutral(pairs[:, 0], is_same)
    return GapModel(likelihood_ratio(with_neutral(pairs, neutral), is_same), neutral)


def _place(time_s: Floats, tracklets: Spans, k: int, at_s: float, side: Literal["left", "right"]) -> int:
    """Find where a time is among those (boxes,) of tracklet k."""
    begin = int(tracklets.begin[k])
    return begin + int(np.searchsorted(time_s[begin : tracklets.end[k]], at_s, side=side))


def _neutral(distance: Floats, same: NDArray[np.bool_]) -> float:
    """Find the distance halfway between those (n,) of either class; NaN are left aside."""
    finite = np.isfinite(distance)
    classes = [distance[finite & of_class] for of_class in (same, ~same)]
    return sum(float(values.mean()) for values in classes) / 2 if all(map(len, classes)) else _USUAL_DISTANCE


def with_neutral(features: Floats, neutral: float) -> Floats:
    """Put the neutral distance of appearance in the place of what is unknown in features (n, 4)."""
    return np.column_stack([np.where(np.isnan(features[:, 0]), neutral, features[:, 0]), features[:, 1:]])


def likelihood_ratio(features: Floats, same: NDArray[np.bool_]) -> Pipeline:
    """Learn from rows (n, d) what tells those of the class; `decision_function` gives the log-likelihood ratio.

    Either class counts as much as there are rows of the class: the log-odds have no opinion beforehand.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    share = np.where(same, 1.0, same.sum() / (~same).sum())
    return model.fit(features, same, logisticregression__sample_weight=share)


def _candidates(
    boxes: CameraBoxes, ends: TrackletEnds, beginnings: TrackletEnds, max_gap_s: float
) -> tuple[Ints, Ints]:
    """List the pairs (k,), (k,) of an end and a beginning after it in the same shot that a gap can lie between."""
    low = np.searchsorted(beginnings.time_s, ends.time_s, side="right")
    count = np.searchsorted(beginnings.time_s, ends.time_s + max_gap_s, side="right") - low
    earlier = np.repeat(np.arange(len(low)), count)
    later = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[earlier]
    same_shot = boxes.shot[ends.at[earlier]] == boxes.shot[beginnings.at[later]]
    return earlier[same_shot], later[same_shot]


def _first_of_chain(earlier: Ints, later: Ints, log_ratio: Floats, count: int) -> Ints:
    """Link pairs (k,) greedily, each end and each beginning once; give the first tracklet of each one's chain (n,).

    Example:
        >>> _first_of_chain(np.array([0, 1, 0]), np.array([2, 2, 1]), np.array([3.0, 2.0, -1.0]), 3).tolist()
        [0, 1, 0]
    """
    ended, begun = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    before = np.arange(count)
    for k in np.argsort(-log_ratio, kind="stable")[: (log_ratio > _MIN_LOG_RATIO).sum()].tolist():
        if not ended[earlier[k]] and not begun[later[k]]:
            ended[earlier[k]] = begun[later[k]] = True
            before[later[k]] = earlier[k]
    for tracklet in range(count):  # in order of their beginnings: what comes before is done
        before[tracklet] = before[before[tracklet]]
    return before
