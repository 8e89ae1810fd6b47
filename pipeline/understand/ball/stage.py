"""The stage `ball`: candidates -> where the ball is, who has it, and flights to a basket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.lens import Lens
from pipeline.geometry.projection import projections
from pipeline.tables import ALL, HOMOGRAPHY_COLUMNS, TableName
from pipeline.understand.ball.flights import BallSightings, fell_through, find_flight, rims_m
from pipeline.understand.ball.holders import BallSeen, Holders, find_holders, goes_away
from pipeline.understand.ball.linking import linked
from pipeline.understand.ball.result import BRIDGED_S, LOST_S, Thrown, ball_table, flight_table
from pipeline.understand.ball.sightings import BallCandidates, ball_candidates
from pipeline.understand.game import TrackedGame
from pipeline.understand.memory import Memory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOSE_S = 3.0
"""For so long after the rim the ball is either team's."""
HELD_M = (0.15, 0.5, 0.9, 1.3)
"""Heights at which a ball is held or dribbled."""
AGAIN_S = 0.3
"""Two shots begin further apart than the first takes, less this."""
THROWER_S, LEAST_THROWER = 0.6, 0.005
"""Who had the ball in the time before it is free with at least so large a probability may have thrown it."""
SIDE_M, LEAST_LOCATED = 4.0, 5
"""So many players who are so far on one side of the half-way line, on average, say who attacks."""
WORTH_OF_PLACE = 4.0
"""What speaks for a flight is worth so many times less where it shall tell who of several threw."""


@dataclass(frozen=True)
class BallView:
    """What the picture and the court give besides the boxes."""

    in_view: NDArray[np.bool_]
    """(t,) frames that show the game."""
    court_table: pd.DataFrame
    lens: Lens
    court: Court
    size_px: tuple[int, int]
    periods: pd.DataFrame
    """Table `periods`: which team attacks which basket."""

    @cached_property
    def directions(self) -> list[tuple[float, float, int]]:
        """Begin and end of each period in which both are known, and the team that attacks the right basket: 0 for A, 1 for B."""
        of_both = self.periods.dropna(subset="right_team")
        right = (of_both["right_team"] == "B").astype(int)
        return list(zip(of_both["start_s"], of_both["end_s"], right, strict=True))


def find_ball(
    game: TrackedGame,
    view: BallView,
    identities: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    memory: Memory | None = None,
) -> Mapping[TableName, pd.DataFrame]:
    """Follow the ball.

    Args:
        game: t frames, boxes, and the tracklets' boxes.
        view: which frames count, and where the court is.
        identities: table `identities`.
        players: table `players`.
        positions: table `positions`.
        memory: what was computed of the game before.

    Returns:
        Tables `ball` and `flights`; empty where the ball was hardly seen.
    """
    memory = memory if memory is not None and memory.keeps else Memory()  # flights are looked for twice, below
    found, path, chain = memory.result("path", (view.in_view,), lambda: _path(game, view))
    if not len(path):
        return {"ball": ALL["ball"].empty(), "flights": ALL["flights"].empty()}
    chosen = found.kept(path)
    members = players[(players["role"] == "player") & players["team"].notna()].sort_values("player_id")
    player_id = members["player_id"].to_numpy(np.int64)
    team = np.asarray(members["team"] == "B", dtype=np.int64)
    ball_px, width_px, is_seen = _followed(chosen, chain, game)
    boxes = _player_boxes(game, identities, player_id)
    feet_m, cameras = _placed(positions, player_id, game), _cameras(game, view)
    seen = BallSeen(
        ball_px,
        width_px,
        _drift(ball_px, boxes, game),
        _reach_m(ball_px, feet_m, cameras, view),
        boxes,
        team,
        np.diff(game.time_s, prepend=game.time_s[0]),
        _begins(game),
        _attack(feet_m, game, view),
        np.zeros(len(game.frame), np.bool_),
    )
    sightings = _sightings(chosen, cameras, view)
    flights = _flights(sightings, find_holders(seen), goes_away(seen), feet_m, team, game, view, memory)
    seen = replace(seen, after_shot=_after_shots(flights, game))
    holders = find_holders(seen)
    flights = _flights(sightings, holders, goes_away(seen), feet_m, team, game, view, memory)
    stray = ~np.isin(chain, chain[_is_played(chosen, holders, flights, len(player_id))])
    is_seen[chosen.frame_row[stray]] = False
    table = ball_table(game, seen, is_seen, holders, player_id, feet_m, flights)
    return {"ball": table, "flights": flight_table(flights, player_id)}


