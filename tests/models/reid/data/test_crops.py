"""Crop sets: packing, reading back, tracklet tables, names of people, splits."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from models.reid.data.crops import CropSet, Entry, cut, load_crops, pack, save_crops
from models.reid.data.sources.tracklets import read_tracklets
from models.reid.data.splits.people import name_people, unnamed
from models.reid.data.splits.split import of_games, refuse_leak, split_games
from pipeline.errors import InputError, SettingsError


@pytest.fixture
def crops(make_crops: Callable[..., CropSet]) -> CropSet:
    return make_crops()


def test_a_person_is_the_box_without_surroundings() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[20:60, 30:50] = 200
    image, box = cut(picture, (30, 20, 50, 60), 0.25)
    assert image.shape == (60, 30, 3)
    person = pack([Entry(image, box, 0, 0, 0, 0)], ["a"], ["g"]).person(0)
    assert person.shape == (40, 20, 3)
    assert (person == 200).all()


def test_a_box_at_the_corner_keeps_what_the_picture_has() -> None:
    image, box = cut(np.zeros((50, 50, 3), np.uint8), (0, 0, 10, 20), 0.5)
    assert image.shape == (30, 15, 3)
    assert box == (0, 0, 10, 20)


def test_packed_crops_read_back_as_written(tmp_path: Path, crops: CropSet) -> None:
    save_crops(crops, tmp_path / "packed")
    again = load_crops(tmp_path / "packed")
    assert len(again) == len(crops)
    assert again.scene_names == crops.scene_names
    for row in (0, 7, len(crops) - 1):
        np.testing.assert_array_equal(again.image(row), crops.image(row))


def test_damaged_packed_crops_are_refused(tmp_path: Path, crops: CropSet) -> None:
    save_crops(crops, tmp_path)
    (tmp_path / "identity.npy").write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        load_crops(tmp_path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two frames of a clip of a game; tracklet 7 in both, 8 and 9 in one each."""
    (tmp_path / "images" / "train").mkdir(parents=True)
    for frame in range(2):
        picture = np.full((64, 64, 3), 50 * frame, np.uint8)
        cv2.imwrite(str(tmp_path / "images" / "train" / f"{frame}.png"), picture)
    rows = [("g-q1-00", 0, "train", "0.png", t, 5 + t, 5, 10, 20) for t in (7, 8)]
    rows += [("g-q1-00", 3, "train", "1.png", t, 5 + t, 5, 10, 20) for t in (7, 9)]
    columns = ["clip", "frame", "split", "file", "tracklet", "x", "y", "w", "h"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "boxes.csv", index=False)
    return tmp_path / "boxes.csv"


def test_tracklets_are_cut_once_and_read_back(tmp_path: Path, table: Path) -> None:
    first = read_tracklets(table, tmp_path / "images", tmp_path / "cache")
    for picture in (tmp_path / "images" / "train").iterdir():
        picture.unlink()
    again = read_tracklets(table, tmp_path / "images", tmp_path / "cache")
    assert sorted(first.tracklet) == sorted(again.tracklet) == [7, 7, 8, 9]
    assert sorted(again.identity) == [0, 0, 1, 2]
    assert again.scene_game == ("g",)
    assert first.person(0).shape == (20, 10, 3)


def test_missing_pictures_and_columns_are_said(tmp_path: Path, table: Path) -> None:
    with pytest.raises(InputError, match=r"0\.png: missing"):
        read_tracklets(table, tmp_path / "nowhere", tmp_path / "cache")
    table.write_text("clip,frame\na,1\n")
    with pytest.raises(InputError, match="column split is missing"):
        read_tracklets(table, tmp_path / "images", tmp_path / "cache")


def test_without_names_only_meeting_tracklets_differ(crops: CropSet) -> None:
    people = unnamed(crops)
    assert people.differ[0, 1]
    assert not people.differ[0, 0]
    assert not people.differ[0, 4], "people of two clips may be the same"


def test_names_join_tracklets_and_tell_people_of_a_game_apart(tmp_path: Path, crops: CropSet) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "clip,tracklet,team,person\n"
        "game-0-q1-00,0,A,7\ngame-0-q1-01,0,A,7\n"  # one person in two clips
        "game-0-q1-01,1,A,9\ngame-0-q1-01,2,B,\n"  # another of the team; one without a name of the other team
        "game-1-q1-00,0,A,7\ngame-0-q1-00,3,-,\n"  # the same name in another game; one that shows nobody
    )
    people = name_people(crops, path)
    identity = people.crops.identity
    assert 4 not in identity
    assert 3 not in identity
    assert (identity == 0).sum() == 12
    assert people.differ[0, 5], "two names of one game"
    assert people.differ[0, 6], "two teams of one game"
    assert not people.differ[0, 8], "another game says nothing"
    assert not people.differ[1, 4], "nothing is known of 1"


def test_a_wrong_team_is_said_with_its_row(tmp_path: Path, crops: CropSet) -> None:
    path = tmp_path / "people.csv"
    path.write_text("clip,tracklet,team,person\na,1,A,7\na,2,red,8\n")
    with pytest.raises(InputError, match="row 3: team must be"):
        name_people(crops, path)


def test_a_split_by_game_shares_nothing(crops: CropSet) -> None:
    train, validation, held_out = split_games(crops, ["game-1"], [])
    assert train.games() == {"game-0"}
    assert held_out.games() == {"game-1"}
    assert len(validation) == 0
    assert not np.intersect1d(train.identity, held_out.identity).size


@pytest.mark.parametrize(
    ("held_out", "validation", "says"),
    [
        (["game-7"], [], "no game 'game-7'"),
        (["game-1"], ["game-1"], "both held out and used for validation"),
        (["game-0", "game-1"], [], "nothing is left"),
    ],
)
def test_a_split_that_leaks_is_refused(crops: CropSet, held_out: list[str], validation: list[str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        split_games(crops, held_out, validation)


def test_a_leak_is_an_error(crops: CropSet) -> None:
    with pytest.raises(SettingsError, match="split leaks: game"):
        refuse_leak(crops, of_games(crops, ["game-0"]))
    game = of_games(crops, ["game-0"])
    with pytest.raises(SettingsError, match="split leaks"):
        refuse_leak(game.select(np.arange(5)), game.select(np.arange(5, 9)))
