"""Points per attempt by zone, drawn towards what all shots of that worth bring: the table `shot_zones`.

Few shots say little: the share that goes in is shrunk by empirical Bayes, as B. Efron and C. Morris did with batting averages (Data analysis
using Stein's estimator and its generalizations, JASA 70, 1975), here with its beta-binomial form (L. Brown, In-season prediction of batting
averages, Annals of Applied Statistics 2, 2008). The prior's mean is the share of all shots of that worth in the game, both teams'; its weight, in
attempts, is what makes the zones' counts the likeliest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaln
from scipy.stats import beta

from pipeline.geometry.court import Court
from pipeline.geometry.zones import BACKCOURT, CORNER_THREE, ZONES, turned, zones
from pipeline.tables import SHOT_ZONES, conform

LEAST_ATTEMPTS = 5
"""Nothing is expected of a zone with fewer."""
LEAST_OF_WORTH = 15
"""Nor of any zone of that worth if the game has fewer of these shots."""
WEIGHTS = np.geomspace(5, 200, 30)
"""Weights of the prior that are tried, in attempts."""
INTERVAL = (0.05, 0.95)
TEAMS = ("A", "B")


def shot_zones(events: pd.DataFrame, court: Court) -> pd.DataFrame:
    """Make the table `shot_zones` of the sure shots whose end is sure.

    Args:
        events: table `ball_events`.
        court: with its zones.
    """
    is_sure = (events["status"] == "sure") & (events["result_status"] == "sure").fillna(False)
    shots = events[is_sure & (events["kind"] == "shot")].dropna(subset=["x_m", "y_m"])
    if shots.empty:
        return SHOT_ZONES.empty()
    places_m = shots[["x_m", "y_m"]].to_numpy(np.float64)
    if court.baskets == 2:
        places_m = np.where(places_m[:, :1] < court.length_m / 2, turned(court, places_m), places_m)
    zone, made = zones(court, places_m), (shots["result"] == "made").to_numpy(bool)
    rows: list[dict[str, Any]] = []
    for far in (False, True):
        of_worth = (zone >= CORNER_THREE) == far
        chosen = [(team, k) for team in TEAMS for k in np.unique(zone[of_worth & (zone != BACKCOURT)])]
        cells = [of_worth & (shots["team"] == team).to_numpy() & (zone == k) for team, k in chosen]
        attempts, hits = (np.array([int((cell & which).sum()) for cell in cells]) for which in (np.True_, made))
        share = (made[of_worth].sum() + 1) / (of_worth.sum() + 2)
        weight = _weight(attempts, hits, float(share))
        for (team, k), count, hit in zip(chosen, attempts, hits, strict=True):
            if count:
                worth = court.points_inside + int(far)
                enough = count >= LEAST_ATTEMPTS and of_worth.sum() >= LEAST_OF_WORTH
                rows.append(
                    {"team": team, "zone": ZONES[k], "worth": worth, "attempts": int(count), "made": int(hit)}
                    | {"points_per_attempt": worth * hit / count}
                    | _expected(count, hit, float(share), weight, worth, bool(enough))
                )
    return conform("shot_zones", pd.DataFrame(rows).sort_values(["team", "zone"])) if rows else SHOT_ZONES.empty()


def _weight(attempts: NDArray[np.int64], hits: NDArray[np.int64], share: float) -> float:
    """Choose the weight of the prior, in attempts, under which the counts (k,) of the zones are the likeliest."""
    first, second = share * WEIGHTS[:, None], (1 - share) * WEIGHTS[:, None]
    fit = (betaln(first + hits, second + attempts - hits) - betaln(first, second)).sum(axis=1)
    return float(WEIGHTS[int(np.argmax(fit))])


def _expected(attempts: int, hits: int, share: float, weight: float, worth: int, enough: bool) -> dict[str, float]:
    """Draw one zone towards the prior: its mean, and the interval in which it is in nine of ten cases."""
    if not enough:
        return dict.fromkeys(("expected_points", "low_points", "high_points"), np.nan)
    first, second = share * weight + hits, (1 - share) * weight + attempts - hits
    low, high = (float(beta.ppf(at, first, second)) for at in INTERVAL)
    return {
        "expected_points": worth * first / (first + second),
        "low_points": worth * low,
        "high_points": worth * high,
    }
