"""Where players were, how far and how fast they ran: found against true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from pipeline.evaluation.boxes import Floats, Ints
from pipeline.geometry.court import Court

HOLD_S = 0.5
"""A top speed is held for at least this long, as in the settings' default `stats.top_speed_hold_s`."""
CELL_M = 0.5
SIGMA_M = 0.8
LONGEST_STEP_S = 0.5
"""Consecutive positions with a longer time between them are not joined into a path."""


@dataclass(frozen=True)
class Walk:
    """Positions of one person: `frame` (n,) ascending, `time_s` (n,), `xy_m` (n, 2)."""

    frame: Ints
    time_s: Floats
    xy_m: Floats


@dataclass(frozen=True)
class Claim:
    """What a run says about one player: seconds in view, distance in metres and top speed in m/s; NaN where unknown."""

    seen_s: float
    distance_m: float
    top_speed_mps: float


@dataclass(frozen=True)
class PlayerMovement:
    """One true player against the found player assigned to him; NaN where there is nothing to compare.

    Errors of positions are distances in metres on frames where both are known, mixed-up identities included.
    """

    truth_id: int
    player_id: int | None
    team: str | None
    number: str | None
    position_error_m: float
    """Mean."""
    position_error_median_m: float
    position_error_p95_m: float
    located_share: float
    """Share of the true positions at which the run has one."""
    distance_found_m: float
    distance_true_same_time_m: float
    """True path over exactly the time that the run has located the player."""
    distance_true_m: float
    """True path over all analysed frames."""
    top_speed_found_mps: float
    top_speed_true_mps: float
    seen_found_s: float
    seen_true_s: float
    heatmap_overlap: float
    """Shared share of the two heat maps (0.5 m cells, 0.8 m kernel): 1 the same, 0 disjoint."""

    @property
    def distance_error(self) -> float:
        """Found over true distance of the same time, minus 1."""
        return _ratio(self.distance_found_m, self.distance_true_same_time_m)

    @property
    def distance_error_all(self) -> float:
        """Found over true distance of the whole time, minus 1: what was not seen is missing."""
        return _ratio(self.distance_found_m, self.distance_true_m)

    @property
    def time_error_s(self) -> float:
        """Found minus true seconds in view."""
        return self.seen_found_s - self.seen_true_s


@dataclass(frozen=True)
class MovementScores:
    """Summary over the true players who were found, and the players. Shares are means of absolute values."""

    players: tuple[PlayerMovement, ...]
    position_error_m: float
    """Mean over all compared positions of all players."""
    position_error_median_m: float
    position_error_p95_m: float
    distance_error: float
    distance_error_all: float
    top_speed_error_mps: float
    time_error_s: float
    heatmap_overlap: float


@dataclass(frozen=True)
class TruePlayer:
    """A true player: labels, seconds in view, and the walk over the analysed frames where the position is known."""

    team: str | None
    number: str | None
    seen_s: float
    walk: Walk
    exact: bool
    """Positions are dense and exact enough to measure a path on; false for those taken from hand-made boxes."""


def score_movement(
    truth: Mapping[int, TruePlayer],
    found: Mapping[int, Walk],
    claims: Mapping[int, Claim],
    found_of: Mapping[int, int],
    court: Court,
) -> MovementScores:
    """Compare all players.

    Args:
        truth: by true identity.
        found: the run's positions by player_id.
        claims: the run's statistics by player_id.
        found_of: true identity -> player_id.
        court: for the heat maps.
    """
    players, errors = [], [np.zeros(0)]
    for identity, true in sorted(truth.items()):
        player_id = found_of.get(identity)
        walk = found.get(player_id, _NOWHERE) if player_id is not None else _NOWHERE
        claim = claims.get(player_id, _NOTHING) if player_id is not None else _NOTHING
        players.append(_compare(identity, player_id, true, walk, claim, court))
        errors.append(position_errors(true.walk, walk))
    joined = np.concatenate(errors)
    return MovementScores(
        players=tuple(players),
        position_error_m=_mean(joined),
        position_error_median_m=_quantile(joined, 50),
        position_error_p95_m=_quantile(joined, 95),
        distance_error=_mean_of([abs(p.distance_error) for p in players]),
        distance_error_all=_mean_of([abs(p.distance_error_all) for p in players]),
        top_speed_error_mps=_mean_of([abs(p.top_speed_found_mps - p.top_speed_true_mps) for p in players]),
        time_error_s=_mean_of([abs(p.time_error_s) for p in players]),
        heatmap_overlap=_mean_of([p.heatmap_overlap for p in players]),
    )


_NOWHERE = Walk(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2)))
_NOTHING = Claim(float("nan"), float("nan"), float("nan"))


