"""The one rule that decides whether a person's number is given, and how sure it is said to be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.numbers.texts import TEXTS
from pipeline.understand.features.jersey_colour import UNDECIDED
from pipeline.understand.features.numbers import NumberEvidence

_SURE_ODDS = 100.0
"""Odds from which on a tracklet alone says which number its person wears."""
LEAST_AGREEING = 0.75
"""Share of the reads; a number of which less agree is not given: they may be two people's."""


@dataclass(frozen=True)
class Wearer:
    """A person as far as numbers go."""

    tracklets: NDArray[np.int64]  # (k,)
    team: int
    """0, 1 or undecided."""
    referee: bool


def given_numbers(
    read: NumberEvidence,
    agreeing: NDArray[np.float64],
    people: Sequence[Wearer],
    cannot_link: NDArray[np.bool_],
    number_odds: float,
) -> NDArray[np.int64]:
    """Give people's numbers (n,) as indices into `TEXTS`, -1 for none. All that shows numbers shows these.

    A number is given if all reads together make it likely enough, if the person's tracklets, each on its own, do not
    show another one, and if no team-mate has it who is about as sure of it: who is so many times surer keeps it, else
    neither has it; what stripes are taken for, all of a team wear. A referee has none.

    Args:
        read: evidence of n people.
        agreeing: (n, 101), see `agreeing_shares`.
        people: the same.
        cannot_link: (tracklets, tracklets) surely two people.
        number_odds: how many times likelier than not a number has to be, and than a team-mate's.
    """
    text = read.best(number_odds)
    rows = np.arange(len(text))
    text = np.where((text >= 0) & (agreeing[rows, text] >= LEAST_AGREEING), text, -1)
    ahead = read.log_odds() if len(read) else np.zeros(0)
    given = text.copy()
    for first, second in combinations(np.flatnonzero(text >= 0).tolist(), 2):
        mates = people[first].team == people[second].team != UNDECIDED
        if text[first] == text[second] and mates:
            if not cannot_link[np.ix_(people[first].tracklets, people[second].tracklets)].any():
                continue
            for mine, mate in ((first, second), (second, first)):
                if ahead[mine] < ahead[mate] + np.log(number_odds):
                    given[mine] = -1
    return np.where([person.referee for person in people], -1, given).astype(np.int64)


def agreeing_shares(
    numbers: NumberEvidence,
    person: NDArray[np.int64],
    count: int,
    listed: Collection[str] | None = None,
) -> NDArray[np.float64]:
    """Say of each person and number (count, 101) which share agrees of the reads of tracklets that are sure of a number.

    Args:
        numbers: evidence of n tracklets.
        person: (n,) person from 0, -1 for nobody.
        count: people.
        listed: numbers of the roster: what is read besides contradicts nothing; None for any.

    Returns:
        1 throughout for a person of whom no tracklet alone shows a number.
    """
    text = numbers.best(_SURE_ODDS)
    shows = (text >= 0) & (person >= 0)
    if listed is not None:
        shows &= np.isin(TEXTS, sorted(listed))[text]
    reads = np.zeros((count, len(TEXTS)))
    np.add.at(reads, (person[shows], text[shows]), numbers.votes[shows, text[shows]])
    total = reads.sum(axis=1, keepdims=True)
    return np.where(total > 0, reads / np.maximum(total, 1), 1.0)


def number_confidence(read: NumberEvidence, agreeing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the probability (n, 101) of each number of n people: no more than the share of the reads that agrees.

    Reads that contradict each other are of a mixture of people; that one number has more of them does not make it sure.

    Args:
        read: evidence of n people.
        agreeing: (n, 101), see `agreeing_shares`.
    """
    return np.asarray(np.minimum(read.confidence(), agreeing))
