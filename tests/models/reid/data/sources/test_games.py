"""Crops from videos: a rendered game, a clip with hand-made truth, an analysed game."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.reid.data.settings import GameData, GameSource
from models.reid.data.sources.games import joined, read_game
from models.reid.data.sources.readers import read_splits
from pipeline.errors import InputError
from pipeline.store import write_table
from pipeline.tables import conform


@pytest.fixture
def truth(fixed_game: Path) -> pd.DataFrame:
    return pd.read_parquet(fixed_game / "truth.parquet")


def test_people_of_a_rendered_game_are_cut_where_they_are(
    tmp_path: Path, fixed_game: Path, truth: pd.DataFrame
) -> None:
    people = read_game(fixed_game, tmp_path, every_s=0.5)
    crops = people.crops
    assert people.fps == 1000
    assert set(np.diff(np.unique(crops.frame))) <= set(range(490, 610))
    assert {int(name) for name in crops.identity_names} <= set(truth["id"])
    assert set(people.team.tolist()) <= {-1, 0, 1}
    assert {0, 1} <= set(people.team.tolist())
    assert people.differ.sum() == len(people.differ) * (len(people.differ) - 1), "everybody is somebody else"
    row = truth[(truth["frame"] == 0) & (truth["id"] == int(crops.identity_names[crops.identity[0]]))].iloc[0]
    height, width = crops.person(0).shape[:2]
    assert abs(height - row["h"]) <= 1.5
    assert abs(width - row["w"]) <= 1.5
    assert len(read_game(fixed_game, tmp_path, every_s=0.5)) == len(people), "read back from the cache"


def clip_of(folder: Path, truth: pd.DataFrame) -> Path:
    """Write hand-made truth from the true boxes."""
    folder.mkdir()
    rows = truth[truth["frame"] % 15 == 0]
    columns = ["frame", "id", "role", "team", "jersey", "x", "y", "w", "h"]
    rows[columns].assign(occluded=0).to_csv(folder / "truth.csv", index=False)
    return folder


def test_people_of_a_clip_with_truth(tmp_path: Path, fixed_game: Path, truth: pd.DataFrame) -> None:
    clip = clip_of(tmp_path / "clip", truth)
    people = read_game(clip, tmp_path / "cache", fixed_game / "video.mp4")
    whole = read_game(fixed_game, tmp_path / "cache", every_s=1.0, min_visible=0.0)
    assert len(people) == len(whole)
    row = len(people) // 2
    np.testing.assert_array_equal(people.crops.person(row), whole.crops.person(row))
    with pytest.raises(InputError, match="name it under `video`"):
        read_game(clip, tmp_path / "cache")


def analysed(folder: Path, truth: pd.DataFrame) -> Path:
    """Write the tables of an analysis with one tracklet per person, cut in two in the middle of the game."""
    rows = truth[(truth["frame"] % 15 == 0)].sort_values(["frame", "id"]).reset_index(drop=True)
    n = len(rows)
    box: Mapping[str, object] = {
        "x1": rows["x"],
        "y1": rows["y"],
        "x2": rows["x"] + rows["w"],
        "y2": rows["y"] + rows["h"],
    }
    detections = pd.DataFrame(
        {"detection_id": np.arange(n), "frame": rows["frame"], **box, "score": 0.9, "class": "player", "quality": 1.0}
        | dict.fromkeys(("jersey_l", "jersey_a", "jersey_b"), np.nan)
    )
    track = rows["id"] + np.where(rows["frame"] < 30, 0, 100) + 1
    (folder / "work").mkdir(parents=True)
    write_table(folder / "work" / "detections.parquet", "detections", conform("detections", detections))
    tracks = pd.DataFrame({"detection_id": np.arange(n), "track_id": track})
    write_table(folder / "work" / "tracks.parquet", "tracks", conform("tracks", tracks))
    return folder


def test_an_analysed_game_offers_tracklets(tmp_path: Path, fixed_game: Path, truth: pd.DataFrame) -> None:
    run = analysed(tmp_path / "run", truth)
    people = read_game(run, tmp_path / "cache", fixed_game / "video.mp4")
    names = people.crops.identity_names
    first, later = (names.index(str(truth["id"].min() + 1 + add)) for add in (0, 100))
    assert not people.differ[first, later], "who comes back may be the same person"
    together = np.flatnonzero([int(name) < 100 for name in names])
    assert people.differ[first, together].sum() >= 5


def test_a_folder_without_boxes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected truth\.parquet"):
        read_game(tmp_path, tmp_path)


def test_games_are_joined_and_split_by_game(
    tmp_path: Path, fixed_game: Path, broadcast_game: Path, truth: pd.DataFrame
) -> None:
    run = analysed(tmp_path / "run", truth)
    both = joined([read_game(game, tmp_path / "cache", every_s=1.0) for game in (fixed_game, broadcast_game)])
    border = int(np.flatnonzero(both.crops.scene == 1)[0])
    split = int(both.crops.identity[:border].max()) + 1
    assert both.crops.identity[border:].min() >= split
    assert not both.differ[:split, split:].any(), "people of two games: nothing is known"
    alone = read_game(broadcast_game, tmp_path / "cache", every_s=1.0)
    np.testing.assert_array_equal(both.crops.person(border), alone.crops.person(0))
    sources = [GameSource(path=str(fixed_game)), GameSource(path=str(run), video=str(fixed_game / "video.mp4"))]
    settings = GameData(train=(sources[0],), test=(sources[1],), every_s=1.0, max_identities=3)
    splits = read_splits(settings, Path("/"), tmp_path / "cache")
    assert len(splits.validation) == 0
    assert splits.train.crops.games() == {fixed_game.name}
    assert splits.test.crops.games() == {"run"}
    with pytest.raises(InputError, match="is named twice"):
        read_splits(GameData(train=(sources[0],), test=(sources[0],)), Path("/"), tmp_path / "cache")
