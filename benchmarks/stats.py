"""How far off are distance and top speed, with positions as noisy as boxes make them?

    python -m benchmarks.stats [../shared/data]

Players with a known path (standing; round an oval at 1.4 and 3 m/s; game-like: standing, walking, running, sprinting, turning)
get white noise or noise that lasts, and go through the stages `locate` and `stats`. With a data folder the SportVU event there is
measured too: ten real paths of six seconds, true distance from the undisturbed positions. Last, the time for a game of 48 minutes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from benchmarks.low_pass import PathErrors, joined, path_errors, table
from pipeline.config import StatsSettings
from pipeline.geometry.court import COURTS, FOOT_M
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.location import locate
from pipeline.understand.statistics import compute_statistics

Floats = NDArray[np.float64]
NOISES = [(0.0, 0.0), (0.05, 0.0), (0.15, 0.0), (0.05, 0.1), (0.15, 0.1), (0.05, 0.3), (0.15, 0.3)]
"""Standard deviation in m, correlation time in s."""
SETTINGS = StatsSettings()


def main() -> None:
    """Print one line per noise and frame rate."""
    for fps, subset in ((30.0, 1), (30000 / 1001, 1), (25.0, 1), (60.0, 2), (10.0, 1)):
        for sd_m, tau_s in NOISES:
            print(
                f"{fps / subset:5.2f} fps  noise {sd_m:.2f} m lasting {tau_s:.1f} s  "
                + scenarios(fps, subset, sd_m, tau_s),
                flush=True,
            )
    if len(sys.argv) > 1:
        sportvu(Path(sys.argv[1]) / "trajectories" / "event_mia_dal" / "event.json")
    full_game()


def scenarios(fps: float, subset: int, sd_m: float, tau_s: float) -> str:
    """Measure all kinds of movement under one noise."""
    time_s = np.arange(int(600 * fps))[::subset] / fps
    rate = fps / subset
    paths = {"stand": (np.zeros((len(time_s), 2)), 0.0, 0.0)}
    paths |= {f"{v} m/s": (oval(time_s, v), v * time_s[-1], v) for v in (1.4, 3.0)}
    paths |= {f"game {seed}": game_like(time_s, seed) for seed in range(4)}
    feet = [path + noise(len(time_s), rate, sd_m, tau_s, seed) for seed, (path, _, _) in enumerate(paths.values())]
    stats = measured(time_s, feet)
    texts, inside, tops = [], 0, []
    for (name, (_, true_m, true_top)), row in zip(paths.items(), stats.to_dict("records"), strict=True):
        if name == "stand":
            texts.append(f"standing {row['distance_m']:.2f} m in ten minutes;")
            continue
        texts.append(f"{name} {row['distance_m'] / true_m - 1:+.1%}")
        inside += row["distance_low_m"] <= true_m <= row["distance_high_m"]
        tops.append(row["top_speed_mps"] / true_top - 1)
    return " ".join(texts) + f"; in their interval {inside}/6; top speed {min(tops):+.1%} to {max(tops):+.1%}"


def sportvu(path: Path) -> None:
    """Measure the players of a SportVU event."""
    moments = pd.read_json(path)["events"].iloc[0]["moments"]
    time_s = np.array([m[1] for m in moments], float) / 1000
    people = [p[1] for p in moments[0][5] if p[1] != -1]
    paths = [np.array([next((q[2], q[3]) for q in m[5] if q[1] == p) for m in moments], float) * FOOT_M for p in people]
    true_m = np.array([np.linalg.norm(np.diff(path, axis=0), axis=1).sum() for path in paths])
    for sd_m, tau_s in NOISES:
        errors: list[Floats] = []
        off: list[PathErrors] = []
        for seed in range(20):
            feet = [path + noise(len(time_s), 25, sd_m, tau_s, 100 * seed + k) for k, path in enumerate(paths)]
            found = measured(time_s - time_s[0], feet)
            off += _path_errors(time_s - time_s[0], feet, paths)
            errors.append(found["distance_m"].to_numpy() / true_m - 1)
        all_ = np.array(errors)
        print(
            f"SportVU event, {len(paths)} players, {time_s[-1] - time_s[0]:.2f} s, noise {sd_m:.2f} m lasting {tau_s:.1f} s: "
            f"mean {all_.mean():+.1%}, mean of absolute errors {np.abs(all_).mean():.1%}, sum of all {np.mean((all_ * true_m).sum(axis=1) / true_m.sum()):+.1%}"
        )
        print(table(joined(off)), flush=True)


def _path_errors(time_s: Floats, feet: list[Floats], paths: list[Floats]) -> list[PathErrors]:
    """Compare everybody's positions with the true ones."""
    game, identities, _ = tables_of(time_s, feet)
    positions = dict(list(locate(game, identities, SETTINGS).groupby("player_id")))
    return [
        path_errors(
            rows["time_s"].to_numpy(np.float64),
            path[rows["frame"].to_numpy()],
            rows[["x_m", "y_m"]].to_numpy(np.float64),
            rows["speed_mps"].to_numpy(np.float64),
        )
        for rows, path in ((positions[k], path) for k, path in enumerate(paths, start=1))
    ]


