"""The stage `split`: the tracker's tracklets in, pure ones out."""

from __future__ import annotations

import pandas as pd

from pipeline.config import IdentifySettings, TrackSettings
from pipeline.tables import ALL
from pipeline.understand.features.collect import TrackletFeatures, collect_features
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.joint import joint_clustering
from pipeline.understand.grouping.problem import AppearanceProblem, grouping_problem
from pipeline.understand.grouping.reliable import group_reliable
from pipeline.understand.grouping.sequences import segment_sequences
from pipeline.understand.splitting.gap_linking import link_gaps
from pipeline.understand.splitting.split import apply_cuts, cuts_by_itself, cuts_by_people

_ROUNDS = 3
"""How often people are looked for in order to split tracklets by them."""


def split_tracklets(
    game: TrackedGame,
    track_settings: TrackSettings,
    identify_settings: IdentifySettings,
) -> pd.DataFrame:
    """Make tracklets pure: split them, link those of one person over gaps, and split again.

    Args:
        game: with the table `raw_tracks`.
        track_settings: of the stage `track`, for the longest gap.
        identify_settings: of the stage `identify`.

    Returns:
        Table `split_tracks`, with as many rows as `raw_tracks`.
    """
    tracks, features = _split(game, identify_settings, None)
    game = game.with_tracks(tracks)
    game = game.with_tracks(link_gaps(game, track_settings))
    return _split(game, identify_settings, features)[0]


def split_impure(game: TrackedGame, settings: IdentifySettings) -> pd.DataFrame:
    """Split tracklets where they go over to another person: each by itself, then by the people found among all.

    Args:
        game: with tracklets.
        settings: of the stage `identify`.

    Returns:
        A link table with at least as many tracklets.
    """
    return _split(game, settings, None)[0]


def _split(
    game: TrackedGame, settings: IdentifySettings, before: TrackletFeatures | None
) -> tuple[pd.DataFrame, TrackletFeatures | None]:
    """Split as `split_impure` does; return the features of tracklets, too.

    Args:
        game: with tracklets.
        settings: of the stage `identify`.
        before: features of other tracklets of the game, see `collect_features`.
    """
    if game.tracks.empty or not settings.split_tracklets:
        return game.tracks, before
    no_reads = ALL["number_reads"].empty()
    features = collect_features(game, settings, no_reads, before=before)
    if features.model is None:
        return game.tracks, features
    cuts = cuts_by_itself(features.model, segment_sequences(game, features, features.model))
    for _ in range(_ROUNDS):
        if any(map(len, cuts)):
            game = game.with_tracks(apply_cuts(game, features.evidence, cuts))
            features = collect_features(game, settings, no_reads, before=features)
        problem = grouping_problem(features, settings.crops_per_tracklet)
        if not isinstance(problem, AppearanceProblem):
            return game.tracks, features
        person = group_reliable(features, problem, settings, joint_clustering)
        sequences = segment_sequences(game, features, problem.appearance.model)
        cuts = cuts_by_people(problem, sequences, person)
        if not any(map(len, cuts)):
            return game.tracks, features
    return apply_cuts(game, features.evidence, cuts), features