def _compare(
    identity: int, player_id: int | None, true: TruePlayer, walk: Walk, claim: Claim, court: Court
) -> PlayerMovement:
    """Compare one player."""
    errors = position_errors(true.walk, walk)
    exact = true.exact and len(true.walk.frame) > 1
    nan = float("nan")
    return PlayerMovement(
        truth_id=identity,
        player_id=player_id,
        team=true.team,
        number=true.number,
        position_error_m=_mean(errors),
        position_error_median_m=_quantile(errors, 50),
        position_error_p95_m=_quantile(errors, 95),
        located_share=len(errors) / len(true.walk.frame) if len(true.walk.frame) else nan,
        distance_found_m=claim.distance_m,
        distance_true_same_time_m=path_during_m(true.walk, walk.time_s) if exact and len(walk.frame) else nan,
        distance_true_m=path_during_m(true.walk, true.walk.time_s) if exact else nan,
        top_speed_found_mps=claim.top_speed_mps,
        top_speed_true_mps=top_speed_mps(true.walk) if exact else nan,
        seen_found_s=claim.seen_s,
        seen_true_s=true.seen_s,
        heatmap_overlap=heatmap_overlap(true.walk.xy_m, walk.xy_m, court) if exact else nan,
    )


def position_errors(true: Walk, found: Walk) -> Floats:
    """Distances in metres on the frames that both walks have."""
    _, i, j = np.intersect1d(true.frame, found.frame, assume_unique=True, return_indices=True)
    errors: Floats = np.linalg.norm(true.xy_m[i] - found.xy_m[j], axis=1)
    return errors


def path_during_m(true: Walk, time_s: Floats) -> float:
    """Length of the true path over the steps between consecutive times.

    Args:
        true: the true walk, positions joined by straight lines.
        time_s: (n,) ascending. A step longer than 0.5 s is a gap and adds nothing, nor does one within which the true
            walk itself has such a gap.

    Example:
        >>> t = np.array([0.0, 0.1, 0.2, 5.0, 5.1])
        >>> walk = Walk(np.arange(5), t, np.column_stack([t * 2, t * 0]))
        >>> round(path_during_m(walk, np.array([0.0, 0.2, 5.0, 5.1])), 3)
        0.6
    """
    if len(time_s) < 2 or len(true.time_s) < 2:
        return 0.0
    steps = np.diff(true.time_s)
    usable = steps <= LONGEST_STEP_S
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(true.xy_m, axis=0), axis=1) * usable)])
    at = np.interp(time_s, true.time_s, travelled)
    kept = np.diff(time_s) <= LONGEST_STEP_S
    return float((np.diff(at) * kept).sum())


def top_speed_mps(true: Walk) -> float:
    """Highest speed held for half a second: the largest minimum of the speeds of the steps in any such window.

    Returns:
        m/s; NaN when the walk has no uninterrupted half second.
    """
    step_s = np.diff(true.time_s)
    speed = np.linalg.norm(np.diff(true.xy_m, axis=0), axis=1) / step_s
    best = float("nan")
    for stretch in np.split(np.arange(len(speed)), np.flatnonzero(step_s > LONGEST_STEP_S)):
        inner = stretch[step_s[stretch] <= LONGEST_STEP_S]
        if not len(inner) or step_s[inner].sum() < HOLD_S - 1e-9:
            continue
        width = int(np.ceil(HOLD_S / np.median(step_s[inner]) - 1e-9))
        windows = np.lib.stride_tricks.sliding_window_view(speed[inner], min(width, len(inner)))
        best = float(np.nanmax([best, windows.min(axis=1).max()]))
    return best


def heatmap_overlap(true_m: Floats, found_m: Floats, court: Court) -> float:
    """Shared share of two heat maps over the court: the sum of the smaller cell values; NaN when one is empty.

    Args:
        true_m: (n, 2) true positions.
        found_m: (m, 2) found positions.
        court: the court.
    """
    first, second = _heatmap(true_m, court), _heatmap(found_m, court)
    if first is None or second is None:
        return float("nan")
    return float(np.minimum(first, second).sum())


def _heatmap(points_m: Floats, court: Court) -> Floats | None:
    """Smoothed share of positions per cell of the court; None when none is on it."""
    shape = (int(np.ceil(court.length_m / CELL_M)), int(np.ceil(court.width_m / CELL_M)))
    edges = [np.arange(n + 1) * CELL_M for n in shape]
    counts = np.histogram2d(points_m[:, 0], points_m[:, 1], bins=edges)[0]
    if not counts.sum():
        return None
    smooth = gaussian_filter(counts, SIGMA_M / CELL_M, mode="constant")
    share: Floats = smooth / smooth.sum()
    return share


def _ratio(found: float, true: float) -> float:
    return found / true - 1 if true > 0 else float("nan")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _mean_of(values: list[float]) -> float:
    """Mean of the values that exist."""
    finite = [value for value in values if not np.isnan(value)]
    return float(np.mean(finite)) if finite else float("nan")


def _quantile(values: Floats, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else float("nan")
