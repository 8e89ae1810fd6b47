"""The stage `identify`: tracklets in, players out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import IdentifySettings
from pipeline.corrections import Correction
from pipeline.geometry.court import Court
from pipeline.tables import ALL, conform
from pipeline.understand.features.collect import Known, study
from pipeline.understand.features.corrections import Wishes, wishes_of
from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.overlaps import find_overlaps, without_doubles
from pipeline.understand.grouping.clusterers import clusterer_named
from pipeline.understand.grouping.joint import joint_evidence, membership
from pipeline.understand.grouping.must_link import contracted
from pipeline.understand.grouping.problem import Bounds, Clusterer, assign, numbered
from pipeline.understand.identity import evidence_tables as account
from pipeline.understand.identity.adapt import adapted
from pipeline.understand.identity.assignment import Verdict, judge
from pipeline.understand.identity.players import describe, relabelled
from pipeline.understand.identity.roster_bounds import beyond, bounded, is_complete
from pipeline.understand.identity.sidelines import beside
from pipeline.understand.splitting import split as purify
from pipeline.understand.splitting.sequences import steps_along

_PURIFY_ROUNDS = 3
"""How often people are looked for in order to cut tracklets by them."""
_LEAST_GAIN = 0.5
"""Log-likelihood ratio from which on a late tracklet is given to a person."""


class Identified(NamedTuple):
    """What the stage gives: the decisions, and what speaks for them."""

    identities: pd.DataFrame
    players: pd.DataFrame
    warnings: tuple[str, ...]
    tracklets: pd.DataFrame
    player_evidence: pd.DataFrame
    number_votes: pd.DataFrame
    tracks: pd.DataFrame


def identify(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    tracks: pd.DataFrame,
    feet_m: NDArray[np.float64],
    court: Court,
    settings: IdentifySettings,
    roster: pd.DataFrame | None = None,
    clusterer: Clusterer | None = None,
    number_reads: pd.DataFrame | None = None,
    corrections: Sequence[Correction] = (),
) -> Identified:
    """Find the people behind the tracklets.

    Reliable tracklets (long enough, moving about, with an embedding) are clustered first; the others are then given to
    the people found. The same person is never twice in a frame.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        embeddings: (m, dim); NaN rows where unknown; may be a memory map.
        tracks: table `tracks`.
        feet_m: (m, 2) foot points on the court, m; NaN where unknown.
        court: whose lines these are.
        settings: of the stage.
        roster: number, name and team of the players, if known: names those whose number was read. If it lists two whole
            teams, nobody else is expected to be there.
        clusterer: how reliable tracklets are grouped; None for the one that the settings name.
        number_reads: table `number_reads`; None where numbers were not read.
        corrections: by a person who knows better: they hold whatever the evidence says.

    Returns:
        Tables `identities`, `players`, `tracklets`, `player_evidence` and `number_votes`, and what to warn of. Player ids
        count from 1: team A, B, unknown, then referees, each in order of first appearance. The confidence is the
        probability that a tracklet is its player. A tracklet that is no player's has no row in `identities`: of somebody
        who never moves about, was seen for less than `min_player_s`, or of a player, but less sure whose than
        `unknown_below`.

    Raises:
        InputError: corrections contradict each other.
    """
    if tracks.empty:
        return _nobody()
    reads = ALL["number_reads"].empty() if number_reads is None else number_reads
    listed = roster if is_complete(roster, court) else None
    if listed is not None:
        settings = bounded(settings, listed)
    numbers = None if listed is None else set(listed["number"])
    known = study(frames, detections, embeddings, tracks, feet_m, settings, reads, numbers)
    evidence = known.evidence
    wishes = Wishes.none(len(evidence))
    if corrections:
        wishes = wishes_of(
            frames, detections, tracks, corrections, evidence.track_id, find_overlaps(*evidence.boxes_in_time).apart
        )
        known = known.corrected(wishes)
    grouping = clusterer or clusterer_named(settings.clusterer)
    said = wishes.unmet
    if settings.adapt:
        known, outcome = adapted(known, _reliable_people(known, settings, grouping, wishes))
        said = (*said, outcome)
    person = _people(known, settings, grouping, wishes)
    found = judge(known, person, beside(evidence, feet_m, court), settings, wishes)
    player_of, players = describe(evidence, found.person, known.sides, roster, known.numbers, settings.number_odds)
    players = relabelled(players, player_of, wishes.labels, roster)
    said = said if listed is None else (*said, *beyond(players, listed))
    identities = _identities(evidence, found, player_of)
    left = without_doubles(tracks, detections, identities, pd.Series(evidence.seen_s, index=evidence.track_id))
    return Identified(identities, players, said, *_account(known, found, player_of, players, wishes), left)


def _identities(evidence: TrackletEvidence, found: Verdict, player_of: NDArray[np.int64]) -> pd.DataFrame:
    """Make the table `identities` of the tracklets that are surely enough somebody's."""
    table = pd.DataFrame({"track_id": evidence.track_id, "player_id": player_of, "confidence": found.who.own})
    return conform("identities", table[found.sure].sort_values("track_id"))


