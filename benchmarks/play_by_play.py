"""Does a play-by-play tell who is who? `python -m benchmarks.play_by_play [--seeds 401 402] [--minutes 12] [--numbers 0.01] [--out reports/play-by-play]`.

Rendered games without pixels (10 players a team, broadcast camera with cuts, nine of ten words of the scoreboard read, numbers hardly ever) go through all
stages with their roster. The truth is written as a play-by-play with numbers; printed is how many players have their right number before it, and by
what it suggests, as the run is, and as if no number had been read at all. Games are kept in the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.evaluation.events.lineups import true_ids
from pipeline.play_by_play import OfficialEvent, align, new_numbers
from pipeline.rendering import WHOLE_GAME, noise_settings, render_positions, whole_game
from pipeline.store import RunDirectory
from pipeline.tables import TableName

FPS = 10.0
TOLD = ("substitution", "made", "missed", "rebound", "turnover", "free-throw-made", "free-throw-missed")
"""What a play-by-play has lines for."""
HEAD = (
    "| seed | players | with a number read | rightly | with a number by the play-by-play too | rightly | wrong ones of it |\n"
    "|---|---:|---:|---:|---:|---:|---:|"
)


def render(game: Path, seed: int, seconds: float, numbers: float) -> None:
    """Play and film a game."""
    share = seconds / float(WHOLE_GAME["seconds"])
    settings = whole_game(
        seed=seed,
        seconds=seconds,
        period_s=share * WHOLE_GAME["period_s"],
        break_s=max(6.0, share * WHOLE_GAME["break_s"]),
        dead_ball_every_s=25.0,
        stint_s=110.0,
        fps=FPS,
        court="nba",
    )
    render_positions(settings, noise_settings({"board_share": 0.9, "number_share": numbers}), game)


def analyse(game: Path, run: Path) -> None:
    """Run all stages; what has not changed is kept."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(game), "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def official_events(game: Path) -> list[OfficialEvent]:
    """Write the truth of a game as a play-by-play does: with the clock, numbers, and no changes in breaks."""
    events, frames, people = (pd.read_parquet(game / f"{name}.parquet") for name in ("truth_events", "frames", "truth"))
    who = people[people["role"] == "player"].drop_duplicates("id").set_index("id")[["team", "jersey"]]
    rows = events.merge(frames[["frame", "state", "clock_period", "clock_s"]], on="frame")
    found = []
    for row in rows[rows["state"] != "break"].to_dict("records"):
        when = int(row["clock_period"]), float(row["clock_s"])
        lines = {"substitution": (("id", "in"), ("partner", "out"))}.get(row["kind"], (("id", str(row["kind"])),))
        for column, event in lines:
            if row["kind"] in TOLD and not pd.isna(row[column]) and int(row[column]) in who.index:
                team, jersey = who.loc[int(row[column])]
                found.append(OfficialEvent(*when, {"A": "HOM", "B": "VIS"}[team], "", str(jersey), event))
    return found


def count(game: Path, run: Path, has_numbers: bool) -> tuple[int, int, int, int, int, int]:
    """Count players: all of them, with a number, with the right one; with one after the suggestions, the right one; sure suggestions that are wrong."""
    folder = RunDirectory(run)
    names: tuple[TableName, ...] = ("clock", "frames", "players", "stints", "events")
    clock, frames, players, stints, events = (folder.read_table(name) for name in names)
    if not has_numbers:
        players = players.assign(number=None)
    changes = events[events["kind"] == "substitution"]
    found = align(official_events(game), clock, frames, players, stints, changes)
    people = pd.read_parquet(game / "truth.parquet").drop_duplicates("id").set_index("id")["jersey"]
    true = {player: str(people.get(person)) for player, person in true_ids(run, game).items()}
    members = players[players["role"] == "player"]
    read = {int(row["player_id"]): row["number"] for _, row in members.iterrows() if isinstance(row["number"], str)}
    named = {**read, **new_numbers(found.names)}
    right = [sum(true.get(player) == number for player, number in given.items()) for given in (read, named)]
    wrong = sum(true.get(player) != number for player, number in new_numbers(found.names).items())
    return len(members), len(read), right[0], len(named), right[1], wrong


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[401, 402])
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--numbers", type=float, default=0.01)
    parser.add_argument("--out", type=Path, default=Path("reports/play-by-play"))
    given = parser.parse_args(arguments)
    print(HEAD)
    for seed in given.seeds:
        folder = given.out / f"{seed}-{given.minutes:g}-{given.numbers:g}"
        game, run = folder / "game", folder / "run"
        if not (game / "game.json").is_file():
            render(game, seed, 60 * given.minutes, given.numbers)
        analyse(game, run)
        for has_numbers in (True, False):
            name = f"{seed}" if has_numbers else f"{seed}, as if none was read"
            print(f"| {name} | {' | '.join(map(str, count(game, run, has_numbers)))} |", flush=True)


if __name__ == "__main__":
    main()
