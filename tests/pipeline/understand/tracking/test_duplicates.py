"""Pairs of boxes that overlap, and people boxed both as a player and as a referee."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.boxes import iou
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.tracking.duplicates import cross_class_duplicates


def game_of(rows: list[tuple[int, float, str, float]]) -> TrackedGame:
    """Boxes of 40 x 100 px as (frame, left edge, class, score)."""
    table = pd.DataFrame(rows, columns=["frame", "x1", "class", "score"])
    table = table.assign(x2=table["x1"] + 40, y1=0.0, y2=100.0, quality=1.0, detection_id=range(len(rows)))
    table[["jersey_l", "jersey_a", "jersey_b"]] = np.nan
    frames = pd.DataFrame({"frame": range(10), "time_s": np.arange(10) / 10, "shot": 0})
    frames[list(MOTION_COLUMNS)] = np.nan
    return TrackedGame.of(conform("frames", frames), conform("detections", table))


def test_pairs_that_overlap_are_those_of_every_frame_by_itself() -> None:
    rng = np.random.default_rng(0)
    rows = [(int(frame), float(rng.uniform(0, 300)), "player", 0.9) for frame in np.sort(rng.integers(0, 10, 60))]
    game = game_of(rows)
    expected = {}
    for frame in range(10):
        of_frame = np.flatnonzero(game.box_frame == frame)
        shared = np.triu(iou(game.xyxy_px[of_frame], game.xyxy_px[of_frame]), 1)
        expected |= {(of_frame[i], of_frame[j]): shared[i, j] for i, j in np.argwhere(shared > 0)}
    found = {tuple(sorted(pair)): shared for *pair, shared in zip(*game.overlapping, strict=True)}
    assert len(found) == len(game.overlapping[0])
    assert found == expected


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        ([(0, 0.0, "player", 0.9), (0, 2.0, "referee", 0.5)], [1]),
        ([(0, 0.0, "player", 0.5), (0, 2.0, "referee", 0.9)], [0]),
        ([(0, 0.0, "referee", 0.7), (0, 2.0, "player", 0.7)], [1]),  # equally good: a player's goes
        ([(0, 0.0, "player", 0.9), (0, 2.0, "player", 0.5)], []),
        ([(0, 0.0, "player", 0.9), (0, 20.0, "referee", 0.5)], []),
        ([(0, 0.0, "player", 0.9), (1, 2.0, "referee", 0.5)], []),
        ([(0, 0.0, "ball", 0.9), (0, 2.0, "referee", 0.5)], []),
    ],
)
def test_of_a_player_and_a_referee_on_one_person_the_worse_is_left_out(
    rows: list[tuple[int, float, str, float]], left_out: list[int]
) -> None:
    game = game_of(rows)
    person = (game.detections["class"] != "ball").to_numpy()
    assert cross_class_duplicates(game, person, 0.8).tolist() == left_out