def _path(game: TrackedGame, view: BallView) -> tuple[BallCandidates, Ints, Ints]:
    """Collect the candidates and link them: those, the chosen ones (k,), and which chain (k,) each is in."""
    found = ball_candidates(game, view.in_view)
    return found, *(linked(found, game) if len(found.row) else (np.zeros(0, np.int64), np.zeros(0, np.int64)))


def _is_played(chosen: BallCandidates, holders: Holders, flights: list[Thrown], people: int) -> NDArray[np.bool_]:
    """Say which sightings (k,) are of a ball that somebody has, or that flies to a basket: the chains they are in are the ball's."""
    played = holders.state[chosen.frame_row] < people
    for thrown in flights:
        played |= (chosen.time_s >= thrown.flight.start_s) & (chosen.time_s <= thrown.flight.rim_s)
    return np.asarray(played)


def _followed(chosen: BallCandidates, chain: Ints, game: TrackedGame) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the ball (t, 2) in px, its width (t,) px, both bridged over short gaps, and whether (t,) it is seen."""
    ball_px = np.full((len(game.frame), 2), np.nan)
    width_px = np.full(len(game.frame), np.nan)
    is_seen = np.zeros(len(game.frame), np.bool_)
    ball_px[chosen.frame_row], width_px[chosen.frame_row], is_seen[chosen.frame_row] = chosen.px, chosen.width_px, True
    for k in np.flatnonzero((np.diff(chosen.frame_row) > 1) & (np.diff(chain) == 0)):
        if chosen.time_s[k + 1] - chosen.time_s[k] > BRIDGED_S:
            continue
        rows = np.arange(chosen.frame_row[k] + 1, chosen.frame_row[k + 1])
        share = ((game.time_s[rows] - chosen.time_s[k]) / (chosen.time_s[k + 1] - chosen.time_s[k]))[:, None]
        still = chosen.still_px[k] * (1 - share) + chosen.still_px[k + 1] * share
        moved = np.einsum("nij,nj->ni", game.camera[rows], np.column_stack([still, np.ones(len(rows))]))
        ball_px[rows] = moved[:, :2] / moved[:, 2:]
        width_px[rows] = np.sqrt(chosen.width_px[k] * chosen.width_px[k + 1])
    return ball_px, width_px, is_seen


def _player_boxes(game: TrackedGame, identities: pd.DataFrame, player_id: Ints) -> Floats:
    """Return the boxes (t, p, 4) of players, bridged over short gaps; NaN where there is none."""
    boxes = np.full((len(game.frame), len(player_id), 4), np.nan)
    named = game.tracks.merge(identities[["track_id", "player_id"]], on="track_id")
    named = named[named["player_id"].isin(player_id)]
    row = game.rows_of(named["detection_id"])
    boxes[game.box_frame_row[row], np.searchsorted(player_id, named["player_id"])] = game.xyxy_px[row]
    for place in range(len(player_id)):
        rows = np.flatnonzero(np.isfinite(boxes[:, place, 0]))
        gaps = np.flatnonzero(np.diff(rows) > 1)
        for k in gaps[np.diff(game.time_s[rows])[gaps] <= BRIDGED_S]:
            first, last = rows[k], rows[k + 1]
            if game.shot[first] == game.shot[last]:
                share = np.linspace(0, 1, last - first + 1)[1:-1, None]
                boxes[first + 1 : last, place] = boxes[first, place] * (1 - share) + boxes[last, place] * share
    return boxes


def _drift(ball_px: Floats, boxes: Floats, game: TrackedGame) -> Floats:
    """Measure how fast (t, p) the ball moves across against each player, px per second, over the frames before and after."""
    across = ball_px[:, None, 0] - (boxes[:, :, 0] + boxes[:, :, 2]) / 2
    drift = np.full(across.shape, np.nan)
    if len(across) > 2:
        same = (game.shot[2:] == game.shot[:-2]) & (game.time_s[2:] > game.time_s[:-2])
        span_s = np.where(same, game.time_s[2:] - game.time_s[:-2], np.nan)
        drift[1:-1] = (across[2:] - across[:-2]) / span_s[:, None]
    return drift


def _attack(feet_m: Floats, game: TrackedGame, view: BallView) -> Floats:
    """Say where the play is (t,): from -1, before the rim that team A attacks, to 1, before the other; 0 where that is not known."""
    located = np.isfinite(feet_m[:, :, 0])
    count = located.sum(axis=1)
    middle_m = np.where(located, feet_m[:, :, 0], 0.0).sum(axis=1) / np.maximum(count, 1)
    ahead = np.clip((middle_m - view.court.length_m / 2) / SIDE_M, -1, 1) * (count >= LEAST_LOCATED)
    side = np.zeros(len(game.frame))
    for period in view.periods.dropna(subset="right_team").to_dict("records"):
        now = (game.time_s >= period["start_s"]) & (game.time_s < period["end_s"])
        side[now] = -1.0 if period["right_team"] == "A" else 1.0
    return np.asarray(ahead * side) if view.court.baskets == 2 else np.zeros(len(side))


def _begins(game: TrackedGame) -> NDArray[np.bool_]:
    """Say which frames (t,) begin a shot of the camera, or follow a hole in the video."""
    return np.append(True, (np.diff(game.shot) != 0) | (np.diff(game.time_s) > LOST_S))


def _after_shots(flights: list[Thrown], game: TrackedGame) -> NDArray[np.bool_]:
    """Say in which frames (t,) a shot is at the rim, or was not long ago."""
    after = np.zeros(len(game.frame), np.bool_)
    for thrown in flights:
        first, last = np.searchsorted(game.time_s, [thrown.flight.start_s, thrown.flight.rim_s + LOOSE_S])
        after[first:last] = True
    return after


def _placed(positions: pd.DataFrame, player_id: Ints, game: TrackedGame) -> Floats:
    """Return where players stand (t, p, 2), m; NaN where that is not known."""
    feet_m = np.full((len(game.frame), len(player_id), 2), np.nan)
    placed = positions[positions["player_id"].isin(player_id)]
    row, place = np.searchsorted(game.frame, placed["frame"]), np.searchsorted(player_id, placed["player_id"])
    feet_m[row, place] = placed[["x_m", "y_m"]].to_numpy(np.float64)
    return feet_m


def _flights(
    sightings: BallSightings,
    holders: Holders,
    is_away: NDArray[np.bool_],
    feet_m: Floats,
    team: Ints,
    game: TrackedGame,
    view: BallView,
    memory: Memory,
) -> list[Thrown]:
    """Look for a flight to a rim wherever somebody lets the ball go."""
    nobody = feet_m.shape[1]
    found: list[Thrown] = []
    last_s = -np.inf
    leaves = (holders.state[:-1] < nobody) & (holders.state[1:] != holders.state[:-1])
    for k in np.flatnonzero(leaves | is_away[1:]):
        start_s = float(game.time_s[k])
        if start_s < last_s:
            continue
        attacked = _attacked(view, team, start_s)
        first = _throws(sightings, holders, feet_m, game, attacked, start_s, memory)
        if first:
            about_s = max(first, key=lambda throw: throw.log_odds).flight.start_s
            throws = _throws(sightings, holders, feet_m, game, attacked, about_s, memory) or first
            odds = np.array([throw.log_odds for throw in throws])
            best = throws[int(odds.argmax())]
            if best.flight.worth <= 0:  # no flight explains the sightings as well
                continue
            sure = float(1 / np.exp(odds - odds.max()).sum())
            found.append(replace(best, confidence=sure, fell_through=fell_through(best.flight, sightings)))
            last_s = best.flight.rim_s - AGAIN_S
    return found


def _throws(
    sightings: BallSightings,
    holders: Holders,
    feet_m: Floats,
    game: TrackedGame,
    attacked: list[Floats],
    start_s: float,
    memory: Memory,
) -> list[Thrown]:
    """Fit a flight of each player who may have had the ball before a time.

    Args:
        sightings: of the ball.
        holders: who has it.
        feet_m: (t, p, 2) of the players.
        game: frames.
        attacked: rims (r, 3) that each player may shoot at.
        start_s: the time.
        memory: flights that were fitted before.
    """
    near = tuple(vars(sightings.about(start_s)).values())
    first, last = np.searchsorted(game.time_s, [start_s - THROWER_S, start_s + 1e-6])
    rows = slice(int(first), max(int(last), int(first) + 1))
    share = holders.probability[rows, : feet_m.shape[1]].mean(axis=0)
    found = []
    for place in np.flatnonzero(share >= LEAST_THROWER):
        where = _last_known(feet_m[rows, place])
        if where is None:
            continue
        fit = partial(find_flight, sightings, start_s, where, attacked[place])
        flight = memory.result("flight", (*near, np.array([start_s]), where, attacked[place]), fit)
        if flight is not None:
            log_odds = flight.worth / WORTH_OF_PLACE + float(np.log(share[place]))
            found.append(Thrown(int(place), where, flight, log_odds))
    return found


def _attacked(view: BallView, team: Ints, time_s: float) -> list[Floats]:
    """Return the rims (r, 3) that each player may shoot at: that which his team attacks, or all where that is not known."""
    rims = rims_m(view.court)
    right = next((right for begin_s, end_s, right in view.directions if begin_s <= time_s < end_s), None)
    if right is None or len(rims) < 2:
        return [rims] * len(team)
    return [rims[1:] if member == right else rims[:1] for member in team]


def _last_known(places_m: Floats) -> Floats | None:
    """Return the last of places (n, 2) that is known."""
    found_m = places_m[np.isfinite(places_m).all(axis=1)]
    return np.asarray(found_m[-1]) if len(found_m) else None


def _cameras(game: TrackedGame, view: BallView) -> Floats:
    """Return the cameras (t, 3, 4) from metres to undistorted px; NaN where the court is not known."""
    matrices = view.court_table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    cameras = np.full((len(game.frame), 3, 4), np.nan)
    if len(matrices):
        cameras[np.searchsorted(game.frame, view.court_table["frame"])] = projections(matrices, view.size_px)
    return cameras


def _reach_m(ball_px: Floats, feet_m: Floats, cameras: Floats, view: BallView) -> Floats:
    """Measure how far (t, p) the ball is at least from each player's feet, at the heights at which it may be held."""
    reach = np.full(feet_m.shape[:2], np.nan)
    seen = np.isfinite(cameras).all(axis=(1, 2)) & np.isfinite(ball_px[:, 0])
    rays = np.column_stack([view.lens.undistort(ball_px[seen]), np.ones(int(seen.sum()))])
    for height_m in HELD_M:
        level = cameras[seen][:, :, [0, 1, 3]].copy()  # (k, 3, 3) from metres at this height
        level[:, :, 2] += height_m * cameras[seen][:, :, 2]
        place = np.linalg.solve(level, rays[:, :, None])[:, :, 0]
        away = np.hypot(*np.moveaxis((place[:, :2] / place[:, 2:])[:, None] - feet_m[seen], 2, 0))
        reach[seen] = np.fmin(reach[seen], away)
    return reach


def _sightings(chosen: BallCandidates, cameras: Floats, view: BallView) -> BallSightings:
    """Put the ball and the camera together, where both are known."""
    kept = chosen.kept(np.asarray(np.isfinite(cameras[chosen.frame_row]).all(axis=(1, 2))))
    return BallSightings(kept.time_s, view.lens.undistort(kept.px), kept.width_px, cameras[kept.frame_row])
