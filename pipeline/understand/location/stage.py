"""The stage `location`: where each player was and how fast, from the feet of all tracklets that are the same person.

Wrong boxes are thrown out, positions are smoothed over time (`smoothing`), short gaps are bridged by a straight line and
marked. Nothing is joined across a cut, a gap longer than allowed, or a jump that nobody runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.tables import POSITIONS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.location.smoothing import Smoothed, smooth, without_outliers
from pipeline.understand.memory import Memory

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

JUMP_M = 1.0
"""Noise that two neighbouring samples may add to what a player runs between them."""
JUMP_DEVIATIONS = 6.0
"""The same in median steps, where that is more."""
SIGNIFICANT = 2.0
"""A speed below this many of its standard deviations may be noise alone."""


@dataclass(frozen=True)
class _FootSamples:
    """A player's located boxes in order of time."""

    row: Integers  # (n,) of `frames`
    time_s: Floats  # (n,)
    position_m: Floats  # (n, 2)


def locate(
    game: TrackedGame, identities: pd.DataFrame, settings: StatsSettings, memory: Memory | None = None
) -> pd.DataFrame:
    """Locate each player in metres.

    Args:
        game: frames, boxes, foot points, and the tracklets' boxes that count.
        identities: table `identities`.
        settings: smoothing, dead band, limits.
        memory: what was computed of the game before.

    Returns:
        Table `positions`: one row per player and frame in which the player has a position, by player and frame.
    """
    feet = _feet_of_players(game, identities)
    memory = memory or Memory(keeps=False)

    def positions(samples: _FootSamples) -> pd.DataFrame:
        inputs = (samples.row, samples.position_m)
        return memory.result("positions", inputs, lambda: _positions(samples, game, settings))

    tables = [
        positions(_samples(game, of_player)).assign(player_id=player_id)
        for player_id, of_player in feet.groupby("player_id", sort=True)
    ]
    tables = [table for table in tables if len(table)]
    return conform("positions", pd.concat(tables, ignore_index=True)) if tables else POSITIONS.empty()


def _feet_of_players(game: TrackedGame, identities: pd.DataFrame) -> pd.DataFrame:
    """Join feet to players: player_id, row, x_m, y_m; of two boxes in one frame the surer one."""
    feet = pd.DataFrame(
        {
            "detection_id": game.detections["detection_id"].to_numpy(),
            "row": game.box_frame_row,
            "score": game.detections["score"].to_numpy(),
            "x_m": game.feet_m[:, 0],
            "y_m": game.feet_m[:, 1],
        }
    )
    feet = feet.dropna()
    joined = game.tracks.merge(identities[["track_id", "player_id"]], on="track_id").merge(feet, on="detection_id")
    ordered = joined.sort_values(["player_id", "row", "score"], ascending=[True, True, False], kind="stable")
    return ordered.drop_duplicates(["player_id", "row"])


def _samples(game: TrackedGame, feet: pd.DataFrame) -> _FootSamples:
    """Take the located boxes of one player."""
    row = feet["row"].to_numpy(np.int64)
    return _FootSamples(row, game.time_s[row], feet[["x_m", "y_m"]].to_numpy(np.float64))


def _positions(samples: _FootSamples, game: TrackedGame, settings: StatsSettings) -> pd.DataFrame:
    """Clean, split, smooth and bridge one player's samples."""
    inliers = without_outliers(samples.time_s, samples.position_m)
    samples = _FootSamples(samples.row[inliers], samples.time_s[inliers], samples.position_m[inliers])
    segment = _segments(samples, game.shot[samples.row], settings)
    found = smooth(samples.time_s, samples.position_m, segment, settings.smooth_s, settings.dead_band_mps)
    speed = _believed_speed(found, settings)
    seen = pd.DataFrame(
        {
            "row": samples.row,
            "x_m": found.position_m[:, 0],
            "y_m": found.position_m[:, 1],
            "speed_mps": speed,
            "position_sd_m": found.position_sd_m,
            "speed_sd_mps": found.velocity_sd_mps,
            "source": "seen",
        }
    )
    table = pd.concat([seen, _bridges(seen, segment, game, settings)], ignore_index=True).sort_values("row")
    row = table["row"].to_numpy(np.int64)
    return table.assign(frame=game.frame[row], time_s=game.time_s[row])


def _segments(samples: _FootSamples, shot: Integers, settings: StatsSettings) -> Integers:
    """Number the pieces (n,) within which a player is followed without a break."""
    if not len(samples.row):
        return np.zeros(0, np.int64)
    elapsed = np.diff(samples.time_s)
    step = np.linalg.norm(np.diff(samples.position_m, axis=0), axis=1)
    allowance = max(JUMP_M, JUMP_DEVIATIONS * float(np.median(step))) if len(step) else JUMP_M
    breaks = (
        (elapsed > settings.max_gap_s) | (np.diff(shot) != 0) | (step > settings.max_speed_mps * elapsed + allowance)
    )
    return np.concatenate([[0], np.cumsum(breaks)]).astype(np.int64)


def _believed_speed(found: Smoothed, settings: StatsSettings) -> Floats:
    """Turn velocities into speeds (n,), with the dead band (0) and the cap (NaN).

    Noise across the movement makes the length of a velocity v longer, by sd^2 / (2 v) on average: it is taken off.
    """
    squared = (found.velocity_mps**2).sum(axis=1)
    sd = found.velocity_sd_mps
    speed = np.sqrt(np.maximum(squared - sd**2, 0.0))
    standing = found.standing | (speed < settings.dead_band_mps) | (squared < (SIGNIFICANT * sd) ** 2)
    speed = np.where(standing, 0.0, speed)
    believed = np.isfinite(squared) & (speed <= settings.max_speed_mps)
    return np.where(believed, speed, np.nan)


def _bridges(seen: pd.DataFrame, segment: Integers, game: TrackedGame, settings: StatsSettings) -> pd.DataFrame:
    """Fill the analysed frames between two samples of one segment along the straight line."""
    row = seen["row"].to_numpy(np.int64)
    holes = np.flatnonzero((np.diff(row) > 1) & (np.diff(segment) == 0))
    if not len(holes):
        return seen.iloc[:0]
    missing = np.concatenate([np.arange(row[k] + 1, row[k + 1]) for k in holes])
    before = np.repeat(holes, np.diff(row)[holes] - 1)
    time_s = game.time_s
    elapsed = time_s[row[before + 1]] - time_s[row[before]]
    share = (time_s[missing] - time_s[row[before]]) / elapsed

    def mixed(name: str) -> Floats:
        values = seen[name].to_numpy(np.float64)
        return np.asarray((1 - share) * values[before] + share * values[before + 1])

    x, y = seen["x_m"].to_numpy(np.float64), seen["y_m"].to_numpy(np.float64)
    straight = np.hypot(x[before + 1] - x[before], y[before + 1] - y[before]) / elapsed
    straight = np.where(straight < settings.dead_band_mps, 0.0, straight)
    speed = np.where(elapsed <= settings.smooth_s, mixed("speed_mps"), straight)
    return pd.DataFrame(
        {
            "row": missing,
            "x_m": mixed("x_m"),
            "y_m": mixed("y_m"),
            "speed_mps": np.where(speed <= settings.max_speed_mps, speed, np.nan),
            "position_sd_m": mixed("position_sd_m"),
            "speed_sd_mps": mixed("speed_sd_mps"),
            "source": "bridged",
        }
    )
