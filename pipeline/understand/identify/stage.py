"""The stage `identify`: tracklets in, players out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import IdentifySettings
from pipeline.corrections import Correction
from pipeline.tables import ALL, conform
from pipeline.understand.identify import continuation, purify
from pipeline.understand.identify.choices import clusterer_named
from pipeline.understand.identify.clustering import Bounds, Clusterer, Problem, assign, cosine_distances, numbered
from pipeline.understand.identify.confidence import confidence, posterior
from pipeline.understand.identify.constraints import cannot_links, simultaneous
from pipeline.understand.identify.contract import contracted
from pipeline.understand.identify.evidence import Evidence, gather
from pipeline.understand.identify.joint import PERSON_PRICE, joint_evidence, membership
from pipeline.understand.identify.looks import Looks, Pieces, cut_to_pieces, learn_looks, see
from pipeline.understand.identify.people import describe, relabelled
from pipeline.understand.identify.scale import distance_limit
from pipeline.understand.identify.wishes import Wishes, wishes_of
from pipeline.understand.kits import UNDECIDED, Kits, find_kits
from pipeline.understand.numbers import NumberEvidence, number_evidence

_PLAYER, _REFEREE = 0, 1
_SURE_PLAYER, _SURE_REFEREE = 0.3, 0.8
"""Share of referee votes up to which, and from which on, a tracklet's role is certain."""
_SESSION_NOISE = 6.0
"""Variance of a tracklet about its person, in units of the noise of half a second: pose, light and place on the court stay
the same for longer than that."""
_FIT_NOISE = 1.0
"""The same when the model is learned: the less of what differs is taken for noise, the more axes people have."""
_PURIFY_ROUNDS = 3
"""How often people are looked for in order to cut tracklets by them."""
_UNKNOWN_DISTANCE = 2.0
"""Cosine distance of a tracklet that has no embedding: as far as can be."""
_LEAST_GAIN = 0.5
"""Log-likelihood ratio from which on a late tracklet is given to a person."""


class Identified(NamedTuple):
    """What the stage gives."""

    identities: pd.DataFrame
    players: pd.DataFrame
    warnings: tuple[str, ...]


