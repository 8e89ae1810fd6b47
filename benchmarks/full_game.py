"""A whole game behind perception: `python -m benchmarks.full_game [--minutes 48] [--out reports/full-game]`.

Renders a game without pixels (86,400 frames, 24 players, 3 referees; once, some minutes), lets `courtside analyze` take it
in a process of its own, and prints the seconds of each stage, the processor's seconds, the peak of resident memory, and
the scores against the truth. `--noise NAME=VALUE` makes detector and encoder better or worse.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.evaluation import Evaluation, evaluate
from pipeline.rendering import WHOLE_GAME, NoiseSettings, noise_settings, render_positions, whole_game

FPS = 30.0
SCORED_FPS = 5.0
ASKED = "asked.json"
"""What a stored game was asked to be, beside it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=48.0)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--noise", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, default=Path("reports/full-game"))
    given = parser.parse_args(arguments)
    noise = noise_settings({name: float(value) for name, _, value in (text.partition("=") for text in given.noise)})
    game, run = given.out / "game", given.out / "run"
    asked = json.dumps({"seed": given.seed, "minutes": given.minutes, "noise": noise.model_dump(mode="json")})
    if not is_what(game / ASKED, asked):
        began = time.perf_counter()
        render(game, given.seed, given.minutes * 60, noise)
        print(f"rendered {given.minutes:g} minutes without pixels in {time.perf_counter() - began:.0f} s\n", flush=True)
        (game / ASKED).write_text(asked, encoding="utf-8")
    analyse(game, run)
    show_time(game, run)
    began = time.perf_counter()
    scores = evaluate(run, game, SCORED_FPS)
    show_scores(scores)
    print(
        f"\nscored on {scores.frames_scored} of {scores.frames_of_truth} frames in {time.perf_counter() - began:.0f} s"
    )


def is_what(path: Path, asked: str) -> bool:
    """Tell whether the stored game, if there is one, is the one asked for."""
    return path.is_file() and path.read_text(encoding="utf-8") == asked


def render(game: Path, seed: int, seconds: float, noise: NoiseSettings) -> None:
    """Play and film the game; one that was stopped half-way is begun anew."""
    shutil.rmtree(game, ignore_errors=True)
    share = seconds / float(WHOLE_GAME["seconds"])
    settings = whole_game(
        seed=seed, seconds=seconds, period_s=share * WHOLE_GAME["period_s"], fps=FPS, court="nba", players_per_team=12
    )
    render_positions(settings, noise, game)


def analyse(game: Path, run: Path) -> None:
    """Analyse the game from scratch in a process of its own."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(game), "--out", str(run)]
    subprocess.run([*command, "--fresh"], check=True, env={**os.environ, "COLUMNS": "120"}, stdout=subprocess.DEVNULL)


def show_time(game: Path, run: Path) -> None:
    """Print what it took."""
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tracklets = pq.read_table(run / "work" / "tracks.parquet", columns=["track_id"])["track_id"].unique()
    boxes = pq.read_metadata(game / "perceived" / "detections.parquet").num_rows
    print(f"{manifest['perceived']['analysed']} frames, {boxes} boxes, {len(tracklets)} tracklets\n")
    print("| stage | seconds |\n|---|---:|")
    behind = {stage: seconds for stage, seconds in manifest["seconds"].items() if stage != "perceive"}
    for stage, seconds in behind.items():
        print(f"| {stage} | {seconds:.1f} |")
    print(f"| **all behind perceive** | **{sum(behind.values()):.1f}** |")
    print(f"| processor time of the whole command | {used.ru_utime + used.ru_stime:.1f} |\n")
    print(f"peak memory {used.ru_maxrss / 1e6:.2f} GB\n")


def show_scores(scores: Evaluation) -> None:
    """Print the scores that matter over a whole game."""
    rows = [
        ("HOTA", f"{100 * scores.players.hota:.1f} %"),
        ("AssA", f"{100 * scores.players.assa:.1f} %"),
        ("IDF1", f"{100 * scores.players.idf1:.1f} %"),
        ("identity, of player-time", f"{100 * scores.identity.accuracy:.1f} %"),
        ("identity, where found", f"{100 * scores.identity.accuracy_when_found:.1f} %"),
        ("players found", f"{scores.identity.players_found} of {scores.identity.players_true}"),
    ]
    for absence in scores.identity.absences:
        rows.append((f"kept after absences, {absence.span}", f"{absence.kept} of {absence.kept + absence.lost}"))
    if scores.movement is not None:
        rows += [
            ("distance per player, located time", f"{100 * scores.movement.distance_error:.1f} % off"),
            ("position, median", f"{scores.movement.position_error_median_m:.2f} m off"),
            ("heat map overlap", f"{100 * scores.movement.heatmap_overlap:.1f} %"),
        ]
    print("| score | |\n|---|---:|")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