def full_game() -> None:
    """Time 48 minutes, ten of 24 players on court, in processor seconds."""
    time_s = np.arange(48 * 60 * 30) / 30
    path, _, _ = game_like(time_s, 0)
    rng = np.random.default_rng(0)
    feet = []
    for player in range(24):
        on = ((time_s // 120).astype(int) * 7 + player) % 24 < 10
        on &= rng.random(len(time_s)) > 0.08
        feet.append(np.where(on[:, None], path + rng.normal(0, 0.1, path.shape), np.nan))
    game, identities, players = tables_of(time_s, feet)
    start = time.process_time()
    positions = locate(game, identities, SETTINGS)
    middle = time.process_time()
    _stats(game, identities, players, positions)
    print(
        f"48 minutes, {len(game.detections)} boxes: locate {middle - start:.1f} s, stats {time.process_time() - middle:.1f} s of processor time"
    )


def measured(time_s: Floats, feet: list[Floats]) -> pd.DataFrame:
    """Send players' feet (frames, 2) through both stages."""
    game, identities, players = tables_of(time_s, feet)
    return _stats(game, identities, players, locate(game, identities, SETTINGS))


def _stats(game: TrackedGame, identities: pd.DataFrame, players: pd.DataFrame, positions: pd.DataFrame) -> pd.DataFrame:
    """Compute the table `player_stats`."""
    nobody = ALL["tracklets"].empty()
    return compute_statistics(
        game, identities, nobody, players, positions, np.full(len(game.frames), np.nan), COURTS["nba"], SETTINGS
    ).player_stats


def tables_of(time_s: Floats, feet: list[Floats]) -> tuple[TrackedGame, pd.DataFrame, pd.DataFrame]:
    """Make a game with a tracklet per player, and its tables `identities` and `players`."""
    number = np.arange(len(time_s))
    motion = dict.fromkeys(MOTION_COLUMNS, np.nan)
    frames = conform("frames", pd.DataFrame({"frame": number, "time_s": time_s, "shot": 0, **motion}))
    tables = [
        pd.DataFrame({"frame": number, "p": k, "x": f[:, 0], "y": f[:, 1]}).dropna() for k, f in enumerate(feet, 1)
    ]
    rows = pd.concat(tables).sort_values(["frame", "p"]).reset_index(drop=True)
    unused = dict.fromkeys(("x1", "y1", "x2", "y2", "quality", "jersey_l", "jersey_a", "jersey_b"), 1.0)
    detections = conform("detections", rows.assign(detection_id=rows.index, score=0.9, **unused, **{"class": "player"}))
    tracks = conform("tracks", rows.assign(detection_id=rows.index, track_id=rows["p"]))
    ids = np.arange(1, len(feet) + 1)
    identities = conform("identities", pd.DataFrame({"track_id": ids, "player_id": ids, "confidence": 1.0}))
    nobody = dict.fromkeys(("number", "name", "color"))
    players = conform("players", pd.DataFrame({"player_id": ids, "role": "player", "team": "A", **nobody}))
    game = TrackedGame.of(frames, detections, feet_m=rows[["x", "y"]].to_numpy(), tracks=tracks)
    return game, identities, players


def noise(count: int, fps: float, sd_m: float, tau_s: float, seed: int) -> Floats:
    """Make noise (n, 2) whose correlation falls to 1/e after `tau_s`."""
    keep = np.exp(-1 / (fps * tau_s)) if tau_s > 0 else 0.0
    raw = np.random.default_rng(1000 + seed).normal(0, sd_m, (count + 500, 2))
    return np.asarray(lfilter([np.sqrt(1 - keep**2)], [1, -keep], raw, axis=0)[500:])


def oval(time_s: Floats, speed_mps: float) -> Floats:
    """Go round two straights of 20 m and two half circles of 2 m radius."""
    straight, radius = 20.0, 2.0
    arc = np.pi * radius
    s = (speed_mps * time_s) % (2 * straight + 2 * arc)
    stretches = [s < straight, s < straight + arc, s < 2 * straight + arc]
    a, b = (s - straight) / radius, (s - 2 * straight - arc) / radius
    x = np.select(stretches, [s, straight + radius * np.sin(a), 2 * straight + arc - s], -radius * np.sin(b))
    y = np.select(stretches, [0 * s, radius - radius * np.cos(a), 0 * s + 2 * radius], radius + radius * np.cos(b))
    return np.column_stack([x, y])


def game_like(time_s: Floats, seed: int) -> tuple[Floats, float, float]:
    """Stand, walk, run and sprint in turns with human accelerations; returns path, distance and top speed."""
    rng = np.random.default_rng(seed)
    fine_s = 1 / 120
    count = int(time_s[-1] / fine_s) + 2
    wanted, turning = np.empty(count), np.empty(count)
    start = 0
    while start < count:
        stop = start + int(rng.uniform(0.6, 4) / fine_s)
        pace = rng.choice(4, p=[0.3, 0.35, 0.25, 0.1])
        wanted[start:stop] = (0, rng.uniform(0.7, 1.8), rng.uniform(2, 4.5), rng.uniform(4.5, 7))[pace]
        turning[start:stop] = rng.normal(0, 0.8)
        start = stop
    speed, heading = np.zeros(count), np.cumsum(turning) * fine_s
    for i in range(1, count):
        speed[i] = max(0.0, speed[i - 1] + np.clip(3 * (wanted[i] - speed[i - 1]), -4, 3) * fine_s)
    velocity = speed[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
    grid = np.arange(count + 1) * fine_s
    path, run = np.vstack([[0, 0], np.cumsum(velocity, axis=0) * fine_s]), np.append(0, np.cumsum(speed) * fine_s)
    held = np.lib.stride_tricks.sliding_window_view(speed, 60).min(axis=1).max()
    place = np.column_stack([np.interp(time_s, grid, path[:, k]) for k in (0, 1)])
    return place, float(np.interp(time_s[-1], grid, run)), float(held)


if __name__ == "__main__":
    main()
