"""How an offence is spread: distances, area, and how many are on the side of the ball."""

from __future__ import annotations

import numpy as np

from pipeline.geometry.court import Court
from pipeline.geometry.spread import hull_areas, spacings
from pipeline.understand.tactics.moments import Floats, Ints, LiveMoments

MIDDLE_M = 1.0
"""A ball so near to the line from basket to basket is on neither side."""
SHAPE_COLUMNS = ("spacing_m", "hull_m2", "ball_side_share")
LEAST_MOMENTS = 4
"""What was measured in fewer is not given."""


def shapes(moments: LiveMoments, team: Ints, court: Court) -> Floats:
    """Measure the shape of the attacking team in each moment.

    Args:
        moments: t of them.
        team: (t,) who attacks, 0 or 1; -1 nobody.
        court: its middle, and how many play.

    Returns:
        (t, 3) by `SHAPE_COLUMNS`; NaN where not all of the team are located, or the ball is not.
    """
    measured = np.full((len(team), len(SHAPE_COLUMNS)), np.nan)
    located = np.isfinite(moments.place_m[:, :, 0]) & (moments.team == team[:, None])
    whole = np.flatnonzero(located.sum(axis=1) == court.team_size)
    if not len(whole):
        return measured
    who = np.nonzero(located[whole])[1].reshape(len(whole), court.team_size)
    place_m = moments.place_m[whole[:, None], who]  # (k, size, 2)
    measured[whole, 0], measured[whole, 1] = spacings(place_m), hull_areas(place_m)
    ball_y = moments.ball_m[whole, 1] - court.width_m / 2
    others = who != moments.holder[whole][:, None]
    same = (np.sign(place_m[:, :, 1] - court.width_m / 2) == np.sign(ball_y)[:, None]) & others
    has_side = (np.abs(ball_y) >= MIDDLE_M) & (others.sum(axis=1) == court.team_size - 1)
    measured[whole, 2] = np.where(has_side, same.sum(axis=1) / (court.team_size - 1), np.nan)
    return measured


def mean_shape(measured: Floats) -> dict[str, float]:
    """Average shapes (k, 3) over moments, by name; NaN of too few.

    Args:
        measured: as `shapes` gives them.
    """
    means = {}
    for name, values in zip(SHAPE_COLUMNS, measured.T, strict=True):
        found = values[np.isfinite(values)]
        means[name] = float(found.mean()) if len(found) >= LEAST_MOMENTS else np.nan
    return means
