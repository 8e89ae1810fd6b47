"""Packed scenes: players are clustered frame by frame, and what is found is drawn."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.scenes import Frames, look_at_players, names_by_team, numbered_by_team
from models.reid.data.crops import pack, whole
from models.reid.data.splits.people import People


def test_players_of_each_frame_fall_into_their_teams(tmp_path: Path) -> None:
    players, frames = 6, 2
    picture = np.full((40, 90, 3), 90, np.uint8)
    files = [str(tmp_path / f"{frame}.png") for frame in range(frames)]
    for file in files:
        cv2.imwrite(file, picture)
    who = np.tile(np.arange(players), frames)
    crops = pack(
        (whole(picture[:20, :10], int(k), tracklet=int(k), frame=row // players) for row, k in enumerate(who)),
        ["clip"],
        ["game"],
        "x",
    )
    team = who % 2
    people = People(crops, team, np.ones(len(who), bool), ~np.eye(players, dtype=bool))
    left = 15 * who
    boxes = np.column_stack([left, np.full_like(left, 5), left + 10, np.full_like(left, 25)])
    seen = Frames(people, boxes, np.repeat(np.array(files, object), players))
    vectors = np.eye(2, dtype=np.float32)[team]
    vectors[0] = vectors[1]  # in the first frame, one of six looks like the others' team

    found = look_at_players(seen, vectors, tmp_path / "out")

    assert found["two clusters"] == ((5 / 6 + 1) / 2, 0.0)
    drawn = cv2.imread(str(tmp_path / "out" / "players.jpg"))
    assert drawn is not None
    assert drawn.shape == (720, 1280, 3)
    assert (tmp_path / "out" / "latent.png").is_file()
    rows = np.arange(players)
    assert numbered_by_team(people, rows).tolist() == [0, 3, 1, 4, 2, 5]
    assert names_by_team(people, rows)[3] == "team B, person 1"