def identify(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    tracks: pd.DataFrame,
    feet_m: NDArray[np.float64],
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
        settings: of the stage.
        roster: number, name and team of the players, if known: names those whose number was read.
        clusterer: how reliable tracklets are grouped; None for the one that the settings name.
        number_reads: table `number_reads`; None where numbers were not read.
        corrections: by a person who knows better: they hold whatever the evidence says.

    Returns:
        Tables `identities` and `players`, and what to warn of. Player ids count from 1: team A, B, unknown, then
        referees, each in order of first appearance. The confidence is the probability that a tracklet is its player.
        Tracklets of people who were seen for less than `min_player_s`, or who never move about, have no row.

    Raises:
        InputError: corrections contradict each other.
    """
    if tracks.empty:
        return Identified(ALL["identities"].empty(), ALL["players"].empty(), ())
    reads = ALL["number_reads"].empty() if number_reads is None else number_reads
    known = _study(frames, detections, embeddings, tracks, feet_m, settings, reads)
    evidence = known.evidence
    wishes = Wishes.none(len(evidence))
    if corrections:
        wishes = wishes_of(frames, detections, tracks, corrections, evidence.track_id, simultaneous(evidence))
        known = known.corrected(wishes)
    person = _people(known, settings, clusterer or clusterer_named(settings.clusterer), wishes)
    kept = _seen_long_enough(evidence, person, settings.min_player_s) & ~_bystanders(evidence, person, known.still)
    kept = (kept | np.isin(person, person[wishes.mentioned])) & ~np.isin(person, person[wishes.nobody])
    player_of, players = describe(
        evidence, np.where(kept, person, -1), known.team, known.kits, roster, known.numbers, settings.number_odds
    )
    identities = pd.DataFrame(
        {
            "track_id": evidence.track_id[kept],
            "player_id": player_of[kept],
            "confidence": _confidence(known, player_of)[kept],
        }
    )
    players = relabelled(players, player_of, wishes.labels, roster)
    return Identified(conform("identities", identities.sort_values("track_id")), players, wishes.unmet)


def _confidence(known: _Known, player_of: NDArray[np.int64]) -> NDArray[np.float64]:
    """Say how sure it is that each tracklet (n,) is its player (1, 2, ...; -1 for nobody)."""
    if known.looks is None:
        return confidence(known.evidence.embedding, player_of, known.apart, known.limit)
    person = np.where(player_of > 0, player_of - 1, -1)
    gain = membership(known.problem, person, np.arange(len(person)))
    return posterior(gain, person, PERSON_PRICE) if gain.shape[1] else np.full(len(person), 0.5)


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
    if tracks.empty or not settings.purify:
        return tracks
    no_reads = ALL["number_reads"].empty()
    known = _study(frames, detections, embeddings, tracks, feet_m, settings, no_reads)
    if known.looks is None:
        return tracks
    cuts = purify.cut_by_itself(known.looks, known.pieces)
    for _ in range(_PURIFY_ROUNDS):
        if any(cuts):
            tracks = purify.apply_cuts(tracks, detections, known.evidence, known.pieces, cuts)
            known = _study(frames, detections, embeddings, tracks, feet_m, settings, no_reads)
        if known.looks is None:
            return tracks
        person = _reliable_people(known, settings, joint_evidence, Wishes.none(len(known.evidence)))
        cuts = purify.cut_by_people(known.looks, known.pieces, person, _SESSION_NOISE)
        if not any(cuts):
            return tracks
    return purify.apply_cuts(tracks, detections, known.evidence, known.pieces, cuts)


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


@dataclass(frozen=True)
class _Known:
    """All that is known of n tracklets before anybody is told apart."""

    evidence: Evidence
    role: NDArray[np.int64]  # (n,) player, referee or -1
    kits: Kits | None
    team: NDArray[np.int64]  # (n,) 0, 1 or -1
    numbers: NumberEvidence
    still: NDArray[np.bool_]  # (n,) stays where it is
    limit: float  # average cosine distance above which tracklets stay apart
    pieces: Pieces
    looks: Looks | None
    problem: Problem  # of all n

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Tell which pairs (n, n) are surely two people."""
        return self.problem.apart

    def corrected(self, wishes: Wishes) -> _Known:
        """Take corrections for certain: what they say is one person is not kept apart by anything but time."""
        same = wishes.group[:, None] == wishes.group[None]
        apart = (self.apart & ~same) | wishes.apart
        return replace(self, problem=replace(self.problem, apart=apart))


def _certain_role(evidence: Evidence) -> NDArray[np.int64]:
    """Give player, referee or -1 (n,) by the vote of the boxes."""
    sides = [evidence.referee <= _SURE_PLAYER, evidence.referee >= _SURE_REFEREE]
    return np.select(sides, [_PLAYER, _REFEREE], UNDECIDED)


def _teams(
    evidence: Evidence, role: NDArray[np.int64], settings: IdentifySettings
) -> tuple[Kits | None, NDArray[np.int64]]:
    """Find the kits among certain players, and each player tracklet's team (n,), -1 where undecided."""
    undecided = np.full(len(evidence), UNDECIDED, dtype=np.int64)
    player = role == _PLAYER
    kits = find_kits(evidence.kit[player], evidence.boxes()[player].astype(np.float64)) if settings.teams else None
    return kits, undecided if kits is None else np.where(player, kits.team(evidence.kit), UNDECIDED)


def _limit(evidence: Evidence, team: NDArray[np.int64], still: NDArray[np.bool_], settings: IdentifySettings) -> float:
    """Give the distance up to which tracklets are merged: as set, or read off team-mates (else anybody) seen together."""
    if settings.max_distance != "auto":
        return settings.max_distance
    mates = (team[:, None] == team[None]) & (team >= 0)[:, None] if (team >= 0).any() else np.True_
    other = simultaneous(evidence) & mates & ~still[:, None] & ~still[None]
    return distance_limit(
        np.where(still, np.nan, evidence.self_distance), cosine_distances(evidence.embedding, evidence.embedding), other
    )


def _study(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    embeddings: NDArray[np.float16] | NDArray[np.float32],
    tracks: pd.DataFrame,
    feet_m: NDArray[np.float64],
    settings: IdentifySettings,
    reads: pd.DataFrame,
) -> _Known:
    """Collect all evidence."""
    evidence = gather(frames, detections, embeddings, tracks, feet_m, settings.crops_per_tracklet)
    role = _certain_role(evidence)
    kits, team = _teams(evidence, role, settings)
    numbers = number_evidence(frames, detections, reads, tracks, evidence.track_id)
    apart = cannot_links(frames, evidence, role, team, settings.max_speed_mps)
    apart |= numbers.contradict(settings.number_odds)
    still = evidence.roaming < settings.min_roaming
    pieces = cut_to_pieces(frames, detections, embeddings, evidence)
    looks = learn_looks(pieces, _FIT_NOISE)
    problem = Problem(
        distance=np.nan_to_num(
            cosine_distances(evidence.embedding, evidence.embedding), copy=False, nan=_UNKNOWN_DISTANCE
        ),
        apart=apart,
        weight=np.minimum(evidence.boxes(), settings.crops_per_tracklet).astype(np.float64),
        seen_s=np.where(role == _REFEREE, 0.0, evidence.seen_s),  # the bounds are on players
        seen=None if looks is None else see(looks, pieces, _SESSION_NOISE),
        continuation=continuation.log_odds(frames, evidence),
        number=numbers.log_likelihood,
    )
    limit = _limit(evidence, team, still, settings)
    return _Known(evidence, role, kits, team, numbers, still, limit, pieces, looks, problem)


def _people(known: _Known, settings: IdentifySettings, clusterer: Clusterer, wishes: Wishes) -> NDArray[np.int64]:
    """Give the person (n,) of every tracklet, numbered from 0."""
    person = _reliable_people(known, settings, clusterer, wishes)
    late = np.flatnonzero(person < 0)
    person[late] = _assign_late(late, person, known)
    alone = person < 0
    person[alone] = np.arange(alone.sum()) + person.max() + 1
    return numbered(person)


def _reliable_people(
    known: _Known, settings: IdentifySettings, clusterer: Clusterer, wishes: Wishes
) -> NDArray[np.int64]:
    """Cluster the reliable tracklets, those that are one person by a correction as one; -1 (n,) for the others."""
    evidence = known.evidence
    reliable = np.isfinite(evidence.embedding).all(axis=1) & (evidence.seen_s >= settings.min_tracklet_s) & ~known.still
    rows = np.flatnonzero(reliable | wishes.mentioned)
    person = np.full(len(evidence), -1, dtype=np.int64)
    bounds = Bounds(known.limit, settings.min_players, settings.max_players, settings.min_player_s)
    group = numbered(wishes.group[rows])
    problem = known.problem.take(rows)
    person[rows] = clusterer(contracted(problem, group), bounds)[group]
    return person


def _assign_late(late: NDArray[np.int64], person: NDArray[np.int64], known: _Known) -> NDArray[np.int64]:
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
    mean = problem.distance[np.ix_(late, found)] @ (member / np.maximum(member.sum(axis=0), 1e-9))
    apart_from = (known.apart[np.ix_(late, found)].astype(np.float64) @ member) > 0
    return assign(mean, apart_from, apart, known.limit)


def _seen_long_enough(evidence: Evidence, person: NDArray[np.int64], min_player_s: float) -> NDArray[np.bool_]:
    """Tell which tracklets (n,) belong to somebody who was seen for long enough."""
    return np.asarray(np.bincount(person, weights=evidence.seen_s)[person] >= min_player_s - 1e-9)


def _bystanders(evidence: Evidence, person: NDArray[np.int64], still: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which tracklets (n,) belong to somebody who never moves about: bench, staff, spectators."""
    moves = np.isfinite(evidence.roaming) & ~still
    return np.asarray((np.bincount(person, weights=still) > 0) & (np.bincount(person, weights=moves) == 0))[person]
