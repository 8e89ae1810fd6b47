"""Which games a folder or a list holds."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.run.batch import BatchGame, games_in


def touched(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_holds_its_videos_and_rendered_games(tmp_path: Path) -> None:
    touched(tmp_path / "b.MOV", tmp_path / "a.mp4", tmp_path / ".hidden.mp4", tmp_path / "notes.txt")
    touched(tmp_path / "rendered" / "video.mp4", tmp_path / "season" / "c.mp4")
    assert games_in(tmp_path) == (
        BatchGame(tmp_path / "a.mp4", "a"),
        BatchGame(tmp_path / "b.MOV", "b"),
        BatchGame(tmp_path / "rendered", "rendered"),
    )


def test_names_that_are_taken_have_a_number(tmp_path: Path) -> None:
    touched(tmp_path / "game.mp4", tmp_path / "Game.mkv", tmp_path / "game.avi", tmp_path / "game-2.mp4")
    assert [game.name for game in games_in(tmp_path)] == ["Game", "game-2", "game-3", "game-4"]


def test_a_text_file_has_a_video_a_line(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# finals\nvideos/one.mp4\n\n/elsewhere/two.mp4\n", encoding="utf-8")
    assert games_in(tmp_path / "list.txt") == (
        BatchGame(tmp_path / "videos" / "one.mp4", "one"),
        BatchGame(Path("/elsewhere/two.mp4"), "two"),
    )


def test_a_csv_file_says_more_of_each(tmp_path: Path) -> None:
    lines = [
        "Video;out;court;calibration;roster;corrections;start;end;periods",
        "one.mp4;final;nba;c.json;r.csv;k.csv;1:30;1:02:03.5;0 12:30",
    ]
    (tmp_path / "list.csv").write_text("\n".join([*lines, "one.mp4;;;;;;;;"]), encoding="utf-8")
    one = tmp_path / "one.mp4"
    files = (tmp_path / "c.json", tmp_path / "r.csv", tmp_path / "k.csv")
    assert games_in(tmp_path / "list.csv") == (
        BatchGame(one, "final", "nba", *files, 90.0, 3723.5, (0.0, 750.0)),
        BatchGame(one, "one"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("video,out\n,x\n", "line 2: no video"),
        ("video,out\na.mp4,../x\n", "line 2: out '../x' is not the name of a folder"),
        ("video,out\na.mp4,..\n", "line 2: out '..' is not the name of a folder"),
        ("video,court\na.mp4,cricket\n", "line 2: there is no court 'cricket'"),
        ("video,start\na.mp4,1:75\n", "line 2: start '1:75': expected seconds, M:SS or H:MM:SS"),
        ("video,periods\na.mp4,0 half\n", "line 2: periods 'half': expected seconds, M:SS or H:MM:SS"),
        ("# nothing\n", "holds no game; expected a line with a video"),
    ],
)
def test_a_list_that_cannot_be_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        games_in(tmp_path / "list.csv")
    assert says in str(caught.value)


def test_no_folder_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the list of games"):
        games_in(tmp_path / "gone")
    with pytest.raises(InputError, match="holds no game; expected a video"):
        games_in(tmp_path)
