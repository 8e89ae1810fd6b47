"""How many answers a game needs: `python -m benchmarks.review_effort [--out reports/review-effort]`.

Games of 10 and 48 minutes without pixels are rendered and analysed (or taken from `--out`). Their embeddings are blurred,
each tracklet's in one direction, as the pictures of a tracklet err together, until about 95 % of player-time is right. Then a
simulated reviewer who knows the truth answers the queue of doubts of `courtside review`, one question after another, and
identity is solved again after each answer, as the page does. Printed: the share of player-time (true boxes that a tracklet
covers; those of nobody are wrong) under the right player against the number of answers; beside it as many of the queue's
questions in random order.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from benchmarks.full_game import ASKED, analyse, is_what, render
from pipeline.corrections import Correction, Spot
from pipeline.evaluation.boxes import IdentifiedBoxes, match, pair
from pipeline.evaluation.truth import Truth, read_truth, thinned
from pipeline.rendering import NoiseSettings
from pipeline.review.doubts import Doubt, doubts_of
from pipeline.review.game import TABLES, Dress, ReviewedGame
from pipeline.run.context import RunContext
from pipeline.run.loading import EVALUATED, context_of

SCORED_FPS = 5.0
RIGHT = 0.95
"""Share of player-time that is right at the start."""
BLURS = (0.2, 0.6)
"""Length of what is added to an embedding of length 1; looked for between these."""
_HALVINGS = 6
SHOWN = (0, 5, 10, 20, 30, 40, 60)
"""Numbers of answers that are printed."""
ORDERS = ("queue", "random")
Choice = Callable[[Sequence[Doubt]], Doubt]


@dataclass
class ReviewedRun:
    """A game with truth, solved again with what the reviewer has said."""

    context: RunContext
    truth: Truth

    @cached_property
    def matched(self) -> pd.DataFrame:
        """What every tracklet shows: track_id, identity (true), frame of each matched box."""
        frames = thinned(self.truth.frames, SCORED_FPS)["frame"].to_numpy(np.int64)
        persons = self.truth.persons[
            (self.truth.persons["role"] == "player") & self.truth.persons["frame"].isin(frames)
        ]
        true_boxes = _identified(persons, "identity", ["x", "y", "w", "h"])
        tables = self.context.tables
        found = tables["split_tracks"].merge(tables["detections"], on="detection_id")
        found = found[found["frame"].isin(frames)]
        found = found.assign(w=found["x2"] - found["x1"], h=found["y2"] - found["y1"])
        pairing = pair(true_boxes, _identified(found, "track_id", ["x1", "y1", "w", "h"]), frames)
        pairs = match(pairing)
        return pd.DataFrame(
            {
                "track_id": pairing.found.identity[pairs.found_row],
                "identity": pairing.truth.identity[pairs.truth_row],
                "frame": pairing.truth.frame[pairs.truth_row],
            }
        )

    def share_right(self) -> float:
        """Return the share of matched boxes under the right player; those of nobody are wrong."""
        player = self.matched["track_id"].map(self.context.tables["identities"].set_index("track_id")["player_id"])
        counts = pd.crosstab(self.matched["identity"], player.fillna(0).astype(int))
        counts = counts.drop(columns=0, errors="ignore")
        rows, columns = linear_sum_assignment(-counts.to_numpy())
        return float(counts.to_numpy()[rows, columns].sum() / len(self.matched))

    def game(self) -> ReviewedGame:
        """Return what the page shows."""
        players = self.context.tables["players"]["player_id"]
        grey = {int(who): Dress("#888888", "#000000") for who in players}
        tables = {name: self.context.tables[name] for name in TABLES}
        return ReviewedGame(tables, {int(who): f"P{who}" for who in players}, grey)

    def shown_by(self, game: ReviewedGame, track_id: int) -> int | None:
        """Return who a person sees in the picture of a tracklet: at its clearest box, else mostly; None for no player."""
        mine = self.matched[self.matched["track_id"] == track_id]
        if mine.empty:
            return None
        row = int(game.boxes.loc[int(game.clearest[track_id]), "row"])
        frame = int(self.context.tables["frames"]["frame"].iloc[row])
        return int(mine["identity"].iloc[int((mine["frame"] - frame).abs().argmin())])

    def answer(self, game: ReviewedGame, doubt: Doubt) -> None:
        """Say the truth about a doubt, and solve again; what contradicts is left out, as the page refuses it."""
        people = self.shown_by(game, doubt.track_id), self.shown_by(game, doubt.against)
        action = "same" if None not in people and people[0] == people[1] else "apart"
        spots = (
            Spot(*game.spot(doubt.track_id, doubt.at_s)),
            Spot(*game.spot(doubt.against, doubt.against_at_s)),
        )
        self.context.corrections = (*self.context.corrections, Correction(action, *spots))
        for memory in (self.context.memories or {}).values():
            memory.begin()
        self.context.complete("identity", "identity")


def _identified(rows: pd.DataFrame, identity: str, box: list[str]) -> IdentifiedBoxes:
    return IdentifiedBoxes(
        rows["frame"].to_numpy(np.int64), rows[identity].to_numpy(np.int64), rows[box].to_numpy(np.float64)
    )


def blurred(run: Path, game: Path, blur: float) -> ReviewedRun:
    """Open a finished run of a game, and solve it again with embeddings that tell people apart worse.

    Args:
        run: a finished run of the game.
        game: with its truth.
        blur: length of what is added to an embedding of length 1.
    """
    context = context_of(run, names=tuple({*EVALUATED, *TABLES}))
    embeddings = np.array(context.embeddings, np.float32)  # (n, dim)
    tracks = context.tables["split_tracks"].set_index("detection_id")["track_id"]
    track = tracks.reindex(context.tables["detections"]["detection_id"]).fillna(0).to_numpy(np.int64)
    direction = np.random.default_rng(0).normal(size=(int(track.max()) + 1, embeddings.shape[1]))
    embeddings += blur * direction[track] / np.sqrt(embeddings.shape[1])
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    context.embeddings, context.memories = embeddings.astype(np.float16), {}
    context.complete("identity", "identity")
    return ReviewedRun(context, read_truth(game))


def blur_for(run: Path, game: Path, right: float) -> float:
    """Find the blur with which about a share of player-time is right, by halving the range: more blur, less is right."""
    low, high = BLURS
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if blurred(run, game, middle).share_right() > right else (low, middle)
    return round(low, 3)


def answered(work: ReviewedRun, choose: Choice, answers: int) -> list[tuple[int, float]]:
    """Answer doubts one by one; return number of answers and share of player-time right after each.

    Args:
        work: the game.
        choose: which of the open questions is asked next.
        answers: how many are given.
    """
    asked: set[tuple[int, int]] = set()
    found = [(0, work.share_right())]
    for number in range(1, answers + 1):
        shown = work.game()
        waiting = [doubt for doubt in doubts_of(shown) if (doubt.track_id, doubt.player_id) not in asked]
        if not waiting:
            break
        doubt = choose(waiting)
        asked.add((doubt.track_id, doubt.player_id))
        work.answer(shown, doubt)
        found.append((number, work.share_right()))
        print(f"  {number}: {doubt.reason}, {100 * found[-1][1]:.2f} %", file=sys.stderr, flush=True)
    return found


def prepared(out: Path, minutes: float, seed: int) -> tuple[Path, Path]:
    """Render and analyse a game, or take the one that is there; return run and game."""
    game, run = out / f"game-{minutes:g}", out / f"run-{minutes:g}"
    asked = f"{seed} {minutes:g}"
    if not is_what(game / ASKED, asked):
        render(game, seed, minutes * 60, NoiseSettings())
        analyse(game, run)
        (game / ASKED).write_text(asked, encoding="utf-8")
    return run, game


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("reports/review-effort"))
    parser.add_argument("--minutes", type=float, nargs="+", default=[10.0, 48.0])
    parser.add_argument("--answers", type=int, default=40)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--order", nargs="+", choices=ORDERS, default=ORDERS)
    parser.add_argument("--blur", type=float, help="without: as much as leaves 95 % right")
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(given.seed)
    orders: dict[str, Choice] = {
        "queue": lambda waiting: waiting[0],
        "random": lambda waiting: waiting[int(rng.integers(len(waiting)))],
    }
    shown = [number for number in SHOWN if number <= given.answers]
    print("| minutes | blur | order | " + " | ".join(map(str, shown)) + " |")
    print("|---:|---:|---|" + "---:|" * len(shown))
    for minutes in given.minutes:
        run, game = prepared(given.out, minutes, given.seed)
        blur = blur_for(run, game, RIGHT) if given.blur is None else given.blur
        for name in given.order:
            choose = orders[name]
            scores = dict(answered(blurred(run, game, blur), choose, given.answers))
            last = max(scores)
            cells = " | ".join(f"{100 * scores[min(number, last)]:.1f}" for number in shown)
            print(f"| {minutes:g} | {blur:g} | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
