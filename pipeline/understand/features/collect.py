"""All features of a game's tracklets, collected before players are told apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipeline.config import IdentifySettings
from pipeline.understand.features.appearance_model import (
    SEGMENT_S,
    AppearanceModel,
    Segments,
    cut_into_segments,
    learn_appearance_model,
)
from pipeline.understand.features.continuation import continuation_log_odds, find_gaps
from pipeline.understand.features.corrections import UserConstraints
from pipeline.understand.features.distance_scale import distance_limit
from pipeline.understand.features.embeddings import cosine_distances
from pipeline.understand.features.evidence import TrackletEvidence, gather_evidence
from pipeline.understand.features.numbers import NumberEvidence, number_evidence
from pipeline.understand.features.overlaps import find_overlaps
from pipeline.understand.features.reach import unreachable_pairs
from pipeline.understand.features.teams import TeamEvidence, find_teams
from pipeline.understand.game import TrackedGame

_FIT_NOISE = 1.0
"""Variance of a tracklet about its person when the appearance model is learned, in units of the noise of a segment: the less of
what differs is taken for noise, the more axes people have."""
_MIN_PLAYER_SHARE = 0.1
"""Of a video so short that `min_player_s` is more, a player is seen for this share."""
_MIN_TRACKLET_SHARE = 1 / 60
"""Of a video so short that `min_tracklet_s` is more, but for a segment: where everybody has a few tracklets only, the short ones
are needed."""
_NUMBER_WEIGHT = 0.5
"""Share of the log-likelihood of a number that counts in telling people apart: what is misread once is misread again, in one
typeface and under one fold. Chosen on rendered games."""
_DIFFERENT_ODDS = 1000.0
"""Two who are so many times likelier to wear different numbers than one are two people."""
_CLOSE_UP_RATIO = 2.0
"""Somebody who is so many times as tall as people usually are in the picture is in a close-up."""
_MAX_FOR_SCALE = 2000
"""Tracklets that the scale of distances is read off."""
_SURE_TEAM = 0.9
"""Probability from which on two are taken for team-mates when the scale of distances is read off them."""


@dataclass(frozen=True)
class TrackletFeatures:
    """All features of n tracklets, before players are told apart."""

    evidence: TrackletEvidence
    teams: TeamEvidence
    numbers: NumberEvidence
    cannot_link: NDArray[np.bool_]  # (n, n) surely two people
    log_odds: sparse.csr_array  # (n, n) log-odds that two are one person by place and time; symmetric
    segments: Segments
    model: AppearanceModel | None  # None where the game shows too little to learn one
    still: NDArray[np.bool_]  # (n,) stays where it is
    close_up: NDArray[np.bool_]  # (n,) in a close-up, where embeddings are not comparable to those of a usual view
    min_player_s: float  # somebody who was seen for less is no player
    min_tracklet_s: float  # a shorter tracklet does not make a person
    max_distance: float  # average cosine distance above which tracklets are not merged

    def weighted_numbers(self) -> NumberEvidence:
        """Discount the evidence on numbers for reads that err together."""
        return replace(self.numbers, log_likelihood=_NUMBER_WEIGHT * self.numbers.log_likelihood)

    def constrained(self, constraints: UserConstraints) -> TrackletFeatures:
        """Put corrections above the evidence: between tracklets that must link, no cannot-link is left."""
        same = constraints.must_link[:, None] == constraints.must_link[None]
        return replace(self, cannot_link=(self.cannot_link & ~same) | constraints.cannot_link)


def collect_features(
    game: TrackedGame,
    settings: IdentifySettings,
    number_reads: pd.DataFrame,
    listed_numbers: Collection[str] | None = None,
    before: TrackletFeatures | None = None,
) -> TrackletFeatures:
    """Collect the features of a game's tracklets.

    Args:
        game: with tracklets and embeddings.
        settings: of the stage `identify`.
        number_reads: table `number_reads`.
        listed_numbers: the only numbers that can be worn, if they are known.
        before: of the same game with other tracklets: what is known of a tracklet that was there already is taken from it.
    """
    evidence = gather_evidence(game, settings.crops_per_tracklet, None if before is None else before.evidence)
    teams = find_teams(evidence, settings.teams)
    overlaps = find_overlaps(*evidence.boxes_in_time)
    still = evidence.roaming < settings.min_roaming
    segments = cut_into_segments(game, evidence, None if before is None else (before.evidence, before.segments))
    gaps = find_gaps(game, evidence)
    length_s = float(game.time_s[-1] - game.time_s[0])
    features = TrackletFeatures(
        evidence=evidence,
        teams=teams,
        numbers=number_evidence(game, number_reads, evidence.track_id),
        cannot_link=overlaps.cannot_link,
        log_odds=sparse.csr_array(continuation_log_odds(gaps, len(evidence)) + overlaps.log_odds),
        segments=segments,
        model=learn_appearance_model(segments, _FIT_NOISE),
        still=still,
        close_up=evidence.height_px > _CLOSE_UP_RATIO * np.median(evidence.height_px),
        min_player_s=min(settings.min_player_s, _MIN_PLAYER_SHARE * length_s),
        min_tracklet_s=min(settings.min_tracklet_s, max(SEGMENT_S, _MIN_TRACKLET_SHARE * length_s)),
        max_distance=_max_distance(evidence, teams, overlaps.cannot_link, still, settings),
    )
    worn = features.weighted_numbers()
    worn = worn if listed_numbers is None else worn.expecting(listed_numbers)
    for first, second in (
        unreachable_pairs(evidence, gaps, settings.max_speed_mps),
        worn.contradictions(_DIFFERENT_ODDS),
    ):  # in place: in a long game such a matrix is half a gigabyte
        features.cannot_link[first, second] = features.cannot_link[second, first] = True
    return features


def _max_distance(
    evidence: TrackletEvidence,
    teams: TeamEvidence,
    simultaneous: NDArray[np.bool_],
    still: NDArray[np.bool_],
    settings: IdentifySettings,
) -> float:
    """Give the distance up to which tracklets are merged: as set, or read off simultaneous team-mates (else anybody).

    The longest tracklets are enough for that.

    Args:
        evidence: of n tracklets.
        teams: of the same.
        simultaneous: (n, n) in the picture together.
        still: (n,) stays where it is.
        settings: of the stage `identify`.
    """
    if settings.max_distance != "auto":
        return settings.max_distance
    longest = np.sort(np.argsort(-evidence.boxes(), kind="stable")[:_MAX_FOR_SCALE])
    different = simultaneous[np.ix_(longest, longest)] & ~still[longest, None] & ~still[None, longest]
    if teams.colours is not None:
        team, probability = teams.team()
        sure = (probability >= _SURE_TEAM) & ~teams.referee()
        different &= (team[longest, None] == team[None, longest]) & sure[longest, None] & sure[None, longest]
    distance = cosine_distances(evidence.embedding[longest], evidence.embedding[longest])
    return distance_limit(np.where(still, np.nan, evidence.self_distance), distance, different)
