"""Files for people: ours are replaced together, a person's are never overwritten or removed."""

import json
import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.store import PublishedFiles, RunDirectory

NEEDS_LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make symbolic links")


def opened(root: Path) -> PublishedFiles:
    with RunDirectory.opened(root, alongside=True) as run:
        return run.published


def publish(root: Path, files: dict[str, str], group: str = "present") -> None:
    """Publish all files of a group."""
    with opened(root).publishing(group, whole=True) as folder:
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)


def found(root: Path) -> dict[str, str]:
    """Texts of the files for people."""
    files = [path for path in root.rglob("*") if path.is_file() and "work" not in path.relative_to(root).parts]
    return {path.relative_to(root).as_posix(): path.read_text() for path in files}


def test_a_group_replaces_what_it_published_before(tmp_path: Path) -> None:
    publish(tmp_path, {"report.html": "1", "heatmaps/a.png": "a", "heatmaps/b.png": "b"})
    publish(tmp_path, {"annotated.mp4": "v"}, "video")
    publish(tmp_path, {"report.html": "2", "heatmaps/b.png": "c"})
    assert found(tmp_path) == {"report.html": "2", "heatmaps/b.png": "c", "annotated.mp4": "v"}
    publish(tmp_path, {"report.html": "3"})
    assert not (tmp_path / "heatmaps").exists()
    assert not (tmp_path / "work" / "publishing").exists()


def test_what_a_person_laid_into_a_folder_stays(tmp_path: Path) -> None:
    publish(tmp_path, {"heatmaps/a.png": "a"})
    (tmp_path / "heatmaps" / "holiday.png").write_text("mine")
    publish(tmp_path, {"report.html": "2"})
    assert found(tmp_path) == {"report.html": "2", "heatmaps/holiday.png": "mine"}


def test_what_is_not_ours_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(OutputError, match=r"report\.html is not from courtside"):
        publish(tmp_path, {"player_stats.csv": "1", "report.html": "1"})
    assert found(tmp_path) == {"report.html": "mine"}


def test_what_a_person_changed_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    for turn in ("1", "2"):
        publish(tmp_path, {"player_stats.csv": f"ours {turn}"})
        (tmp_path / "player_stats.csv").write_text(f"mine {turn}")
        assert opened(tmp_path).changed() == ["player_stats.csv"]
        assert not opened(tmp_path).are_whole(["player_stats.csv"])
    publish(tmp_path, {"player_stats.csv": "ours 3"})
    assert found(tmp_path) == {
        "player_stats.csv": "ours 3",
        "player_stats.yours.csv": "mine 1",
        "player_stats.yours-2.csv": "mine 2",
    }
    assert opened(tmp_path).are_whole(["player_stats.csv"])


def test_another_game_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    assert not opened(tmp_path).begin("game 1")
    publish(tmp_path, {"report.html": "1", "player_stats.csv": "1"})
    publish(tmp_path, {"annotated.mp4": "v"}, "video")
    assert not opened(tmp_path).begin("game 1")
    (tmp_path / "player_stats.csv").write_text("mine")
    assert opened(tmp_path).begin("game 2")
    assert found(tmp_path) == {"player_stats.yours.csv": "mine"}
    assert not opened(tmp_path).begin("game 2")


def test_an_error_publishes_nothing(tmp_path: Path) -> None:
    publish(tmp_path, {"report.html": "1"})

    def fail() -> None:
        with opened(tmp_path).publishing("present", whole=True) as folder:
            (folder / "report.html").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert found(tmp_path) == {"report.html": "1"}
    assert not (tmp_path / "work" / "publishing").exists()


def test_after_a_kill_either_content_is_known_as_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, {"a.csv": "1", "b.csv": "1"})
    replace = Path.replace

    def dies(path: Path, target: Path) -> Path:
        if Path(target).name == "b.csv":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            publish(tmp_path, {"a.csv": "2", "b.csv": "2"})
    assert found(tmp_path) == {"a.csv": "2", "b.csv": "1"}
    publish(tmp_path, {"a.csv": "3", "b.csv": "3"})
    assert found(tmp_path) == {"a.csv": "3", "b.csv": "3"}


@NEEDS_LINKS
def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "a.png").write_text("mine")
    run = tmp_path / "run"
    publish(run, {"report.html": "1"})
    (run / "heatmaps").symlink_to(tmp_path / "precious")
    with pytest.raises(OutputError, match="heatmaps is a link"):
        publish(run, {"report.html": "2", "heatmaps/a.png": "ours"})
    assert (tmp_path / "precious" / "a.png").read_text() == "mine"
    assert (run / "report.html").read_text() == "1"
    (run / "report.html").unlink()
    (run / "report.html").symlink_to(tmp_path / "precious" / "a.png")
    assert not opened(run).are_whole(["report.html"])
    with pytest.raises(OutputError, match="not from courtside"):
        publish(run, {"report.html": "2"})
    assert (tmp_path / "precious" / "a.png").read_text() == "mine"


@pytest.mark.parametrize("name", ["../diary", "/diary", "a/../../diary", "..\\diary"])
def test_a_record_reaches_nothing_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "diary").write_text("mine")
    run = tmp_path / "run"
    publish(run, {"report.html": "1"})
    record = json.loads((run / "work" / "published.json").read_text())
    record["files"][name] = record["files"]["report.html"]
    (run / "work" / "published.json").write_text(json.dumps(record))
    publish(run, {"mot.txt": "2"})
    assert (tmp_path / "diary").read_text() == "mine"
    assert found(run) == {"mot.txt": "2"}


def test_what_an_earlier_version_published_is_ours(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        (run.path / "published.json").unlink()
    for name in ("report.html", "notes.txt"):
        (tmp_path / name).write_text("1")
    opened(tmp_path)
    publish(tmp_path, {"report.html": "2"})
    assert found(tmp_path) == {"report.html": "2", "notes.txt": "1"}


def test_a_passage_is_added_to_ours_alone(tmp_path: Path) -> None:
    def add(path: Path) -> bool:
        path.write_text(path.read_text() + "!")
        return True

    assert not opened(tmp_path).amend("report.html", add)
    publish(tmp_path, {"report.html": "1"})
    assert opened(tmp_path).amend("report.html", add)
    assert opened(tmp_path).are_whole(["report.html"])
    (tmp_path / "report.html").write_text("mine")
    assert not opened(tmp_path).amend("report.html", add)
    assert found(tmp_path) == {"report.html": "mine"}
