"""Is what the scoreboard shows read right? `python -m benchmarks.scoreboard [--data DATA] [--seconds 60]`.

Scoreboards of rendered games, each design by itself (two of them were held back when settings were chosen), every analysed frame compared with
the truth; and with `--data` the real clips, at the moments that a person wrote down (benchmarks/scoreboard_truth.csv; without a value the
clock is hidden, or there is none). Prints the share of frames that have a clock, of these the share that is right to a second, the
worst error, the share of scores, periods and shot clocks (to a second) that is right, and processor seconds per second of video.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from models.text import TextReader
from pipeline.perceive.graphics import find_graphics
from pipeline.perceive.scoreboard import READ_EVERY_S, ScoreboardReader, find_scoreboard
from pipeline.rendering import RenderSettings, render_game
from pipeline.rendering.scene.overlay import DESIGNS, HELD_BACK
from pipeline.tables import FRAMES, conform
from pipeline.understand.scoreboard import as_clock_s, read_clock

TRUTH = Path(__file__).with_name("scoreboard_truth.csv")
FPS = 5.0
SAMPLES, VIEWS = 6, 24
HEAD = "| scoreboard | frames | shown | found | right | worst, s | score | period | shot clock | processor s per s |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=61)
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS))
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader = TextReader(what="benchmarks.scoreboard")
    print(HEAD)
    for k, design in enumerate(given.designs):
        with tempfile.TemporaryDirectory() as folder:
            settings = RenderSettings(
                seed=given.seed + k, seconds=given.seconds, fps=FPS, scoreboard_design=design, dead_ball_every_s=20
            )
            game = render_game(settings, Path(folder) / "game")
            true = pd.read_parquet(game / "frames.parquet")
            shown = true["kind"] == "play"
            renamed = {"clock_period": "period", "score_a": "first", "score_b": "second", "shot_clock_s": "shot_clock"}
            table = true.drop(columns="period").rename(columns=renamed).where(shown)
            clock, cost = _read(game / "video.mp4", reader)
            table["clock_s"] = np.where(table["clock_s"] >= 60, np.floor(table["clock_s"]), table["clock_s"])
            name = f"{design}{', held back' if design in HELD_BACK else ''}"
            _print(name, table.assign(frame=true["frame"]), clock, cost)
    if given.data is not None:
        _print_clips(given.data, reader)


def _print_clips(data: Path, reader: TextReader) -> None:
    """Read the real clips."""
    truth = pd.read_csv(TRUTH)
    for clip, rows in truth.groupby("clip", sort=False):
        path = next((data / "videos").glob(f"{clip}.*"))
        clock, cost = _read(path, reader)
        table = rows.assign(clock_s=rows["clock"].map(as_clock_s, na_action="ignore").astype(float))
        _print(str(clip), table, clock, cost)


def _read(path: Path, reader: TextReader) -> tuple[pd.DataFrame, float]:
    """Find and read the scoreboard of a video; the table `clock` of all frames, and processor seconds per second."""
    capture = cv2.VideoCapture(str(path))
    fps, images = capture.get(cv2.CAP_PROP_FPS), []
    while True:
        more, image = capture.read()
        if not more:
            break
        images.append(image)
    count = len(images)
    frames = pd.DataFrame({column.name: np.nan for column in FRAMES.columns}, index=range(count))
    frames = conform("frames", frames.assign(frame=range(count), time_s=np.arange(count) / fps, shot=0))
    small = [
        cv2.resize(images[int((k + 0.5) * count / VIEWS)], (640, 360), interpolation=cv2.INTER_AREA)
        for k in range(VIEWS)
    ]
    graphics = find_graphics(small)
    began = time.process_time()
    place = find_scoreboard([images[int((k + 0.5) * count / SAMPLES)] for k in range(SAMPLES)], graphics, reader)
    found_s = time.process_time() - began
    if place is None:
        return read_clock(pd.DataFrame(columns=["frame"]), frames.iloc[:0]), found_s / (count / fps)
    board = ScoreboardReader(place, reader)
    chosen = sorted({int(np.ceil(k * READ_EVERY_S * fps)) for k in range(int(count / fps / READ_EVERY_S) + 1)})
    texts = board.table([(k, board.cut(images[k])) for k in chosen if k < count])
    taken = time.process_time() - began
    return read_clock(texts, frames), taken / (count / fps)


def _print(name: str, true: pd.DataFrame, clock: pd.DataFrame, cost: float) -> None:
    """Print one line."""
    both = true.merge(clock, on="frame", how="left", suffixes=("", "_said"))
    shown = both["clock_s"].notna()
    found = both["clock_s_said"].notna()
    error = (both["clock_s"] - both["clock_s_said"]).abs()[shown & found]
    cells = [
        f"{len(both)}",
        f"{shown.sum()}",
        f"{_share(found[shown])}, hidden ones {(found & ~shown).sum()}",
        _share(error <= 1.0 + 1e-6),
        f"{error.max():.1f}" if len(error) else "–",
        _share(
            (both["first"] == both["score_first"])[shown & found]
            & (both["second"] == both["score_second"])[shown & found]
        ),
        _share((both["period"] == both["period_said"])[shown & found]),
        _share(
            ((both["shot_clock"] - both["shot_clock_s"]).abs() <= 1.0 + 1e-6)[
                shown & found & both["shot_clock"].notna()
            ]
        ),
        f"{cost:.2f}",
    ]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _share(values: pd.Series) -> str:
    return f"{100 * values.astype(float).mean():.1f} %" if len(values) else "–"


if __name__ == "__main__":
    main()
