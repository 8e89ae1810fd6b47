"""Compare how the players of a rendered game move with published distances and speeds of a season.

    python -m benchmarks.motion [--data ../shared/data] [--games 3]

Published: SportVU tracking of the NBA season 2013/14 (player_speed_distance_2013_14), players with 10 minutes a game or
more; their speed is over the time that the clock ran. Rendered: whole games of 48 minutes of video without pixels, over
the time that the ball was live.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import COURTS
from pipeline.rendering import whole_game
from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.motion import STEP_HZ, simulate

_MPS = 0.44704
"""Of a mile per hour."""
_MILE_M = 1609.344
_LEVELS = (5, 25, 50, 75, 95)
"""Percentiles over players."""

Array = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print percentiles over players."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--games", type=int, default=3)
    chosen = parser.parse_args(arguments)
    real = published(chosen.data / "trajectories" / "player_speed_distance_2013_14" / "speed_2013_14.csv")
    played = [rendered(seed) for seed in range(1, chosen.games + 1)]
    ours = {name: np.concatenate([game[name] for game in played]) for name in played[0]}
    print("| over players | " + " | ".join(f"{level} %" for level in _LEVELS) + " |\n|---|" + "---:|" * len(_LEVELS))
    for name in real:
        for world, values in (("published", real[name]), ("rendered", ours[name])):
            cells = " | ".join(f"{value:.2f}" for value in np.percentile(values, _LEVELS))
            print(f"| {name}, {world} | {cells} |")


def published(path: Path) -> dict[str, Array]:
    """Read speeds (m/s), metres per 48 minutes and minutes per game of players with 10 minutes or more."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if float(row["MIN"]) >= 10]
    column = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name in _COLUMNS}
    return {title: column[name] * unit for name, (title, unit) in _COLUMNS.items()}


_COLUMNS = {
    "AV_SPD": ("speed, m/s", _MPS),
    "AV_SPD_OFF": ("speed in offence, m/s", _MPS),
    "AV_SPD_DEF": ("speed in defence, m/s", _MPS),
    "DIST_48": ("km per 48 minutes", _MILE_M / 1000),
    "MIN": ("minutes of 48", 1.0),
}


def rendered(seed: int) -> dict[str, Array]:
    """Play a whole game and measure the same of its players with 10 minutes or more, scaled to 48 live minutes."""
    settings = whole_game(seed=seed, fps=STEP_HZ)
    cast = Cast(settings.players_per_team, settings.referees)
    game = simulate(COURTS["nba"], cast, settings, np.random.default_rng(seed))
    moments = [next(game) for _ in range(round(settings.seconds * settings.fps))]
    count = 2 * cast.per_team
    place = np.stack([moment.bodies.position[:count] for moment in moments])
    step_m = np.linalg.norm(np.diff(place, axis=0), axis=2)
    playing = np.stack([moment.facts.on_court[:count] & moment.facts.live for moment in moments])[1:]
    attacking = np.array([moment.facts.attacking for moment in moments])[1:, None] == np.arange(count) // cast.per_team
    live_s = playing.sum(axis=0) / settings.fps
    total_s = playing.any(axis=1).sum() / settings.fps
    kept = live_s / total_s >= 10 / 48

    def speed(mask: NDArray[np.bool_]) -> Array:
        seconds = mask.sum(axis=0) / settings.fps
        values: Array = ((step_m * mask).sum(axis=0) / np.maximum(seconds, 1e-9))[kept]
        return values

    mean = speed(playing)
    values = (mean, speed(playing & attacking), speed(playing & ~attacking), mean * 2.88, 48 * live_s[kept] / total_s)
    return {title: value for (title, _), value in zip(_COLUMNS.values(), values, strict=True)}


if __name__ == "__main__":
    main()
