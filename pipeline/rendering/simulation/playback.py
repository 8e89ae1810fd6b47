"""Playing back given trajectories in place of the simulated game."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow.lib import ArrowException

from pipeline.errors import InputError
from pipeline.geometry.court import FOOT_M, Court
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.bodies import Bodies, animate, standing
from pipeline.rendering.simulation.cast import Action, Cast, Orders, bench_middle, seats
from pipeline.rendering.simulation.motion import Facts, Moment
from pipeline.rendering.simulation.record import BallState, BoardState, opening
from pipeline.untrusted import parse_json, read_limited
from pipeline.user_csv import parse_rows, read_text

Array = NDArray[np.float64]

_REACH_M = 1.6
"""Who is nearer to the ball than this, and nearest, has it."""
_JUMP_MPS = 12.0
"""Faster is somebody who appears or leaves, not a run."""
_BLOCK = 60
_RESAMPLED_HZ = 25.0
_LONGEST_S = 4 * 3600.0
_MOST_PEOPLE = 50
"""Of a team."""
_MOST_BYTES = 64 << 20
"""Of a file of SportVU: an event has half a megabyte."""
_POSITIONS = ("player_id", "team", "time_s", "x_m", "y_m")
_NBA_FT = {"length": 94.0, "width": 50.0}
_BALL = -1
"""SportVU's team of the ball."""
_FLAT_M = 2.4
"""A ball higher than this is nobody's."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Where people and the ball were."""

    time_s: Array
    """(t,) ascending."""
    teams: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Per team (t, k, 2) metres, at most as many people as a team has; NaN while somebody sits on the bench."""
    ball: Array
    """(t, 3) metres; NaN where nobody knows."""


def read_trajectories(path: Path, court: Court) -> Trajectories:
    """Read what is to be played back: a SportVU event (.json), a run of `courtside analyze`, or a table of positions.

    Raises:
        InputError: the file cannot be read or is of another kind.
    """
    return read_sportvu(path, court) if path.suffix == ".json" else read_positions(path)


def read_positions(path: Path) -> Trajectories:
    """Read positions in metres.

    Args:
        path: an output directory of `courtside analyze`, or a CSV or Parquet table with the columns `player_id`,
            `team` (A or B), `time_s`, `x_m` and `y_m`.

    Returns:
        Trajectories at 25 Hz; nobody knows where the ball was. Players are on the bench where they have no position
        for more than a second.

    Raises:
        InputError: the table cannot be read, lacks a column, or has nobody with a team.
    """
    try:
        table = _positions_of_run(path) if path.is_dir() else _table(path)
        table = table[table["team"].isin(["A", "B"])][[*_POSITIONS]].dropna()
        table = table.astype(dict.fromkeys(("time_s", "x_m", "y_m"), np.float64))
    except (OSError, ValueError, TypeError, KeyError, ArrowException) as error:
        raise InputError(f"{path} has no positions with the columns {', '.join(_POSITIONS)}: {error}") from error
    if table["time_s"].nunique() < 2:
        raise InputError(f"{path}: fewer than two moments with players of team A or B")
    length_s, people = float(np.ptp(table["time_s"])), table.groupby("team")["player_id"].nunique().max()
    if not length_s <= _LONGEST_S or people > _MOST_PEOPLE:
        raise InputError(
            f"{path}: {length_s:g} s with {people} players in a team; at most {_LONGEST_S:g} s and {_MOST_PEOPLE} are played back"
        )
    times = np.arange(table["time_s"].min(), table["time_s"].max(), 1 / _RESAMPLED_HZ)
    teams = []
    for team in "AB":
        paths = [_path(rows, times) for _, rows in table[table["team"] == team].groupby("player_id")]
        teams.append(np.stack(paths, axis=1) if paths else np.empty((len(times), 0, 2)))
    return Trajectories(times - times[0], (teams[0], teams[1]), np.full((len(times), 3), np.nan))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def _positions_of_run(folder: Path) -> pd.DataFrame:
    """Read positions and teams of a run."""
    path = folder / "player_stats.csv"
    rows = parse_rows(read_text(path, "the statistics"), path, ("player_id", "team"))
    players = pd.DataFrame([row.cells for row in rows], columns=["player_id", "team"])
    return pd.read_parquet(folder / "positions.parquet").merge(players.astype({"player_id": "int64"}), on="player_id")


def _path(rows: pd.DataFrame, times: Array) -> Array:
    """Interpolate one player's positions at times (t,): (t, 2), NaN further than half a second from any."""
    rows = rows.sort_values("time_s")
    known_s = rows["time_s"].to_numpy()
    place = np.column_stack([np.interp(times, known_s, rows[name].to_numpy()) for name in ("x_m", "y_m")])
    after = np.clip(np.searchsorted(known_s, times), 1, max(1, len(known_s) - 1))
    gap = np.minimum(np.abs(times - known_s[after - 1]), np.abs(times - known_s[np.minimum(after, len(known_s) - 1)]))
    place[gap > 0.5] = np.nan
    return place


