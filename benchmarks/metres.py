"""How far off are a player's and a team's numbers on games whose truth is known?

    python -m benchmarks.metres [--seeds 511 512] [--minutes 8] [--out reports/metres]

Each seed is a game without pixels, filmed by a fixed and by a broadcast camera (rendered and analysed once, about two
minutes each): four periods, time-outs, substitutions, a change of sides, which is to be found. Tracklets get their true
identities, so that what is measured is what comes after. True numbers are those of the true positions of all ten
players, sent through the same definitions; distance and top speed of "located time" are scored as `courtside evaluate`
does. Errors are relative, those of shares and places absolute, over players who are on court for a minute or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.low_pass import CUTOFF_HZ, PathErrors, joined, path_errors, table
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.oracle import true_identities
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.rendering import WHOLE_GAME, NoiseSettings, render_positions, render_settings
from pipeline.run.analysis import analyze_job
from pipeline.run.context import RunContext
from pipeline.run.job import Job
from pipeline.run.loading import context_of
from pipeline.tables import MOTION_COLUMNS, TableName, conform

CAMERAS = ("fixed", "broadcast")
SHORT = {"period_s": 0.22, "break_s": 0.03, "timeout_every_s": 0.2}
"""Times of a game as shares of its length."""
LEAST_S = 60.0
LEAST_MEAN = 20.0
"""Numbers that are smaller on average may be 0 for somebody."""
NUMBERS = (
    *("walk_m", "jog_m", "run_m", "sprint_m", "sprints", "accelerations"),
    *("decelerations", "offence_m", "defence_m"),
)
SHARES = (
    *("attack_paint_share", "attack_mid_range_share", "attack_corner_three_share", "attack_above_break_share"),
    *("backcourt_share", "mean_attack_x_m", "mean_attack_y_m"),
)
OF_TEAMS = ("spacing_m", "hull_m2", "offence_spacing_m", "offence_share", "attacks", "attack_s", "centroid_x_m")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[511, 512])
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=Path("reports/metres"))
    chosen = parser.parse_args(arguments)
    for camera in CAMERAS:
        games = [_measured(chosen.out, seed, camera, chosen.minutes * 60) for seed in chosen.seeds]
        players, teams, scored = (pd.concat(tables) for tables in zip(*(game[:3] for game in games), strict=True))
        _show_players(camera, players, scored)
        _show_teams(camera, teams)
        print(f"\n{camera} camera, root mean square errors after a low-pass of {CUTOFF_HZ:g} Hz\n")
        print(table(joined([game[3] for game in games])), flush=True)


def _measured(
    out: Path, seed: int, camera: str, seconds: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, PathErrors]:
    """Give found and true numbers of players and of teams side by side (columns end in _x and _y), scores, and errors."""
    game = _rendered(out / f"game-{seed}-{camera}", seed, camera, seconds)
    everything = read_truth(_rendered(out / f"game-{seed}-fixed", seed, "fixed", seconds))
    run = out / f"run-{seed}-{camera}"
    if not (run / "run.json").is_file():
        analyze_job(Job(game, run))
    found, true = context_of(run), context_of(run)
    seen = read_truth(game)
    found.tables["identities"], found.tables["players"] = true_identities(seen, found.tables)
    found.complete("shots", "statistics")
    _put_truth(true, everything)
    true.complete("scoreboard", "scoreboard").complete("statistics", "statistics")
    print(f"{run.name}: sides change at {_starts(found)} s, truly at {_starts(true)} s")
    players = found.tables["player_stats"].merge(true.tables["player_stats"], on="player_id")
    teams = found.tables["team_stats"].merge(true.tables["team_stats"], on="team")
    movement = score(of_tables(run.name, found.tables, found.facts["court"]), seen).movement
    scored = pd.DataFrame([asdict(player) for player in movement.players] if movement is not None else [])
    long = scored["seen_true_s"] >= LEAST_S
    errors = _path_errors(found.tables["positions"], true.tables["positions"])
    return players[(players["role_x"] == "player") & (players["seen_s_y"] >= LEAST_S)], teams, scored[long], errors


def _path_errors(found: pd.DataFrame, true: pd.DataFrame) -> PathErrors:
    """Compare everybody's positions with the true ones."""
    both = found.merge(true, on=["player_id", "frame"]).sort_values(["player_id", "frame"])
    return joined(
        [
            path_errors(
                rows["time_s_x"].to_numpy(np.float64),
                rows[["x_m_y", "y_m_y"]].to_numpy(np.float64),
                rows[["x_m_x", "y_m_x"]].to_numpy(np.float64),
                rows["speed_mps_x"].to_numpy(np.float64),
            )
            for _, rows in both.groupby("player_id")
        ]
    )


def _starts(context: RunContext) -> list[float]:
    """List the changes of sides."""
    return [round(start, 1) for start in context.tables["periods"]["start_s"][1:]]


