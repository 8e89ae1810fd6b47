"""The stage `identify`: tracklets in, players out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from pipeline.config import IdentifySettings
from pipeline.corrections import Correction
from pipeline.geometry.court import Court
from pipeline.tables import ALL, conform
from pipeline.understand.features.collect import TrackletFeatures, collect_features
from pipeline.understand.features.corrections import UserConstraints, constraints_of, split_where_corrected
from pipeline.understand.features.overlaps import find_overlaps, keep_one_box_per_frame
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.changes import impure_share
from pipeline.understand.grouping.clusterers import clusterer_named
from pipeline.understand.grouping.greedy import assign_greedily
from pipeline.understand.grouping.joint import membership
from pipeline.understand.grouping.problem import (
    AppearanceProblem,
    GroupingProblem,
    TrackletClusterer,
    grouping_problem,
)
from pipeline.understand.grouping.reliable import group_reliable
from pipeline.understand.grouping.sequences import segment_sequences
from pipeline.understand.identity.assignment import Assignment, assign_players
from pipeline.understand.identity.confidence import losses_of, purity
from pipeline.understand.identity.evidence_tables import evidence_tables
from pipeline.understand.identity.identity_evidence import IdentityEvidence
from pipeline.understand.identity.players import describe_players, with_labels
from pipeline.understand.identity.roster_bounds import bounded, is_complete, surplus_warnings
from pipeline.understand.identity.sidelines import sideline_time
from pipeline.understand.identity.stable_ids import lasting_ids
from pipeline.understand.memory import Memory

_MIN_GAIN = 0.5
"""Log-likelihood ratio from which on a tracklet that took no part in clustering is assigned to a person."""
_SEEN_IN_A_MIRROR = "numbers look as if the video were mirrored: nobody is given one"
_ONE_JERSEY = (
    "all jerseys look alike, so that teams were not told apart and nobody has one (a roster with teams, or corrections, "
    "can say them; --teams 1 if there is but one)"
)
_FEWEST_PLAYERS = 4
"""Fewer are no two teams whose jerseys could be compared."""


class IdentityResult(NamedTuple):
    """What the stage gives: the decisions, and the evidence for them."""

    identities: pd.DataFrame
    players: pd.DataFrame
    warnings: tuple[str, ...]
    tracklets: pd.DataFrame
    player_evidence: pd.DataFrame
    number_votes: pd.DataFrame
    tracks: pd.DataFrame
    player_ids: pd.DataFrame

    def renumbered(self, ids: NDArray[np.int64]) -> IdentityResult:
        """Give player k the id `ids[k]` in all tables but `player_ids`."""
        columns = {
            "identities": ("player_id",),
            "players": ("player_id",),
            "tracklets": ("likeliest", "runner_up"),
            "player_evidence": ("player_id", "nearest"),
            "number_votes": ("player_id",),
        }
        tables = {name: getattr(self, name).copy() for name in columns}
        for name, table in tables.items():
            for column in columns[name]:
                given = table[column].notna()
                table.loc[given, column] = ids[table.loc[given, column].to_numpy(np.int64)]
        for name in ("players", "player_evidence"):
            tables[name] = tables[name].sort_values("player_id", ignore_index=True)
        tables["number_votes"] = tables["number_votes"].sort_values(["player_id", "number"], ignore_index=True)
        return self._replace(**tables)


def identify(
    game: TrackedGame,
    court: Court,
    settings: IdentifySettings,
    number_reads: pd.DataFrame | None = None,
    roster: pd.DataFrame | None = None,
    corrections: Sequence[Correction] = (),
    clusterer: TrackletClusterer | None = None,
    former_ids: pd.DataFrame | None = None,
    memory: Memory | None = None,
) -> IdentityResult:
    """Find the people behind the tracklets.

    Reliable tracklets (long enough, moving about, with an embedding) are clustered first; the others are then assigned to
    the people found. The same person is never twice in a frame.

    Args:
        game: with the table `split_tracks`, embeddings and feet.
        court: whose lines the feet refer to.
        settings: of the stage.
        number_reads: table `number_reads`; None where numbers were not read.
        roster: number, name and team of the players, if known: names those whose number was read. If it lists two whole
            teams, nobody else is expected to be there.
        corrections: by a user: they hold whatever the evidence says.
        clusterer: how reliable tracklets are grouped; None for the one that the settings name.
        former_ids: table `player_ids` of an earlier result of the game; None: there is none.
        memory: what was computed of the game before.

    Returns:
        The tables, and what to warn of. Player ids go on from the earlier result; without one they count from 1: team A, B,
        unknown, then referees, each in order of first appearance. The confidence is the probability that a box
        of a tracklet is its player's. A tracklet that is no player's has no row in `identities`: of somebody who never moves
        about, was seen for less than `min_player_s`, or of a player, but less sure whose than `unknown_below`.

    Raises:
        InputError: corrections contradict each other.
    """
    if game.tracks.empty:
        return _nobody()
    listed = roster if is_complete(roster, court) else None
    if listed is not None:
        settings = bounded(settings, listed)
    memory = memory or Memory(keeps=False)
    evidence = _evidence(game, settings, number_reads, listed, corrections, memory)
    game = game.with_tracks(split_where_corrected(game, corrections))
    features, tracklets, said = evidence.features, evidence.tracklets, evidence.constraints
    person = memory.result(
        "people",
        (tracklets.row, tracklets.start, said.must_link, said.mentioned, np.argwhere(said.cannot_link)),
        lambda: _people(evidence, settings, clusterer or clusterer_named(settings.clusterer)),
    )
    assignment = assign_players(evidence, person, sideline_time(game, tracklets, court), settings)
    player_of, players = describe_players(features, assignment.person, roster, settings.number_odds, said.roles)
    players = with_labels(players, player_of, said.labels, roster)
    warnings = _warnings(evidence, players, settings, listed)
    pure = memory.result("pure", (tracklets.row, tracklets.start), lambda: _pure_share(game, evidence))
    identities = _identities(evidence, assignment, player_of, pure)
    tables = evidence_tables(evidence, assignment, player_of, players)
    found = IdentityResult(identities, players, warnings, *tables, game.tracks, ALL["player_ids"].empty())
    return _with_lasting_ids(found, game, evidence, player_of, former_ids)


def _with_lasting_ids(
    found: IdentityResult,
    game: TrackedGame,
    evidence: IdentityEvidence,
    player_of: NDArray[np.int64],
    former_ids: pd.DataFrame | None,
) -> IdentityResult:
    """Keep one box of every player and frame, and give players the ids that they had before.

    Args:
        found: with players numbered from 1.
        game: with the same tracklets.
        evidence: of n tracklets.
        player_of: (n,) number of the player of each, -1 for nobody.
        former_ids: table `player_ids` of an earlier result.
    """
    seen_s = pd.Series(evidence.tracklets.seen_s, index=evidence.tracklets.track_id)
    said = {int(player_of[at]): int(who) for at, who in evidence.constraints.players.items() if player_of[at] > 0}
    ids, player_ids = lasting_ids(game, found.identities, said, former_ids, seen_s)
    tracks = keep_one_box_per_frame(game, found.identities, seen_s)
    return found._replace(tracks=tracks, player_ids=player_ids).renumbered(ids)


def _warnings(
    evidence: IdentityEvidence, players: pd.DataFrame, settings: IdentifySettings, listed: pd.DataFrame | None
) -> tuple[str, ...]:
    """Say in plain words what is doubtful.

    Args:
        evidence: of the tracklets.
        players: table `players`.
        settings: of the stage.
        listed: a roster that lists everybody who can be there.
    """
    features, warnings = evidence.features, evidence.constraints.unmet
    warnings = (*warnings, _SEEN_IN_A_MIRROR) if features.numbers.mirrored else warnings
    if settings.teams and features.teams.colours is None and (players["role"] == "player").sum() >= _FEWEST_PLAYERS:
        warnings = (*warnings, _ONE_JERSEY)
    return warnings if listed is None else (*warnings, *surplus_warnings(players, listed))


def complaints(players: pd.DataFrame, settings: IdentifySettings) -> tuple[str, ...]:
    """Say in plain words where the table `players` is not what the settings ask for."""
    count = int((players["role"] == "player").sum())
    if count > settings.max_players:
        return (
            f"{count} players were found, more than identify.max_players = {settings.max_players}: "
            "no two of them can be one person",
        )
    if 0 < count < settings.min_players:
        return (f"{count} players were found, fewer than identify.min_players = {settings.min_players}",)
    return ()


def _evidence(
    game: TrackedGame,
    settings: IdentifySettings,
    number_reads: pd.DataFrame | None,
    listed: pd.DataFrame | None,
    corrections: Sequence[Correction],
    memory: Memory,
) -> IdentityEvidence:
    """Collect what identity is decided by.

    Args:
        game: with tracklets, not yet split where corrections say so.
        settings: of the stage.
        number_reads: table `number_reads`; None where numbers were not read.
        listed: a roster that lists everybody who can be there.
        corrections: by a user.
        memory: what was computed of the game before.
    """
    numbers = None if listed is None else set(listed["number"])
    reads = ALL["number_reads"].empty() if number_reads is None else number_reads

    def features_of(split: TrackedGame, before: TrackletFeatures | None) -> TrackletFeatures:
        tracks = (split.tracks["track_id"].to_numpy(),)
        return memory.result("features", tracks, lambda: collect_features(split, settings, reads, numbers, before))

    split = game.with_tracks(split_where_corrected(game, corrections))
    uncorrected = None if not memory.keeps or split.tracks is game.tracks else features_of(game, None)
    game, features = split, features_of(split, uncorrected)
    tracklets = features.evidence
    constraints = UserConstraints.none(len(tracklets))
    if corrections:
        simultaneous = find_overlaps(*tracklets.boxes_in_time).cannot_link
        constraints = constraints_of(game, corrections, tracklets.track_id, simultaneous)
        features = features.constrained(constraints)
    return IdentityEvidence(features, grouping_problem(features, settings.crops_per_tracklet), constraints)


def _identities(
    evidence: IdentityEvidence, assignment: Assignment, player_of: NDArray[np.int64], pure: NDArray[np.float64]
) -> pd.DataFrame:
    """Make the table `identities` of the tracklets that are surely enough somebody's.

    Whose most of a tracklet is decides whose it is; what of it may show somebody else lowers the confidence, which is of its
    boxes.

    Args:
        evidence: of n tracklets.
        assignment: of the same.
        player_of: (n,) player id of each, -1 for nobody.
        pure: (n,) see `_pure_share`.
    """
    confidence = assignment.posterior.assigned * pure
    confidence[list(evidence.constraints.labels.get("player", {}))] = 1.0  # a person says so
    table = pd.DataFrame({"track_id": evidence.tracklets.track_id, "player_id": player_of, "confidence": confidence})
    return conform("identities", table[assignment.sure].sort_values("track_id"))


def _pure_share(game: TrackedGame, evidence: IdentityEvidence) -> NDArray[np.float64]:
    """Give the share (n,) of each tracklet that shows one person.

    Two things speak of it, what tracklets of its kind are like and, where enough is seen, what happens in this one: the worse
    counts.
    """
    features, tracklets = evidence.features, evidence.tracklets
    usual = purity(tracklets.height_px, tracklets.seen_s, losses_of(tracklets.start, tracklets.frame))
    if features.model is None:
        return usual
    return np.minimum(usual, 1.0 - impure_share(features.model, segment_sequences(game, features, features.model)))


def _nobody() -> IdentityResult:
    """Find nobody, where there are no tracklets."""
    nothing = (ALL[name].empty() for name in ("tracklets", "player_evidence", "number_votes", "tracks", "player_ids"))
    return IdentityResult(ALL["identities"].empty(), ALL["players"].empty(), (), *nothing)


def _people(evidence: IdentityEvidence, settings: IdentifySettings, clusterer: TrackletClusterer) -> NDArray[np.int64]:
    """Give the person (n,) of every tracklet, numbered from 0.

    Somebody who was seen too little to be a player is nobody yet: his tracklets may belong to others.
    """
    features, constraints = evidence.features, evidence.constraints
    person = group_reliable(features, evidence.problem, settings, clusterer, constraints)
    assigned = person >= 0
    seen_s = np.bincount(person[assigned], weights=evidence.tracklets.seen_s[assigned], minlength=1)[person]
    person[(seen_s < features.min_player_s) & ~np.isin(person, person[constraints.mentioned])] = -1
    person = numbered(person)
    late = np.flatnonzero(person < 0)
    person[late] = _assign_late(evidence.problem, late, person, features.max_distance)
    single = person < 0
    person[single] = np.arange(single.sum()) + person.max() + 1
    return numbered(person)


def _assign_late(
    problem: GroupingProblem, late: NDArray[np.int64], person: NDArray[np.int64], max_distance: float
) -> NDArray[np.int64]:
    """Assign tracklets to the people found so far, the surest first.

    Args:
        problem: n tracklets.
        late: (m,) those to assign.
        person: (n,) from 0; -1 for nobody so far.
        max_distance: average cosine distance at most, where the game has no appearance model.

    Returns:
        (m,) the person; -1 for nobody.
    """
    found = np.flatnonzero(person >= 0)
    if not len(found):
        return np.full(len(late), -1, dtype=np.int64)
    cannot_link = problem.cannot_link[np.ix_(late, late)]
    if isinstance(problem, AppearanceProblem):
        gain = membership(problem, person, late)
        return assign_greedily(-gain, np.isneginf(gain), cannot_link, -_MIN_GAIN)
    member = np.zeros((len(found), int(person.max()) + 1))  # (found, people)
    member[np.arange(len(found)), person[found]] = problem.weight[found]
    mean = problem.distance(late, found) @ (member / np.maximum(member.sum(axis=0), 1e-9))  # (m, people)
    barred = (problem.cannot_link[np.ix_(late, found)].astype(np.float64) @ member) > 0
    return assign_greedily(mean, barred, cannot_link, max_distance)
