"""One rule says whether a number is given: enough reads, no tracklet that shows another, no team-mate who is as sure."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.numbers.texts import TEXTS
from pipeline.understand.features.jersey_colour import UNDECIDED
from pipeline.understand.features.numbers import NumberEvidence
from pipeline.understand.identity.given_numbers import Wearer, agreeing_shares, given_numbers, number_confidence

ODDS = 300.0


def evidence(*read: dict[str, float], reads: Sequence[int] = ()) -> NumberEvidence:
    """Evidence of tracklets, number -> log-likelihood, from so many reads of each."""
    log_likelihood = np.zeros((len(read), len(TEXTS)))
    for row, numbers in enumerate(read):
        for text, value in numbers.items():
            log_likelihood[row, TEXTS.index(text)] = value
    votes = (log_likelihood > 0) * np.array(reads or [1] * len(read), np.int64).reshape(-1, 1)
    return NumberEvidence(np.arange(len(read)), log_likelihood, votes)


def given(numbers: NumberEvidence, person: list[int], teams: list[int], apart: bool = True) -> list[str | None]:
    """The number of each person."""
    who = np.array(person, np.int64)
    people = [Wearer(np.flatnonzero(who == k), team, team < 0) for k, team in enumerate(teams)]
    cannot_link = np.full((len(who), len(who)), apart)
    shares = agreeing_shares(numbers, who, len(teams))
    found = given_numbers(numbers.of_groups(who, len(teams)), shares, people, cannot_link, ODDS)
    return [None if at < 0 else TEXTS[at] for at in found]


@pytest.mark.parametrize(
    ("numbers", "person", "reads", "teams", "expected"),
    [
        ([{"25": 14.0}], [0], [100], [0], ["25"]),
        ([{"25": 6.0}], [0], [100], [0], [None]),  # too few reads
        ([{"25": 20.0}, {"25": 4.0}], [0, 0], [100, 100], [0], ["25"]),
        ([{"25": 30.0}, {"15": 14.0}], [0, 0], [100, 100], [0], [None]),  # half of the reads show a 15
        ([{"25": 30.0}, {"15": 14.0}], [0, 0], [100, 20], [0], ["25"]),
        ([{"25": 30.0}, {"15": 5.0}], [0, 0], [100, 100], [0], ["25"]),  # not sure of the 15 alone
        ([{"25": 14.0}, {"25": 14.0}], [0, 1], [9, 9], [0, 0], [None, None]),  # two team-mates about as sure
        ([{"25": 24.0}, {"25": 14.0}], [0, 1], [9, 9], [0, 0], ["25", None]),
        ([{"25": 14.0}, {"25": 14.0}], [0, 1], [9, 9], [0, 1], ["25", "25"]),
    ],
)
def test_when_a_number_is_given(
    numbers: list[dict[str, float]], person: list[int], reads: list[int], teams: list[int], expected: list[str | None]
) -> None:
    assert given(evidence(*numbers, reads=reads), person, teams) == expected


def test_a_referee_has_none_and_nobody_has_none() -> None:
    people = [Wearer(np.array([0]), UNDECIDED, True)]
    read = evidence({"25": 20.0})
    shares = agreeing_shares(read, np.array([0]), 1)
    assert given_numbers(read, shares, people, np.zeros((1, 1), bool), ODDS).tolist() == [-1]
    assert given(evidence(), [], []) == []


def test_a_mixture_is_no_surer_of_its_number_than_its_tracklets_agree() -> None:
    numbers, person = evidence({"25": 30.0}, {"15": 14.0}, reads=[60, 40]), np.array([0, 0])
    shares = agreeing_shares(numbers, person, 1)
    sure = number_confidence(numbers.of_groups(person, 1), shares)
    assert sure[0, TEXTS.index("25")] == pytest.approx(0.6)
    assert sure[0, TEXTS.index("15")] < 0.01
    alone = number_confidence(numbers.of_groups(np.array([0, -1]), 1), agreeing_shares(numbers, np.array([0, -1]), 1))
    assert alone[0, TEXTS.index("25")] > 0.97
