"""What was seen of the players of a team, second by second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.game import TrackedGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BIN_S = 1.0
"""Line-ups are decided for pieces of time of this length, s."""


@dataclass(frozen=True)
class SightedPlayers:
    """The boxes of players that count, in order of player and time."""

    player_id: Ints
    """(n,)"""
    time_s: Floats
    """(n,)"""
    lasts_s: Floats
    """(n,) seconds that the box stands for."""
    on_court: NDArray[np.bool_]
    """(n,) its feet are not known to be off the court."""
    confidence: Floats
    """(n,) that it is this player."""
    inside_m: Floats
    """(n,) how far the feet are from the nearer side line; 0 beyond it, NaN where they are not known."""

    def of(self, player_ids: NDArray[np.int64]) -> SightedPlayers:
        """Keep some players."""
        kept = np.isin(self.player_id, player_ids)
        return SightedPlayers(**{name: values[kept] for name, values in vars(self).items()})


def sighted_players(
    game: TrackedGame,
    identities: pd.DataFrame,
    players: pd.DataFrame,
    off_court: NDArray[np.bool_],
    court: Court,
) -> SightedPlayers:
    """Collect the boxes of players of either team, one per player and frame.

    Args:
        game: frames, m boxes, and the tracklets' boxes of shots of the game.
        identities: table `identities`.
        players: table `players`.
        off_court: (m,) which boxes are known to stand off the court.
        court: its side lines.
    """
    across_m = game.feet_m[:, 1]
    inside_m = np.maximum(np.minimum(across_m, court.width_m - across_m), 0.0)
    boxes = game.detections[["detection_id"]].assign(row=game.box_frame_row, off=off_court, inside_m=inside_m)
    of_teams = players.loc[players["team"].notna() & (players["role"] == "player"), ["player_id"]]
    joined = (
        game.tracks.merge(identities, on="track_id").merge(of_teams, on="player_id").merge(boxes, on="detection_id")
    )
    joined = joined.sort_values(["player_id", "row", "confidence"], ascending=[True, True, False], kind="stable")
    joined = joined.drop_duplicates(["player_id", "row"])
    row = joined["row"].to_numpy(np.int64)
    return SightedPlayers(
        joined["player_id"].to_numpy(np.int64),
        game.time_s[row],
        game.duration_s[row],
        ~joined["off"].to_numpy(bool),
        joined["confidence"].to_numpy(np.float64),
        joined["inside_m"].to_numpy(np.float64),
    )


@dataclass(frozen=True)
class Sightings:
    """Seconds in which the p players of a team were seen, in t pieces of time."""

    start_s: Floats
    """(t,) of the pieces."""
    player_id: Ints
    """(p,) rising."""
    on_s: Floats
    """(p, t) seen on the court, weighted by the identity's confidence."""
    off_s: Floats
    """(p, t) seen beside it."""
    view_s: Floats
    """(t,) seconds in which the game was in view."""


def sightings(seen: SightedPlayers, player_id: Ints, start_s: Floats, view_s: Floats) -> Sightings:
    """Add up boxes per piece of time.

    Args:
        seen: boxes of the team's players.
        player_id: (p,) the team's players, rising.
        start_s: (t,) begins of the pieces, BIN_S apart.
        view_s: (t,) seconds of each in which the game was in view.
    """
    shape = len(player_id), len(start_s)
    player = np.searchsorted(player_id, seen.player_id)
    piece = np.clip(((seen.time_s - start_s[0]) / BIN_S + 1e-9).astype(np.int64), 0, shape[1] - 1)
    cell = player * shape[1] + piece
    on_s, off_s = (
        np.bincount(cell[chosen], weight[chosen], shape[0] * shape[1]).reshape(shape)
        for chosen, weight in (
            (seen.on_court, seen.lasts_s * seen.confidence),
            (~seen.on_court, seen.lasts_s * seen.confidence),
        )
    )
    return Sightings(start_s, player_id, np.minimum(on_s, view_s), np.minimum(off_s, view_s), view_s)


def pieces(time_s: Floats, lasts_s: Floats, in_view: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Cut the video into pieces of BIN_S: begin (t,) and seconds (t,) in which the game is in view.

    Args:
        time_s: (f,) of the analysed frames.
        lasts_s: (f,) seconds that each stands for.
        in_view: (f,) whether it shows the game.
    """
    count = int((time_s[-1] - time_s[0]) / BIN_S + 1e-9) + 1 if len(time_s) else 0
    if not count:
        return np.zeros(0), np.zeros(0)
    piece = ((time_s - time_s[0]) / BIN_S + 1e-9).astype(np.int64)
    return time_s[0] + BIN_S * np.arange(count), np.bincount(piece, lasts_s * in_view, count).astype(np.float64)
