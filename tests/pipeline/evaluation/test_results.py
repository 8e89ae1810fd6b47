"""Scores as text, worded by hand."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.boxes import IdentifiedBoxes, pair
from pipeline.evaluation.confidence import risk_coverage
from pipeline.evaluation.detection import DetectionScores, HeightRecall
from pipeline.evaluation.identity import AbsenceScores, score_identity
from pipeline.evaluation.movement import MovementScores, PlayerMovement
from pipeline.evaluation.registration import CourtScores
from pipeline.evaluation.results import (
    Classes,
    Evaluation,
    ShotScores,
    compare_rows,
    oracle_row,
    player_rows,
    rows,
    sections,
    shot_rows,
    shot_title,
)
from pipeline.evaluation.tracking import TrackingScores, score_tracking

NAN = float("nan")


@pytest.fixture
def plain() -> Evaluation:
    """One player in one frame, found."""
    box = IdentifiedBoxes(np.zeros(1, np.int64), np.ones(1, np.int64), np.array([[0.0, 0, 10, 20]]))
    pairing = pair(box, box, np.arange(1))
    return Evaluation("run", "truth", 1, 2, score_tracking(pairing), score_identity(pairing, np.zeros(1)))


def player(**changes: object) -> PlayerMovement:
    values = {
        "truth_id": 3, "player_id": 5, "team": "A", "number": "7", "position_error_m": 0.2,
        "position_error_median_m": 0.125, "position_error_p95_m": 0.4, "located_share": 1.0, "distance_found_m": 110.0,
        "distance_true_same_time_m": 100.0, "distance_true_m": 120.0, "top_speed_found_mps": 6.25,
        "top_speed_true_mps": 7.0, "seen_found_s": 60.0, "seen_true_s": 61.0, "heatmap_overlap": 0.9,
    }  # fmt: skip
    return PlayerMovement(**(values | changes))  # type: ignore[arg-type]


def with_players(plain: Evaluation, *players: PlayerMovement) -> Evaluation:
    return replace(plain, movement=MovementScores(players, 0.2, 0.15, 0.4, 0.1, 0.2, 0.5, 1.0, 0.9))


def test_what_was_not_measured_is_left_out(plain: Evaluation) -> None:
    assert [name for name, _ in sections(plain)] == ["players", "identity"]
    assert rows(plain)[0] == ("frames scored", "1 of 2", "")
    without = replace(plain, identity=replace(plain.identity, ari=NAN))
    assert "ARI" not in [label for label, _, _ in rows(without)]
    assert ("ARI", "1.000", "") in rows(plain)
    assert "tracklets" not in [name for name, _ in sections(replace(plain, tracklets=plain.players))]
    both = replace(plain, tracklets=plain.players, tracklet_identity=plain.identity)
    assert ("tracklets: purity", "100.0", "%") in rows(both)
    assert player_rows(plain) == []


def test_absences_are_told_where_any_was_decided(plain: Evaluation) -> None:
    absences = (
        AbsenceScores(0.0, 2.0, 3, 1, 1), AbsenceScores(2.0, 10.0, 0, 0, 4), AbsenceScores(10.0, 60.0, 0, 2, 0),
    )  # fmt: skip
    told = rows(replace(plain, identity=replace(plain.identity, absences=absences)))
    kept = [(label, value) for label, value, _ in told if "absences" in label]
    assert kept == [
        ("identity kept after absences, 0-2 s", "3 of 4"),
        ("identity kept after absences, 10-60 s", "0 of 2"),
    ]


def test_players_are_named_by_team_and_number_or_else_by_their_identity(plain: Evaluation) -> None:
    told = player_rows(with_players(plain, player(), player(team=None, number=None, player_id=None), player(team=None)))
    assert told[0] == ("A 7", "5", "60", "61", "110", "100", "+10.0", "6.2", "7.0", "0.12", "90.0")
    assert told[1][:2] == ("3", "-")
    assert told[2][0] == "7"


def test_errors_of_a_player_are_found_less_true() -> None:
    assert player().distance_error == pytest.approx(0.1)
    assert player().distance_error_all == pytest.approx(110 / 120 - 1)
    assert player().time_error_s == pytest.approx(-1)
    assert np.isnan(player(distance_true_same_time_m=0.0).distance_error)


def test_people_by_their_height_and_the_court(plain: Evaluation) -> None:
    heights = (HeightRecall(40.0, 64.0, 4, 1), HeightRecall(64.0, 96.0, 0, 0), HeightRecall(160.0, float("inf"), 2, 2))
    of_class = DetectionScores(0.5, 0.4, 0.9, 0.8, heights, 6, 7)
    told = rows(replace(plain, detection=Classes(of_class, of_class, of_class), court=CourtScores(4, 3, 1, 2, 3, 4)))
    values = {(label, unit): value for label, value, unit in told}
    assert values["player recall, 40-64 px tall", "%"] == "25.0"
    assert values["player recall, 160 and more px tall", "%"] == "100.0"
    assert ("player recall, 64-96 px tall", "%") not in values
    for name in ("player", "referee"):
        measured = [values[f"{name} {what}", "%"] for what in ("AP50", "AP50-95", "recall", "precision")]
        assert measured == ["50.0", "40.0", "90.0", "80.0"]
    assert values["frames with a court", "%"] == "75.0"
    assert values["court error, mean", "px"] == "1.0"
    assert values["court error, 95th percentile", "m"] == "4.00"


def test_confidence_is_told_by_coverage(plain: Evaluation) -> None:
    told = rows(replace(plain, confidence=risk_coverage(np.array([0.9, 0.1]), np.array([True, False]))))
    assert told[-1] == ("wrong among the surest 100%", "50.0", "%")


def shots(plain: Evaluation, *hota: float) -> Evaluation:
    def scores(value: float) -> TrackingScores:
        return replace(plain.players, hota=value)

    return replace(plain, shots=tuple(ShotScores(k, 10, scores(h), None) for k, h in enumerate(hota)))


def test_of_many_shots_the_worst_are_told_in_their_order(plain: Evaluation) -> None:
    three = shots(plain, 0.5, NAN, 0.9, 0.3)
    assert [row[0] for row in shot_rows(three, 2)] == ["0", "3"]
    assert shot_title(three, 2) == "the worst 2 of 3 camera shots (--json has all)"
    assert [row[0] for row in shot_rows(three, 3)] == ["0", "2", "3"]
    assert shot_title(three, 3) == "by camera shot"
    assert shot_rows(three)[0] == ("0", "10", "50.0", "100.0", "100.0", "0", "-")
    pieces = replace(three, shots=(replace(three.shots[0], tracklets=three.shots[2].players),))
    assert shot_rows(pieces)[0][-1] == "90.0"


def test_oracles_and_comparisons(plain: Evaluation) -> None:
    assert oracle_row("court", plain) == ("court", "100.0", "100.0", "100.0", "100.0", "-", "-")
    assert oracle_row("court", with_players(plain, player()))[-2:] == ("10.0", "0.15")
    same = compare_rows([("mean", "1", "px"), ("mean", "2", "m")], [("mean", "3", "m"), ("mean", "4", "px")])
    assert same == [("mean", "1", "4", "px"), ("mean", "2", "3", "m")]


def test_plain_data_has_derived_shares_and_nothing_that_json_has_not(plain: Evaluation) -> None:
    data = replace(shots(plain, NAN), court=CourtScores(4, 3, 1, 2, float("inf"), 4)).as_dict()
    assert data["court"]["registered_share"] == 0.75
    assert data["court"]["error_m_mean"] is None
    assert data["shots"][0]["players"]["hota"] is None
    assert data["movement"] is None