def _rendered(game: Path, seed: int, camera: str, seconds: float) -> Path:
    """Play and film a game once."""
    if not (game / "game.json").is_file():
        times = {name: share * seconds for name, share in SHORT.items()}
        settings = render_settings(
            {**WHOLE_GAME, "seconds": seconds, "seed": seed, "camera": camera, "court": "nba", **times}
        )
        render_positions(settings, NoiseSettings(), game)
    return game


def _put_truth(context: RunContext, truth: Truth) -> None:
    """Lay the true positions, speeds and identities ready in place of what was found."""
    persons = truth.persons[truth.persons["frame"].isin(context.tables["frames"]["frame"])]
    persons = persons.sort_values(["identity", "frame"]).reset_index(drop=True)
    ids = {int(identity): k for k, identity in enumerate(np.unique(truth.persons["identity"]), start=1)}
    persons = persons.assign(player_id=persons["identity"].map(ids), detection_id=persons.index)
    who = persons.drop_duplicates("player_id").assign(number=None, name=None, color=None)
    unused = dict.fromkeys(("x1", "y1", "x2", "y2", "score", "quality", "jersey_l", "jersey_a", "jersey_b"), 1.0)
    tables: dict[TableName, pd.DataFrame] = {
        "players": who,
        "identities": who.assign(track_id=who["player_id"], confidence=1.0),
        "tracks": persons.assign(track_id=persons["player_id"]),
        "detections": persons.assign(**unused, **{"class": persons["role"]}),
        "positions": persons.assign(speed_mps=_speeds(persons), position_sd_m=0.0, speed_sd_mps=0.0, source="seen"),
        "frames": context.tables["frames"].assign(shot=0, **dict.fromkeys(MOTION_COLUMNS, np.nan)),
    }
    last = int(context.tables["frames"]["frame"].iloc[-1])
    whole = {"shot": [0], "first_frame": 0, "last_frame": last, "kind": "game", "reason": None}
    tables["shots"] = pd.DataFrame({**whole, "repeats_from_s": np.nan, "speed": np.nan})
    context.tables |= {name: conform(name, rows) for name, rows in tables.items()}


def _speeds(persons: pd.DataFrame) -> pd.Series[float]:
    """Measure the speed at each true position from its neighbours' (central difference)."""
    rows = persons[["player_id", "frame", "time_s", "x_m", "y_m"]]
    before, after = rows.shift(1), rows.shift(-1)
    whole = (before["player_id"] == after["player_id"]) & (after["frame"] - before["frame"] == 2)
    way = np.hypot(after["x_m"] - before["x_m"], after["y_m"] - before["y_m"])
    return (way / (after["time_s"] - before["time_s"])).where(whole)


def _show_players(camera: str, both: pd.DataFrame, scored: pd.DataFrame) -> None:
    """Print how far off players' numbers are."""
    print(f"\n{camera} camera, {len(both)} players\n\n| number | true, mean | off, mean | off, mean of absolutes |")
    print("|---|---:|---:|---:|")
    for name, true in (("distance", "distance_true_same_time_m"), ("top_speed", "top_speed_true_mps")):
        unit = "m" if name == "distance" else "mps"
        _line(f"{name}_{unit}, located time", scored[true], scored[f"{name}_found_{unit}"], scored[true])
    _line("distance_m, of the true whole", both["distance_m_y"], both["distance_m_x"], both["distance_m_y"])
    for name, true in (("on_court_s", "located_s"), ("estimated_full_distance_m", "distance_m")):
        _line(f"{name}, of the true whole", both[f"{true}_y"], both[f"{name}_x"], both[f"{true}_y"])
    located_share = both["located_s_x"] / both["located_s_y"]
    for name in NUMBERS:
        found, true = both[f"{name}_x"].astype(float), both[f"{name}_y"].astype(float)
        _line(f"{name}, located share", true, found, true * located_share)
    for name in SHARES:
        gap = (both[f"{name}_x"] - both[f"{name}_y"]).to_numpy(np.float64)
        print(f"| {name} | {both[f'{name}_y'].mean():.3f} | {np.nanmean(gap):+.3f} | {np.nanmean(np.abs(gap)):.3f} |")


def _show_teams(camera: str, both: pd.DataFrame) -> None:
    """Print how far off teams' numbers are."""
    print(f"\n{camera} camera, {len(both)} teams\n\n| number | true, mean | off, mean | off, mean of absolutes |")
    print("|---|---:|---:|---:|")
    for name in OF_TEAMS:
        found, true = both[f"{name}_x"].astype(float), both[f"{name}_y"].astype(float)
        _line(name, true, found, true)


def _line(name: str, true: pd.Series[float], found: pd.Series[float], expected: pd.Series[float]) -> None:
    """Print one row: errors relative to what is expected, of small counts to its mean."""
    error = (found - expected) / (expected.mean() if true.mean() < LEAST_MEAN else expected)
    print(f"| {name} | {true.mean():.1f} | {error.mean():+.1%} | {error.abs().mean():.1%} |", flush=True)


if __name__ == "__main__":
    main()
