"""Assignment of tracklets to people: roles of the people found, and which tracklets are surely theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from pipeline.config import IdentifySettings
from pipeline.tables import PERSON_CLASSES
from pipeline.understand.features.jersey_colour import UNDECIDED
from pipeline.understand.grouping.joint import membership
from pipeline.understand.grouping.odds import PERSON_PRICE
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingProblem
from pipeline.understand.identity.confidence import PersonPosterior, longest, posterior, summarised
from pipeline.understand.identity.identity_evidence import IdentityEvidence
from pipeline.understand.identity.sidelines import SidelineTime

_WAITS_S = 10.0
"""Somebody who is beside the court for so many s waits to come in: to throw the ball in, a player has five seconds from when
he gets it."""


@dataclass(frozen=True)
class Assignment:
    """What was decided of n tracklets."""

    role: NDArray[Any]
    """(n,) player, referee, bench, coach or crowd."""
    person: NDArray[np.int64]
    """(n,) whose it is, from 0; -1 for who is neither player nor referee, or was seen too little to be anybody."""
    sure: NDArray[np.bool_]
    """(n,) sure enough to count for that person; everybody has one such tracklet at least."""
    posterior: PersonPosterior
    """In terms of the same people."""


def assign_players(
    evidence: IdentityEvidence, person: NDArray[np.int64], sideline: SidelineTime, settings: IdentifySettings
) -> Assignment:
    """Decide who of the people found is a player or a referee, and which tracklets are too doubtful.

    Args:
        evidence: of n tracklets.
        person: (n,) from 0.
        sideline: of the tracklets.
        settings: of the stage.
    """
    features, constraints = evidence.features, evidence.constraints
    corrected = np.isin(person, person[constraints.mentioned])
    role = roles(evidence, person, sideline, settings)
    for tracklet, said in constraints.roles.items():
        role[person == person[tracklet]] = "crowd" if said == "nobody" else said
    seen_s = np.bincount(person, weights=evidence.tracklets.seen_s)[person]  # (n,) of the whole person
    somebody = np.isin(role, PERSON_CLASSES) & (corrected | (seen_s >= features.min_player_s - 1e-9))
    assigned = numbered(np.where(somebody, person, -1))
    found = _posterior(evidence.problem, assigned, evidence.tracklets.seen_s)
    surest = _surest(found.assigned, assigned)
    sure = somebody & (constraints.mentioned | (found.assigned >= settings.unknown_below) | surest)
    return Assignment(role, assigned, sure, found)


def _surest(probability: NDArray[np.float64], person: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which tracklet (n,) is the surest of its person: everybody has one."""
    order = np.argsort(-np.nan_to_num(probability), kind="stable")
    _, first = np.unique(person[order], return_index=True)
    chosen = np.zeros(len(person), dtype=bool)
    chosen[order[first]] = True
    return chosen & (person >= 0)


def roles(
    evidence: IdentityEvidence, person: NDArray[np.int64], sideline: SidelineTime, settings: IdentifySettings
) -> NDArray[Any]:
    """Tell what everybody is: player, referee, bench, coach or crowd (n,).

    Somebody who never moves about, and not within the lines, is on the bench in a team's jersey, else in the crowd, with
    everybody who works there.
    Somebody who moves about beside the court is a coach, unless in a numbered shirt; a player who is there for long is on
    the bench. Whoever a correction mentions is a player or a referee in any case.

    Args:
        evidence: of n tracklets.
        person: (n,) from 0.
        sideline: of the tracklets.
        settings: of the stage.
    """
    features, tracklets = evidence.features, evidence.tracklets
    count = int(person.max(initial=-1)) + 1
    corrected = np.isin(person, person[evidence.constraints.mentioned])
    still = features.still & ~corrected & ~sideline.plays()
    moves = np.bincount(person, weights=np.isfinite(tracklets.roaming) & ~still, minlength=count) > 0  # (count,)
    stays = (np.bincount(person, weights=still, minlength=count) > 0) & ~moves
    in_team_jersey = np.zeros(count, dtype=bool)
    if features.teams.colours is not None:
        in_team_jersey[person[features.teams.colours.team(tracklets.jersey) != UNDECIDED]] = True
    numbered_shirt = features.numbers.of_groups(person, count).best(settings.number_odds) >= 0
    role = np.where(features.teams.of_groups(person, count).referee(), "referee", "player").astype(object)
    walks = sideline.of_groups(np.where(corrected, -1, person), count).stays(features.min_player_s)
    role[walks] = np.where(numbered_shirt, "bench", "coach")[walks]
    role[stays] = np.where(in_team_jersey, "bench", "crowd")[stays]
    role = role[person]  # (n,)
    role[(role == "player") & sideline.stays(_WAITS_S) & ~corrected] = "bench"
    return np.asarray(role)


def _posterior(problem: GroupingProblem, person: NDArray[np.int64], seen_s: NDArray[np.float64]) -> PersonPosterior:
    """Say who each tracklet (n,), seen for so many s, is; where the game shows too little for an appearance model, nothing is surer than 0.5."""
    if not isinstance(problem, AppearanceProblem) or not (person >= 0).any():
        even = np.where(person >= 0, 0.5, np.nan)
        nobody = np.full(len(person), -1)
        return PersonPosterior(even, person, even, nobody, np.full(len(person), np.nan))
    gain = membership(problem, person, np.arange(len(person)))
    return summarised(posterior(gain, PERSON_PRICE), person, longest(person, seen_s))
