"""The tables of the stage: `ball` and `flights`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.tables import ALL, conform
from pipeline.understand.ball.flights import ShotFlight
from pipeline.understand.ball.holders import BallSeen, Holders
from pipeline.understand.game import TrackedGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_SHARE = 0.2
"""Where the ball is seen in a smaller share of the frames around, nobody is said to have it."""
AROUND_S = 3.0
BRIDGED_S = 0.5
"""Shorter gaps between two sightings of one chain are bridged; a player's boxes likewise."""
LOST_S = 1.5
"""A ball that was not seen for longer is nobody's."""
HIDDEN_S, HIDDEN_SURE = 5.0, 0.7
"""Who most likely had the ball when it was seen last keeps it for so long at most, hidden."""


@dataclass(frozen=True)
class Thrown:
    """A flight and who threw."""

    place: int
    """Of the player."""
    feet_m: Floats
    flight: ShotFlight
    log_odds: float
    """That it was this player."""
    confidence: float = 1.0
    """The same as a probability."""
    fell_through: float = np.nan


def ball_table(
    game: TrackedGame,
    seen: BallSeen,
    is_seen: NDArray[np.bool_],
    holders: Holders,
    player_id: Ints,
    feet_m: Floats,
    flights: list[Thrown],
) -> pd.DataFrame:
    """Make the table `ball`: frames with a sighting near, and enough of them around."""
    nobody = len(player_id)
    is_held = holders.state < nobody
    in_air = np.isfinite(seen.ball_px[:, 0]) & _is_followed(is_seen, game, BRIDGED_S)
    sure = is_held & (holders.confidence >= HIDDEN_SURE)
    kept = _is_followed(is_seen, game, LOST_S / 2) & (is_held | in_air)
    kept |= _is_followed(is_seen, game, HIDDEN_S) & sure
    place = np.where(is_held, holders.state, 0)
    where_m = np.full((len(game.frame), 3), np.nan)
    if nobody:
        where_m[:, :2] = np.where(is_held[:, None], feet_m[np.arange(len(place)), place], np.nan)
    for thrown in flights:
        first, last = np.searchsorted(game.time_s, [thrown.flight.start_s, thrown.flight.rim_s])
        where_m[first:last] = thrown.flight.place_m(game.time_s[first:last])
        where_m[first:last, 2] = np.maximum(where_m[first:last, 2], 0.0)
        is_held[first:last], kept[first:last] = False, True
    ids = np.append(player_id, 1)[np.minimum(np.where(is_held, holders.state, nobody), nobody)]
    table = pd.DataFrame(
        {
            "frame": game.frame,
            "time_s": game.time_s,
            "x_px": seen.ball_px[:, 0],
            "y_px": seen.ball_px[:, 1],
            "x_m": where_m[:, 0],
            "y_m": where_m[:, 1],
            "z_m": where_m[:, 2],
            "state": np.where(is_held, "held", "flight"),
            "player_id": pd.array(ids, "Int64"),
            "source": np.where(is_seen, "seen", "bridged"),
            "confidence": holders.confidence,
        }
    )
    table.loc[~is_held, "player_id"] = pd.NA
    return conform("ball", table[kept])


def _is_followed(is_seen: NDArray[np.bool_], game: TrackedGame, most_s: float) -> NDArray[np.bool_]:
    """Say in which frames (t,) the ball was seen within `most_s` before or after, and often enough around."""
    total = np.concatenate([[0], np.cumsum(is_seen)])
    first = np.searchsorted(game.time_s, game.time_s - AROUND_S)
    last = np.searchsorted(game.time_s, game.time_s + AROUND_S, side="right")
    often = (total[last] - total[first]) / np.maximum(last - first, 1) >= LEAST_SHARE
    seen_s = game.time_s[is_seen]
    at = np.searchsorted(seen_s, game.time_s)
    before = game.time_s - np.append(-np.inf, seen_s)[at]
    after = np.append(seen_s, np.inf)[at] - game.time_s
    return np.asarray(often & ((before <= most_s) | (after <= most_s)))


def flight_table(flights: list[Thrown], player_id: Ints) -> pd.DataFrame:
    """Make the table `flights`."""
    if not flights:
        return ALL["flights"].empty()
    rows = [
        {
            "start_s": thrown.flight.start_s,
            "rim_s": thrown.flight.rim_s,
            "player_id": int(player_id[thrown.place]),
            "x_m": thrown.feet_m[0],
            "y_m": thrown.feet_m[1],
            "rim_x_m": thrown.flight.rim_m[0],
            "seen": thrown.flight.seen,
            "fell_through": thrown.fell_through,
            "player_confidence": thrown.confidence,
            "confidence": thrown.flight.share * (1 - np.exp(-thrown.flight.worth / 8)),
        }
        for thrown in flights
    ]
    return conform("flights", pd.DataFrame(rows).drop_duplicates("start_s"))
