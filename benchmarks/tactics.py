"""Who attacks, and who guards whom? `python -m benchmarks.tactics [--seeds 211 212 213] [--minutes 6] [--found 0.7] [--out reports/tactics]`.

Rendered games without pixels (NBA court, 12 players a team, broadcast camera with cuts; at a fifth of the screens defenders change men, and so
many possessions begin with two men changed) go through all stages. Phases and matchups are compared with the truth: as the run has them, with the
ball followed in what `--found` leaves of it, and again from the positions alone. Games are kept in the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.evaluation.events.tactics import TacticsScores, score_tactics
from pipeline.geometry.court import stored_court
from pipeline.rendering import WHOLE_GAME, noise_settings, render_positions, whole_game
from pipeline.store import RunDirectory
from pipeline.tables import TableName
from pipeline.understand.tactics import TacticsInput, find_tactics

FPS = 15.0
NEEDED: tuple[TableName, ...] = ("players", "positions", "periods", "play", "stints", "ball", "possessions")
HEAD = (
    "| seed | ball | anything said | right team | right team and phase | right man | sure ones right | matchup seconds | possessions |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|"
)


def render(game: Path, seed: int, seconds: float, found: float) -> None:
    """Play and film a game."""
    share = seconds / float(WHOLE_GAME["seconds"])
    settings = whole_game(
        seed=seed,
        seconds=seconds,
        period_s=share * WHOLE_GAME["period_s"],
        break_s=max(5.0, share * WHOLE_GAME["break_s"]),
        fps=FPS,
        court="nba",
        players_per_team=12,
        pull_ups=0.35,
        interceptions=0.08,
        switches=0.2,
    )
    render_positions(settings, noise_settings({"ball_found": found}), game)


def analyse(game: Path, run: Path) -> None:
    """Run all stages; what has not changed is kept."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(game), "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[211, 212, 213])
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--found", type=float, default=0.7)
    parser.add_argument("--out", type=Path, default=Path("reports/tactics"))
    given = parser.parse_args(arguments)
    print(HEAD)
    rows: dict[bool, list[TacticsScores]] = {True: [], False: []}
    for seed in given.seeds:
        folder = given.out / f"{seed}-{given.minutes:g}-{given.found:g}"
        game, run = folder / "game", folder / "run"
        if not (game / "truth_guards.parquet").is_file():
            render(game, seed, 60 * given.minutes, given.found)
        analyse(game, run)
        for with_ball, scores in rows.items():
            scores.append(score_tactics(tactics_of(run, with_ball), run, game))
            print(line(f"{seed}", with_ball, scores[-1]), flush=True)
    for with_ball, scores in rows.items():
        print(line("all", with_ball, sum(scores[1:], start=scores[0])))


def tactics_of(run: Path, with_ball: bool) -> dict[str, pd.DataFrame]:
    """Find the tactics of a run again, with the ball or as if nobody had followed it."""
    folder = RunDirectory(run)
    tables = {name: folder.read_table(name) for name in NEEDED}
    if not with_ball:
        tables |= {name: tables[name].iloc[:0] for name in ("ball", "possessions")}
    found = find_tactics(TacticsInput(**tables), stored_court(folder.read_json("court.facts")))
    return {**found, "players": tables["players"]}


def line(name: str, with_ball: bool, scores: TacticsScores) -> str:
    """Write scores as a row."""
    shares = (scores.answered, scores.attacking, scores.phase, scores.guarded, scores.sure_guarded, scores.matchups)
    cells = [name, "with" if with_ball else "without", *(f"{100 * each.value:.1f} %" for each in shares)]
    return f"| {' | '.join([*cells, f'{scores.possessions.right} of {scores.possessions.of}'])} |"


if __name__ == "__main__":
    main()