def _account(
    known: Known, found: Verdict, player_of: NDArray[np.int64], players: pd.DataFrame, wishes: Wishes
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make the tables `tracklets`, `player_evidence` and `number_votes`."""
    player = np.maximum(player_of, 0) - 1
    number = np.full(len(players) + 1, -1)
    number[found.person[player >= 0]] = player[player >= 0]
    return (
        account.tracklet_table(known, found.role, found.who.of(number)),
        account.player_table(known, player, players, wishes),
        account.vote_table(known, player, len(players)),
    )


def _nobody() -> Identified:
    """Find nobody, where there are no tracklets."""
    nothing = (ALL[name].empty() for name in ("tracklets", "player_evidence", "number_votes", "tracks"))
    return Identified(ALL["identities"].empty(), ALL["players"].empty(), (), *nothing)


def make_pure(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    tracks: pd.DataFrame,
    feet_m: NDArray[np.float64],
    settings: IdentifySettings,
) -> pd.DataFrame:
    """Cut tracklets where they go over to another person, see `purify`.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        embeddings: (m, dim); NaN rows where unknown; may be a memory map.
        tracks: table `tracks`.
        feet_m: (m, 2) foot points on the court, m; NaN where unknown.
        settings: of the stage `identify`.

    Returns:
        Table `tracks`, with at least as many tracklets.
    """
    if tracks.empty or not settings.split_tracklets:
        return tracks
    no_reads = ALL["number_reads"].empty()
    known = study(frames, detections, embeddings, tracks, feet_m, settings, no_reads)
    if known.looks is None:
        return tracks
    cuts = purify.cut_by_itself(known.looks, steps_along(frames, detections, feet_m, known, known.looks))
    for _ in range(_PURIFY_ROUNDS):
        if any(map(len, cuts)):
            tracks = purify.apply_cuts(tracks, detections, known.evidence, cuts)
            known = study(frames, detections, embeddings, tracks, feet_m, settings, no_reads)
        seen = known.problem.seen
        if seen is None:
            return tracks
        person = _reliable_people(known, settings, joint_evidence, Wishes.none(len(known.evidence)))
        steps = steps_along(frames, detections, feet_m, known, seen.looks)
        cuts = purify.cut_by_people(seen, steps, person, known.problem.side)
        if not any(map(len, cuts)):
            return tracks
    return purify.apply_cuts(tracks, detections, known.evidence, cuts)


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


def _people(known: Known, settings: IdentifySettings, clusterer: Clusterer, wishes: Wishes) -> NDArray[np.int64]:
    """Give the person (n,) of every tracklet, numbered from 0.

    Who was seen too little to be a player is nobody yet: his tracklets may be parts of others.
    """
    person = _reliable_people(known, settings, clusterer, wishes)
    seen_s = np.bincount(person[person >= 0], weights=known.evidence.seen_s[person >= 0], minlength=1)[person]
    person[(seen_s < known.least_s) & ~np.isin(person, person[wishes.mentioned])] = -1
    person = numbered(person)
    late = np.flatnonzero(person < 0)
    person[late] = _assign_late(late, person, known)
    alone = person < 0
    person[alone] = np.arange(alone.sum()) + person.max() + 1
    return numbered(person)


def _reliable_people(
    known: Known, settings: IdentifySettings, clusterer: Clusterer, wishes: Wishes
) -> NDArray[np.int64]:
    """Cluster the reliable tracklets, those that are one person by a correction as one; -1 (n,) for the others."""
    evidence = known.evidence
    reliable = np.isfinite(evidence.embedding).all(axis=1) & (evidence.seen_s >= known.clear_s - 1e-9)
    reliable &= ~known.still & ~known.close
    rows = np.flatnonzero(reliable | wishes.mentioned)
    person = np.full(len(evidence), -1, dtype=np.int64)
    bounds = Bounds(known.limit, settings.min_players, settings.max_players, known.least_s)
    group = numbered(wishes.group[rows])
    problem = known.problem.take(rows)
    person[rows] = clusterer(contracted(problem, group), bounds)[group]
    return person


def _assign_late(late: NDArray[np.int64], person: NDArray[np.int64], known: Known) -> NDArray[np.int64]:
    """Give the tracklets `late` (m,) to the people found so far, the surest first; -1: to nobody."""
    problem = known.problem
    found = np.flatnonzero(person >= 0)
    if not len(found):
        return np.full(len(late), -1, dtype=np.int64)
    apart = known.apart[np.ix_(late, late)]
    if problem.seen is not None:
        gain = membership(problem, person, late)
        return assign(-gain, np.isneginf(gain), apart, -_LEAST_GAIN)
    member = np.zeros((len(found), int(person.max()) + 1))  # (found, people)
    member[np.arange(len(found)), person[found]] = problem.weight[found]
    mean = problem.distance(late, found) @ (member / np.maximum(member.sum(axis=0), 1e-9))
    apart_from = (known.apart[np.ix_(late, found)].astype(np.float64) @ member) > 0
    return assign(mean, apart_from, apart, known.limit)
