"""Locate: where each player was and how fast, from the feet of all tracklets that are the same person.

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
from pipeline.understand.location.smoothing import Smoothed, smooth, without_outliers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

JUMP_M = 1.0
"""Noise that two neighbouring samples may add to what a player runs between them."""
JUMP_DEVIATIONS = 6.0
SIGNIFICANT = 2.5
"""A speed below this many of its standard deviations may be noise alone."""


@dataclass(frozen=True)
class _Samples:
    """A player's located boxes in order of time."""

    row: Integers
    """Row of `frames`."""
    time_s: Floats
    position_m: Floats
    """(n, 2)."""


def locate(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
    feet_m: Floats,
    settings: StatsSettings,
) -> pd.DataFrame:
    """Make the table `positions`.

    Args:
        frames: table `frames`.
        detections: table `detections`.
        tracks: table `tracks`.
        identities: table `identities`.
        feet_m: (n, 2) metres per row of detections, NaN where unknown.
        settings: smoothing, dead band, limits.

    Returns:
        One row per player and frame in which the player has a position, by player and frame.
    """
    seen = _feet_of_players(frames, detections, tracks, identities, feet_m)
    parts = [
        _positions(int(str(player_id)), _samples(frames, group), frames, settings)
        for player_id, group in seen.groupby("player_id", sort=True)
    ]
    parts = [part for part in parts if len(part)]
    return conform("positions", pd.concat(parts, ignore_index=True)) if parts else POSITIONS.empty()


def _feet_of_players(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, identities: pd.DataFrame, feet_m: Floats
) -> pd.DataFrame:
    """Join feet to players: player_id, row, x_m, y_m; of two boxes in one frame the surer one."""
    feet = pd.DataFrame(
        {
            "detection_id": detections["detection_id"].to_numpy(),
            "row": np.searchsorted(frames["frame"].to_numpy(), detections["frame"].to_numpy()),
            "score": detections["score"].to_numpy(),
            "x_m": feet_m[:, 0],
            "y_m": feet_m[:, 1],
        }
    )
    feet = feet.dropna()
    joined = tracks.merge(identities[["track_id", "player_id"]], on="track_id").merge(feet, on="detection_id")
    ordered = joined.sort_values(["player_id", "row", "score"], ascending=[True, True, False], kind="stable")
    return ordered.drop_duplicates(["player_id", "row"])


def _samples(frames: pd.DataFrame, group: pd.DataFrame) -> _Samples:
    row = group["row"].to_numpy(np.int64)
    return _Samples(row, frames["time_s"].to_numpy(np.float64)[row], group[["x_m", "y_m"]].to_numpy(np.float64))


def _positions(player_id: int, samples: _Samples, frames: pd.DataFrame, settings: StatsSettings) -> pd.DataFrame:
    """Clean, split, smooth and bridge one player's samples."""
    good = without_outliers(samples.time_s, samples.position_m)
    samples = _Samples(samples.row[good], samples.time_s[good], samples.position_m[good])
    segment = _segments(samples, frames["shot"].to_numpy()[samples.row], settings)
    found = smooth(samples.time_s, samples.position_m, segment, settings.smooth_s, settings.dead_band_mps)
    speed = _believed_speed(found, settings)
    own = pd.DataFrame(
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
    table = pd.concat([own, _bridges(own, segment, frames, settings)], ignore_index=True).sort_values("row")
    row = table["row"].to_numpy(np.int64)
    return table.assign(
        player_id=player_id, frame=frames["frame"].to_numpy()[row], time_s=frames["time_s"].to_numpy()[row]
    )


def _segments(samples: _Samples, shot: Integers, settings: StatsSettings) -> Integers:
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


def _bridges(own: pd.DataFrame, segment: Integers, frames: pd.DataFrame, settings: StatsSettings) -> pd.DataFrame:
    """Fill the analysed frames between two samples of one segment along the straight line."""
    row = own["row"].to_numpy(np.int64)
    holes = np.flatnonzero((np.diff(row) > 1) & (np.diff(segment) == 0))
    if not len(holes):
        return own.iloc[:0]
    missing = np.concatenate([np.arange(row[k] + 1, row[k + 1]) for k in holes])
    before = np.repeat(holes, np.diff(row)[holes] - 1)
    time_s = frames["time_s"].to_numpy(np.float64)
    elapsed = time_s[row[before + 1]] - time_s[row[before]]
    share = (time_s[missing] - time_s[row[before]]) / elapsed

    def mixed(name: str) -> Floats:
        values = own[name].to_numpy(np.float64)
        return np.asarray((1 - share) * values[before] + share * values[before + 1])

    x, y = own["x_m"].to_numpy(np.float64), own["y_m"].to_numpy(np.float64)
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
