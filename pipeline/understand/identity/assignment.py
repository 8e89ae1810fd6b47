"""Of the people found: what each is, and which tracklets are surely theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config import IdentifySettings
from pipeline.tables import PERSON_CLASSES
from pipeline.understand.features.collect import Known
from pipeline.understand.features.corrections import Wishes
from pipeline.understand.features.jersey_colour import UNDECIDED
from pipeline.understand.grouping.joint import membership
from pipeline.understand.grouping.odds import PERSON_PRICE
from pipeline.understand.grouping.problem import numbered
from pipeline.understand.identity.confidence import Chances, chances, posterior
from pipeline.understand.identity.sidelines import Beside

_WAITS_S = 10.0
"""Who is beside the court for so long waits to come in: to throw the ball in a player has five seconds from when he gets it."""


@dataclass(frozen=True)
class Verdict:
    """What was decided of n tracklets."""

    role: NDArray[Any]
    """(n,) player, referee, bench, coach or crowd."""
    person: NDArray[np.int64]
    """(n,) whose it is, from 0; -1 for who is neither player nor referee, or was seen too little to be anybody."""
    sure: NDArray[np.bool_]
    """(n,) sure enough to count for that person; everybody has one such tracklet at least."""
    who: Chances
    """In terms of the same people."""


def judge(
    known: Known, person: NDArray[np.int64], aside: Beside, settings: IdentifySettings, wishes: Wishes
) -> Verdict:
    """Decide who of the people found is a player or a referee, and which tracklets are too doubtful.

    Args:
        known: of n tracklets.
        person: (n,) from 0.
        aside: of the tracklets.
        settings: of the stage.
        wishes: what a person said holds.
    """
    corrected = np.isin(person, person[wishes.mentioned])
    role = roles(known, person, aside, settings, corrected)
    role[np.isin(person, person[wishes.nobody])] = "crowd"
    seen_s = np.bincount(person, weights=known.evidence.seen_s)[person]
    somebody = np.isin(role, PERSON_CLASSES) & (corrected | (seen_s >= known.least_s - 1e-9))
    given = numbered(np.where(somebody, person, -1))
    who = _chances(known, given)
    sure = somebody & (corrected | (who.own >= settings.unknown_below) | _surest(who.own, given))
    return Verdict(role, given, sure, who)


def _surest(chance: NDArray[np.float64], person: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which tracklet (n,) is the surest of its person: everybody has one."""
    order = np.argsort(-np.nan_to_num(chance), kind="stable")
    _, first = np.unique(person[order], return_index=True)
    chosen = np.zeros(len(person), dtype=bool)
    chosen[order[first]] = True
    return chosen & (person >= 0)


def roles(
    known: Known,
    person: NDArray[np.int64],
    aside: Beside,
    settings: IdentifySettings,
    corrected: NDArray[np.bool_],
) -> NDArray[Any]:
    """Tell what everybody is: player, referee, bench, coach or crowd (n,).

    Who never moves about is on the bench if his kit is one of the teams', else in the crowd, with everybody who works there.
    Who moves about beside the court is a coach, unless he wears a number; a player who is there for long is on the bench.

    Args:
        known: of n tracklets.
        person: (n,) from 0.
        aside: of the tracklets.
        settings: of the stage.
        corrected: (n,) is a player or a referee, whatever it looks like.
    """
    count = int(person.max(initial=-1)) + 1
    still = known.still & ~corrected
    moves = np.bincount(person, weights=np.isfinite(known.evidence.roaming) & ~still, minlength=count) > 0
    stays = (np.bincount(person, weights=still, minlength=count) > 0) & ~moves
    of_team = np.zeros(count, dtype=bool)
    if known.sides.kits is not None:
        of_team[person[known.sides.kits.team(known.evidence.kit) != UNDECIDED]] = True
    numbered_shirt = known.numbers.of_groups(person, count).best(settings.number_odds) >= 0
    role = np.where(known.sides.of_groups(person, count).referee(), "referee", "player").astype(object)
    walks = aside.of_groups(np.where(corrected, -1, person), count).stays(known.least_s)
    role[walks] = np.where(numbered_shirt, "bench", "coach")[walks]
    role[stays] = np.where(of_team, "bench", "crowd")[stays]
    role = role[person]
    role[(role == "player") & aside.stays(_WAITS_S) & ~corrected] = "bench"
    return np.asarray(role)


def _chances(known: Known, person: NDArray[np.int64]) -> Chances:
    """Say who each tracklet (n,) is; where the game shows too little for a model of looks, nothing is surer than 0.5."""
    if known.looks is None or not (person >= 0).any():
        even = np.where(person >= 0, 0.5, np.nan)
        nobody = np.full(len(person), -1)
        return Chances(even, person, even, nobody, np.full(len(person), np.nan))
    gain = membership(known.problem, person, np.arange(len(person)))
    return chances(posterior(gain, PERSON_PRICE), person)