def read_sportvu(path: Path, court: Court) -> Trajectories:
    """Read the first event of a SportVU file (feet, 25 Hz).

    Args:
        path: JSON with `events`, each with `moments`. People who are not in a moment sit on the bench; a ball that is in
            none is not known.
        court: its length and width are those of the court of the file: 94 x 50 ft unless `court_length_ft` and `court_width_ft` say otherwise.

    Raises:
        InputError: the file cannot be read or is of another kind.
    """
    try:
        event = parse_json(read_limited(path, _MOST_BYTES), _MOST_BYTES)
        sides_ft = [event.get(f"court_{side}_ft", ft) for side, ft in _NBA_FT.items()]
        size_ft = np.array(event.get("court_ft", sides_ft), dtype=np.float64)
        moments = {float(m[1]): m[5] for m in event["events"][0]["moments"]}
        rows = [(time_ms, *row[:5]) for time_ms, people in sorted(moments.items()) for row in people]
        table = pd.DataFrame(rows, columns=["time_ms", "team", "person", "x", "y", "z"]).astype(np.float64)
    except (
        OSError,
        ValueError,
        OverflowError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
    ) as error:
        raise InputError(f"{path} is no SportVU event: {type(error).__name__}") from error
    times = np.array(sorted(moments)) / 1000
    teams = [team for team in table["team"].unique() if team != _BALL]
    if len(times) < 2 or len(teams) != 2:
        raise InputError(
            f"{path}: the first event has {len(times)} moments and {len(teams)} teams; at least 2 and 2 are needed"
        )
    scale = np.array([court.length_m, court.width_m]) / size_ft
    places = table.assign(x=table["x"] * scale[0], y=table["y"] * scale[1], z=table["z"] * FOOT_M)
    paths = [_side_by_side(places[places["team"] == team], sorted(moments)) for team in (*teams, _BALL)]
    ball = paths[2][:, 0] if paths[2].shape[1] else np.full((len(times), 3), np.nan)
    return Trajectories(times - times[0], (paths[0][..., :2], paths[1][..., :2]), ball)


def _side_by_side(rows: pd.DataFrame, times_ms: list[float]) -> Array:
    """Put the paths of some people into one array (t, k, 3), in order of appearance, NaN where somebody is not."""
    people = rows["person"].unique()
    paths = np.full((len(times_ms), len(people), 3), np.nan)
    moment, person = np.searchsorted(times_ms, rows["time_ms"]), pd.Index(people).get_indexer(rows["person"])
    paths[moment, person] = rows[["x", "y", "z"]].to_numpy(np.float64)
    return paths


def play_back(
    given: Trajectories, court: Court, cast: Cast, settings: RenderSettings, rng: np.random.Generator
) -> Iterator[Moment]:
    """Yield one moment per frame until the trajectories end; people are exactly where these say.

    Args:
        given: players and ball. The others of the cast sit, referees stand at the side lines.
        court: where the benches are.
        cast: who takes part; the first of each team are those of `given`.
        settings: the frame rate.
        rng: small movements of arms.

    Raises:
        InputError: more people than the cast has.
    """
    if any(team.shape[1] > cast.per_team for team in given.teams):
        raise InputError(f"the trajectories have more people than the {cast.per_team} of a team; set players_per_team")
    dt = 1 / settings.fps
    fidget = rng.uniform(0, 2 * np.pi, (cast.count, 2))
    times = np.arange(0, given.time_s[-1] + 1e-9, dt)
    position, seated, ball = _resampled(given, court, cast, times)
    velocity = np.gradient(position, dt, axis=0) if len(times) > 1 else np.zeros_like(position)
    velocity[seated | (np.linalg.norm(velocity, axis=2) > _JUMP_MPS)] = 0
    bodies, start_board = standing(position[0], rng), opening(settings)
    for start in range(0, len(times), _BLOCK):
        rows = range(start, min(start + _BLOCK, len(times)))
        holders = [_holder(ball[k], position[k], seated[k], cast) for k in rows]
        orders = [_orders(position[k], seated[k], ball[k], holder) for k, holder in zip(rows, holders, strict=True)]
        part = slice(rows.start, rows.stop)
        block = animate(bodies, position[part], velocity[part], orders, fidget, float(times[start]), dt)
        bodies = block.at(-1)
        for k, holder in zip(rows, holders, strict=True):
            time_s = float(times[k])
            board = _board(start_board, time_s)
            yield _moment(time_s, block.at(k - start), ball[k], seated[k], holder, cast, board)


