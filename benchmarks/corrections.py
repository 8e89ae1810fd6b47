"""What a correction costs: `python -m benchmarks.corrections [--minutes 10 48] [--out reports/corrections]`.

Renders games without pixels and analyses them (once, in processes of their own), opens each as `courtside review` does, and
corrects it as an analyst would: a name, a tracklet moved to somebody new, two players merged, a tracklet split, undo. Prints
the seconds of the wall clock and of the processor of each, what follows when nobody waits (statistics, line-ups, the ball), what people
look at written anew, and what a call of `courtside relabel` takes from its start.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.full_game import render
from pipeline.corrections import Asked, Merge, Move, Name, SplitAt
from pipeline.rendering import NoiseSettings
from pipeline.run.corrections import Corrector

_COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10.0, 48.0])
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--out", type=Path, default=Path("reports/corrections"))
    given = parser.parse_args(arguments)
    for minutes in given.minutes:
        measure(analysed(given.out / f"{minutes:g}", given.seed, minutes), minutes)


def analysed(folder: Path, seed: int, minutes: float) -> Path:
    """Render and analyse a game, unless that was done; return its run."""
    game, run = folder / "game", folder / "run"
    if not game.is_dir():
        render(game, seed, minutes * 60, NoiseSettings())
    subprocess.run([*_COMMAND, "analyze", str(game), "--out", str(run)], check=True, stdout=subprocess.DEVNULL)
    return run


def measure(run: Path, minutes: float) -> None:
    """Correct a copy of a run, and print what each correction took."""
    shutil.rmtree(run.parent / "corrected", ignore_errors=True)
    copy = Path(shutil.copytree(run, run.parent / "corrected"))
    (copy / "corrections.csv").unlink(missing_ok=True)
    print(f"{minutes:g} minutes, {os.cpu_count()} cores\n\n| what | s | processor, s |\n|---|---|---|", flush=True)
    corrector = Corrector(copy, waits=True)
    timed("open", lambda: corrector.tables)
    timed("warm up in the background", corrector.warm)
    for what, asked in steps():
        timed(what, lambda asked=asked: corrector.correct(asked(corrector.tables)))  # type: ignore[misc]
    timed("what follows, when nobody waits: statistics, ball", corrector.catch_up)
    timed("undo", corrector.undo)
    timed("what follows", corrector.catch_up)
    timed("report, CSV and the like", corrector.publish)
    relabelled = [*_COMMAND, "relabel", str(copy), "--name", "P2", "Somebody Else"]
    timed("`courtside relabel`, from its start, with the report", lambda: subprocess.run(relabelled, check=True))


def steps() -> list[tuple[str, Callable[[dict[str, pd.DataFrame]], list[Asked]]]]:
    """Say what is corrected: in words, and in terms of the tables at that time."""

    def tracklet(tables: dict[str, pd.DataFrame], player: int) -> int:
        mine = tables["identities"].merge(tables["tracklets"], on="track_id")
        mine = mine[mine["player_id"] == player].sort_values("seen_s", ascending=False)
        return int(mine["track_id"].iloc[1])

    def newest(tables: dict[str, pd.DataFrame]) -> int:
        return int(tables["players"]["player_id"].max())

    def middle_s(tables: dict[str, pd.DataFrame], player: int) -> float:
        times = tables["frames"].merge(tables["detections"], on="frame").merge(tables["tracks"], on="detection_id")
        return float(times.loc[times["track_id"] == tracklet(tables, player), "time_s"].median())

    return [
        ("name", lambda _: [Name(1, "Ann Lee")]),
        ("move a tracklet to somebody new", lambda tables: [Move(tracklet(tables, 2), None)]),
        ("merge him back", lambda tables: [Merge(2, newest(tables))]),
        ("split a tracklet", lambda tables: [SplitAt(3, middle_s(tables, 3))]),
        ("another name", lambda _: [Name(4, "Bo Day")]),
    ]


def timed(what: str, work: Callable[[], object]) -> None:
    """Do something and print what it took."""
    wall, processor, children = time.perf_counter(), time.process_time(), os.times()
    work()
    after = os.times()
    spent = time.process_time() - processor
    spent += after.children_user + after.children_system - children.children_user - children.children_system
    print(f"| {what} | {time.perf_counter() - wall:.1f} | {spent:.1f} |", flush=True)


if __name__ == "__main__":
    main()
