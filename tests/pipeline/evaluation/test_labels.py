"""Labels and confidence."""

import numpy as np
import pytest

from pipeline.evaluation.confidence import risk_coverage
from pipeline.evaluation.labels import score_labels, team_accuracy


def column(*values: str | None) -> np.ndarray:
    return np.array(values, dtype=object)


def people(role: list, team: list, number: list) -> dict[str, np.ndarray]:
    return {"role": column(*role), "team": column(*team), "number": column(*number)}


def test_labels_by_hand():
    truth = people(["player"] * 4 + ["referee"], ["A", "A", "B", "B", None], ["4", "5", "6", None, None])
    found = people(["player"] * 5, ["B", "B", "A", "B", "A"], ["4", "7", None, "8", None])
    scores = score_labels(truth, found)
    assert scores.role_accuracy == pytest.approx(4 / 5)
    assert scores.team_accuracy == pytest.approx(3 / 4)
    assert scores.number_accuracy == pytest.approx(1 / 2)
    assert scores.number_known == pytest.approx(2 / 3)


def test_team_names_are_free():
    truth = column("A", "A", "B")
    assert team_accuracy(truth, column("B", "B", "A")) == 1
    assert team_accuracy(truth, column("x", "x", "y")) == 1
    assert team_accuracy(truth, column("A", "A", "A")) == pytest.approx(2 / 3)
    assert team_accuracy(truth, column(None, None, None)) == 0


def test_nothing_to_compare():
    nothing = people([], [], [])
    scores = score_labels(nothing, nothing)
    assert np.isnan([scores.role_accuracy, scores.team_accuracy, scores.number_accuracy, scores.number_known]).all()


def test_a_perfect_confidence_puts_all_errors_last():
    confidence = np.linspace(1, 0, 100)
    curve = risk_coverage(confidence, np.arange(100) < 80)
    assert curve is not None
    assert dict(zip(curve.coverage, curve.risk, strict=True)) == pytest.approx(
        {0.5: 0, 0.7: 0, 0.8: 0, 0.9: 1 / 9, 1: 0.2}
    )


def test_a_constant_confidence_says_nothing_in_whatever_order_the_boxes_come():
    for correct in (np.arange(100) < 80, np.arange(100) >= 20):
        curve = risk_coverage(np.full(100, 0.7), correct)
        assert curve is not None
        assert curve.risk == pytest.approx((0.2,) * 5)
        assert curve.area == pytest.approx(0.2)


def test_no_boxes_no_curve():
    assert risk_coverage(np.zeros(0), np.zeros(0, bool)) is None


def test_people_of_the_other_role_say_nothing_about_teams_and_numbers():
    def labels(role, team, number):
        columns = {"role": role, "team": team, "number": number}
        return {name: np.array(values, dtype=object) for name, values in columns.items()}

    truth = labels(["player", "player", "player", "referee"], ["A", "A", "B", None], ["4", "5", None, None])
    found = labels(["player", "player", "referee", "player"], ["x", "y", "y", "y"], ["4", None, "9", "9"])
    scores = score_labels(truth, found)
    assert scores.role_accuracy == 0.5
    assert scores.team_accuracy == 0.5
    assert (scores.number_accuracy, scores.number_known) == (1, 0.5)