def _resampled(given: Trajectories, court: Court, cast: Cast, times: Array) -> tuple[Array, NDArray[np.bool_], Array]:
    """Return positions (t, n, 2), who sits (t, n) and the ball (t, 3) at the times of the frames."""
    places = list(seats(court, cast))
    for k in range(cast.referees):
        places.append(np.array([court.length_m / 2 + 5.0 * k - 4, (-0.6, court.width_m + 0.6)[k % 2]]))
    if cast.coaches:
        places += [np.array([bench_middle(court, cast, team), -1.3]) for team in (0, 1)]
    position = np.tile(np.array(places), (len(times), 1, 1))
    seated = np.zeros(position.shape[:2], dtype=np.bool_)
    seated[:, : 2 * cast.per_team] = True
    for team, paths in enumerate(given.teams):
        for k in range(paths.shape[1]):
            person = team * cast.per_team + k
            path = np.column_stack([np.interp(times, given.time_s, paths[:, k, axis]) for axis in (0, 1)])
            here = np.isfinite(path).all(axis=1)
            position[here, person] = path[here]
            seated[here, person] = False
    ball = np.column_stack([np.interp(times, given.time_s, given.ball[:, axis]) for axis in range(3)])
    return position, seated, ball


def _holder(ball: Array, position: Array, seated: NDArray[np.bool_], cast: Cast) -> int:
    """Return who has the ball, or -1."""
    if not np.isfinite(ball).all():
        return -1
    gap = np.hypot(*(position - ball[:2]).T)
    gap[seated] = np.inf
    gap[2 * cast.per_team :] = np.inf
    nearest = int(np.argmin(gap))
    return nearest if gap[nearest] < _REACH_M and ball[2] < _FLAT_M else -1


def _orders(position: Array, seated: NDArray[np.bool_], ball: Array, holder: int) -> Orders:
    looked_at = ball[:2] if np.isfinite(ball).all() else position[~seated].mean(axis=0)
    orders = Orders.standing(position, looked_at)
    orders.seated[:] = seated
    orders.action[seated] = Action.SIT
    orders.facing[seated] = np.pi / 2
    if holder >= 0:
        orders.action[holder] = Action.DRIBBLE if ball[2] < 1.2 else Action.HOLD
    return orders


def _board(start: BoardState, time_s: float) -> BoardState:
    """Let the clocks of a scoreboard run from the first frame on; nobody scores."""
    return replace(
        start,
        clock_s=max(0.0, start.clock_s - time_s),
        shot_clock_s=max(0.0, start.shot_clock_s - time_s),
    )


def _moment(
    time_s: float, bodies: Bodies, ball: Array, seated: NDArray[np.bool_], holder: int, cast: Cast, board: BoardState
) -> Moment:
    attacking = int(max(holder, 0) >= cast.per_team)
    held = BallState("held", holder) if holder >= 0 else BallState("loose")
    facts = Facts(~seated, seated, True, max(holder, 0), attacking, 1, 1, "play", board, held)
    ten = bodies.position[: 2 * cast.per_team][~seated[: 2 * cast.per_team]]
    middle = ten.mean(axis=0) if len(ten) else bodies.position.mean(axis=0)
    focus = 0.5 * ball[:2] + 0.5 * middle if np.isfinite(ball).all() else middle
    return Moment(time_s, bodies, ball, focus, facts)
