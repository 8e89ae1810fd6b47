"""Points are compared with baskets by hand-made rows."""

import pandas as pd

from pipeline.evaluation.events.points import PointScores, compare_points


def rows(*of: tuple[float, str, str | None, int]) -> pd.DataFrame:
    """Make events: when, kind or status, team, points."""
    return pd.DataFrame(of, columns=["time_s", "kind", "team", "points"])


def test_each_basket_is_told_once_with_team_and_worth_near_its_time():
    true = rows((10, "made", "A", 2), (30, "made", "B", 3), (50, "made", "A", 2), (51, "missed", "A", 0))
    given = rows(
        (11.5, "sure", "B", 2), (11.6, "sure", "B", 2),  # told twice
        (31, "sure", "A", 2),  # another worth
        (54, "sure", "B", 2),  # too late
        (49, "candidate", "B", 2),
    ).rename(columns={"kind": "status"}).assign(kind="points")  # fmt: skip
    assert compare_points(given, true, {"A": "B", "B": "A"}) == PointScores(made=3, found=1, sure=4, sure_right=1)
    assert compare_points(given.iloc[:0], true, {}) == PointScores(3, 0, 0, 0)
