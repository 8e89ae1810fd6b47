"""Points are compared with the true score by hand-made rows."""

import pandas as pd

from pipeline.evaluation.events.points import PointScores, compare_points, true_points


def test_each_gain_is_told_once_with_team_and_worth_near_its_time():
    frames = pd.DataFrame(
        {"time_s": [0, 10, 30, 50, 51], "score_a": [4, 6, 6, 8, 8], "score_b": [0, 0, 3, 3, 3]}, dtype=float
    )
    true = true_points(frames)
    assert true.to_numpy().tolist() == [[10.0, "A", 2.0], [30.0, "B", 3.0], [50.0, "A", 2.0]]
    given = pd.DataFrame(
        [
            (11.5, "sure", "B", 2), (11.6, "sure", "B", 2),  # told twice
            (31, "sure", "A", 2),  # another worth
            (54, "sure", "B", 2),  # too late
            (49, "candidate", "B", 2),
        ],
        columns=["time_s", "status", "team", "points"],
    ).assign(kind="points")  # fmt: skip
    assert compare_points(given, true, {"A": "B", "B": "A"}) == PointScores(made=3, found=1, sure=4, sure_right=1)
    assert compare_points(given.iloc[:0], true, {}) == PointScores(3, 0, 0, 0)
