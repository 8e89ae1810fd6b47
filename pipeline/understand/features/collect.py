"""All that is known of a game's tracklets before anybody is told apart, collected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipeline.config import IdentifySettings
from pipeline.understand.features import continuation
from pipeline.understand.features.appearance_model import PIECE_S, Looks, Pieces, cut_to_pieces, learn_looks, see
from pipeline.understand.features.corrections import Wishes
from pipeline.understand.features.distance_scale import distance_limit
from pipeline.understand.features.evidence import TrackletEvidence, gather
from pipeline.understand.features.numbers import NumberEvidence, number_evidence
from pipeline.understand.features.overlaps import find_overlaps
from pipeline.understand.features.reach import beyond_reach
from pipeline.understand.features.teams import Sides, find_sides
from pipeline.understand.grouping.problem import Problem, cosine_distances

_FIT_NOISE = 1.0
"""Variance of a tracklet about its person when the model is learned, in units of the noise of a piece: the less of what differs is
taken for noise, the more axes people have."""
_LEAST_SHARE = 0.1
"""Of a video so short that `min_player_s` is more, a player is seen for this share."""
_CLEAR_SHARE = 1 / 60
"""Of a video so short that `min_tracklet_s` is more, but for a piece: where everybody has a few tracklets only, the short ones are needed."""
_TOGETHER = 0.25
"""How much the side of a tracklet counts in telling people apart: one kit in one light is taken for another again and again, so
that tracklets of a person err together."""
_READ_TOGETHER = 0.5
"""The same of the number: what is misread once is misread again, in one typeface and under one fold. Chosen on rendered games."""
_TALL = 2.0
"""Who is so many times as tall as people usually are in the picture is in a close-up."""
_MOST_FOR_SCALE = 2000
_SURE_TEAM = 0.9
"""Probability from which on two are taken for team-mates when the scale of distances is read off them."""


@dataclass(frozen=True)
class Known:
    """All that is known of n tracklets before anybody is told apart."""

    evidence: TrackletEvidence
    sides: Sides
    numbers: NumberEvidence
    still: NDArray[np.bool_]  # (n,) stays where it is
    close: NDArray[np.bool_]  # (n,) in a close-up, where people look like nobody in a usual view
    least_s: float  # who was seen for less is no player
    clear_s: float  # a tracklet of less makes nobody
    limit: float  # average cosine distance above which tracklets stay apart
    pieces: Pieces
    problem: Problem  # of all n

    @property
    def looks(self) -> Looks | None:
        """The model of looks; None where the game shows too little to learn one."""
        return None if self.problem.seen is None else self.problem.seen.looks

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Tell which pairs (n, n) are surely two people."""
        return self.problem.apart

    def corrected(self, wishes: Wishes) -> Known:
        """Take corrections for certain: what they say is one person is not kept apart by anything but time."""
        same = wishes.group[:, None] == wishes.group[None]
        apart = (self.apart & ~same) | wishes.apart
        return replace(self, problem=replace(self.problem, apart=apart))


def study(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    tracks: pd.DataFrame,
    feet_m: NDArray[np.float64],
    settings: IdentifySettings,
    reads: pd.DataFrame,
    listed: Collection[str] | None = None,
) -> Known:
    """Collect all evidence.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        embeddings: (m, dim); NaN rows where unknown; may be a memory map.
        tracks: table `tracks`.
        feet_m: (m, 2) foot points on the court, m; NaN where unknown.
        settings: of the stage.
        reads: table `number_reads`.
        listed: the only numbers that can be worn, if they are known.
    """
    evidence = gather(frames, detections, embeddings, tracks, feet_m, settings.crops_per_tracklet)
    sides = find_sides(evidence, settings.teams)
    numbers = number_evidence(frames, detections, reads, tracks, evidence.track_id)
    overlaps = find_overlaps(*evidence.boxes_in_time)
    still = evidence.roaming < settings.min_roaming
    close = evidence.height_px > _TALL * np.median(evidence.height_px)
    limit = _limit(evidence, sides, overlaps.apart, still, settings)
    apart = overlaps.apart  # one matrix for all: in a long game it is half a gigabyte
    _forbid(apart, *beyond_reach(frames, evidence, settings.max_speed_mps))
    believed = replace(numbers, log_likelihood=_READ_TOGETHER * numbers.log_likelihood)
    worn = believed if listed is None else believed.expecting(listed)
    _forbid(apart, *worn.contradictions(settings.number_odds))
    pieces = cut_to_pieces(frames, detections, embeddings, evidence)
    looks = learn_looks(pieces, _FIT_NOISE)
    problem = Problem(
        vector=evidence.embedding,
        apart=apart,
        weight=np.minimum(evidence.boxes(), settings.crops_per_tracklet).astype(np.float64),
        seen_s=np.where(sides.referee(), 0.0, evidence.seen_s),  # the bounds are on players
        seen=None if looks is None else see(looks, pieces),
        continuation=sparse.csr_array(continuation.log_odds(frames, evidence) + overlaps.odds),
        number=believed.log_likelihood,
        side=_TOGETHER * sides.log_likelihood,
    )
    length_s = float(frames["time_s"].iloc[-1] - frames["time_s"].iloc[0])
    least_s = min(settings.min_player_s, _LEAST_SHARE * length_s)
    clear_s = min(settings.min_tracklet_s, max(PIECE_S, _CLEAR_SHARE * length_s))
    return Known(evidence, sides, numbers, still, close, least_s, clear_s, limit, pieces, problem)


def _limit(
    evidence: TrackletEvidence,
    sides: Sides,
    together: NDArray[np.bool_],
    still: NDArray[np.bool_],
    settings: IdentifySettings,
) -> float:
    """Give the distance up to which tracklets are merged: as set, or read off team-mates (else anybody) seen together.

    The longest tracklets are enough for that.
    """
    if settings.max_distance != "auto":
        return settings.max_distance
    long = np.sort(np.argsort(-evidence.boxes(), kind="stable")[:_MOST_FOR_SCALE])
    other = together[np.ix_(long, long)] & ~still[long, None] & ~still[None, long]
    if sides.kits is not None:
        team, chance = sides.team()
        sure = (chance >= _SURE_TEAM) & ~sides.referee()
        other &= (team[long, None] == team[None, long]) & sure[long, None] & sure[None, long]
    distance = cosine_distances(evidence.embedding[long], evidence.embedding[long])
    return distance_limit(np.where(still, np.nan, evidence.self_distance), distance, other)


def _forbid(apart: NDArray[np.bool_], one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
    """Add pairs (k,) to those that are surely two people (n, n), in place."""
    apart[one, other] = apart[other, one] = True
