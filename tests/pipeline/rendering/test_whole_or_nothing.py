"""A game is written whole or not at all."""

from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.rendering.game import whole_or_nothing


def test_an_earlier_game_stays_as_it_was_where_a_new_one_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "game.json").write_text("earlier")

    def stopped() -> None:
        with whole_or_nothing(tmp_path) as folder:
            (folder / "game.json").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("game.json", "earlier")]


def test_what_a_kill_left_is_removed_and_the_new_game_takes_the_place_of_the_old(tmp_path: Path) -> None:
    (tmp_path / ".rendering.partial").mkdir()
    (tmp_path / ".rendering.partial" / "truth.parquet").write_text("half")
    (tmp_path / "game.json").write_text("earlier")
    with whole_or_nothing(tmp_path) as folder:
        assert list(folder.iterdir()) == []
        (folder / "perceived").mkdir()
        for name in ("game.json", "perceived/frames.parquet"):
            (folder / name).write_text("new")
    found = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"game.json": "new", "perceived/frames.parquet": "new"}


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="is a file, not a directory"), whole_or_nothing(tmp_path / "file" / "game"):
        pass


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_text("mine")
    with (
        pytest.raises(OutputError, match=r"holds files that are no rendered game \(video\.mp4\)"),
        whole_or_nothing(tmp_path),
    ):
        pass
    assert (tmp_path / "video.mp4").read_text() == "mine"
