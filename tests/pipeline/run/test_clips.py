"""Clips of a finished run: the right seconds, names, index and reel; from the right video; refused in one line."""

import shutil
from pathlib import Path

import av
import pandas as pd
import pytest

from pipeline.cli import run as courtside
from pipeline.config import Settings
from pipeline.errors import InputError, OutputError
from pipeline.present.ball_play import all_events
from pipeline.present.clips import Clip, Highlight, Wanted, find_highlights, index_table, merged, named_clips
from pipeline.present.labels import Person
from pipeline.run.clips.writing import _ClipSource, _ClipWriter
from pipeline.run.loading import FinishedRun
from pipeline.run.observer import Silence
from pipeline.tables import ALL, BALL_EVENTS, conform
from pipeline.video import probe
from tests.videos import make_video, steady

ADA, BO = Person(4, "player", "A", "12", "Ada Ray"), Person(7, "player", "B", None, None)


def tables() -> dict[str, pd.DataFrame]:
    """Ada in view for two stretches, with sprints, stints and events."""
    frames = pd.DataFrame({"frame": range(300), "time_s": [frame / 10 for frame in range(300)]})
    seen = [*range(50), *range(100, 200)]
    efforts = pd.DataFrame(
        [(4, "sprint", 3.0, 4.0, 6.5), (4, "acceleration", 2.8, 3.1, 6.5), (7, "sprint", 3.5, 5.0, 7.0)],
        columns=["player_id", "kind", "start_s", "end_s", "top_speed_mps"],
    )
    events = pd.DataFrame(
        [(1, 6.0, "substitution", "A", 4, 9, None, "sure"), (2, 9.0, "points", "B", None, None, 2, "candidate")],
        columns=["event_id", "time_s", "kind", "team", "player_id", "partner_id", "points", "status"],
    )
    events = events.assign(earliest_s=1.0, latest_s=11.0, confidence=0.9)
    stints = pd.DataFrame([(4, "A", 0.0, 20.0)], columns=["player_id", "team", "start_s", "end_s"])
    stints = stints.assign(seen_s=1.0, bridged_s=0.0, live_s=1.0, confidence=0.9)
    return {
        "frames": frames,
        "detections": pd.DataFrame({"detection_id": range(len(seen)), "frame": seen}),
        "tracks": pd.DataFrame({"detection_id": range(len(seen)), "track_id": 1}),
        "identities": pd.DataFrame({"track_id": [1], "player_id": [4]}),
        **{
            name: conform(name, table.reindex(columns=ALL[name].names))
            for name, table in (("efforts", efforts), ("events", events), ("stints", stints))
        },
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(sprints=True), [("sprint", 3.0, 4.0, 4), ("sprint", 3.5, 5.0, 7)]),
        (Wanted((4,), sprints=True), [("sprint", 3.0, 4.0, 4)]),
        (Wanted((4,), shifts=True), [("shift", 0.0, 20.0, 4)]),
        (Wanted(events=("Substitutions",)), [("substitution", 6.0, 6.0, 4)]),
        (Wanted((9,), events=("all",)), [("substitution", 6.0, 6.0, 9)]),
        (Wanted(events=("all",), from_s=7), [("points", 9.0, 9.0, None)]),
        (Wanted((4,)), [("in-view", 0.0, 5.0, 4), ("in-view", 10.0, 20.0, 4)]),
        (Wanted((4,), from_s=10.0), [("in-view", 10.0, 20.0, 4)]),
        (Wanted((4,), from_s=1.0, to_s=2.0), [("stretch", 1.0, 2.0, 4)]),
        (Wanted(from_s=1.0, to_s=2.0), [("stretch", 1.0, 2.0, None)]),
    ],
)
def test_what_is_asked_for_is_found(wanted: Wanted, expected: list[tuple[str, float, float, int]]) -> None:
    found = find_highlights(tables(), wanted)
    assert [(each.what, each.start_s, each.end_s, each.player_id) for each in found] == expected


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted(events=("shots",)), r"no events of the kind 'shots'; it has points \(1\), substitution \(1\)"),
        (Wanted((7,), shifts=True), "there are no shifts of these players"),
        (Wanted((4,), from_s=5.5, to_s=9.0), "there are no pictures of these players in this time"),
        (Wanted(sprints=True, from_s=20.0), "there are no sprints in this time"),
    ],
)
def test_what_is_not_there_is_said(wanted: Wanted, says: str) -> None:
    with pytest.raises(InputError, match=says):
        find_highlights(tables(), wanted)


def test_clips_have_names_and_an_index() -> None:
    found = find_highlights(tables(), Wanted(sprints=True, events=("all",)))
    clips = named_clips(merged(found, 2, 2, (0, 30)), {4: ADA, 7: BO})
    assert {name: (clip.start_s, clip.end_s) for name, clip in clips.items()} == {
        "a12-ray-sprint-000m01s": (1.0, 6.0),
        "a12-ray-substitution-000m04s": (4.0, 8.0),
        "b-p7-sprint-000m01s": (1.5, 7.0),
        "b-points-000m07s": (7.0, 11.0),
    }
    index = index_table(clips, dict.fromkeys(clips, 1.0), {4: ADA, 7: BO}).set_index("file")
    assert index.loc["b-p7-sprint-000m01s.mp4", ["in_clip_s", "player", "note"]].tolist() == [2.5, "B-P7", "25.2 km/h"]
    assert index.loc["b-points-000m07s.mp4", "note"] == "2 points, candidate"
    together = merged(found, 2, 2, (0, 30), apart=False)
    assert [(clip.start_s, clip.end_s, len(clip.moments)) for clip in together] == [(1.0, 11.0, 4)]
    twice = merged([Highlight("sprint", 3.0, 3.1, 4), Highlight("sprint", 3.5, 3.6, 4)], 0, 0, (0, 9))
    assert list(named_clips(twice, {4: ADA})) == ["a12-ray-sprint-000m03s", "a12-ray-sprint-000m03s-2"]


def test_events_of_the_ball_are_found_as_events_csv_lists_them() -> None:
    shot = {**BALL_EVENTS.unknown(), "event_id": 3, "time_s": 12.0, "earliest_s": 12.0, "latest_s": 13.0, "team": "A"}
    shot |= {"kind": "shot", "player_id": 4, "points": 3, "result": "made", "confidence": 0.9, "status": "sure"}
    passed = {**shot, "event_id": 4, "kind": "pass", "time_s": 11.0, "partner_id": 7, "points": None, "result": None}
    rows = [{**shot, "result_status": "candidate"}, {**passed, "status": "candidate"}]
    given = tables()
    given["events"] = all_events(given["events"], conform("ball_events", pd.DataFrame(rows)))
    found = find_highlights(given, Wanted(events=("shots", "passes")))
    assert [(each.what, each.player_id, each.note) for each in found] == [
        ("pass", 4, "candidate"),
        ("shot", 4, "3 points, made (candidate)"),
    ]


def test_a_stretch_that_begins_before_the_file_is_at_its_begin() -> None:
    clip = Clip(5.0, 8.0, (Highlight("stretch", 0.0, 8.0),))
    assert index_table({"a": clip}, {"a": 5.0}, {})["in_clip_s"].tolist() == [0.0]


def test_a_reel_joins_clips_that_were_copied_and_encoded(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "rare.mp4", steady(60, 5), options={"g": "250"}))  # one key frame in 12 s
    clips = {f"at-{t}": Clip(t, t + 1.0, (Highlight("sprint", t, t + 1.0),)) for t in (1.0, 8.0)}
    noted = FinishedRun(tmp_path, Settings(), (), video, "", 0.0, None, (), None, {})
    folder = tmp_path / "clips"
    writer = _ClipWriter(noted, _ClipSource(video, 0.0), {}, Silence())
    written = writer.write(clips, [*clips.values()], "game", folder, folder)
    assert written.copied == 1
    assert sorted(path.name for path in folder.iterdir()) == ["at-1.0.mp4", "at-8.0.mp4", "game-reel.mp4", "game.csv"]
    assert probe(folder / "game-reel.mp4").duration_s == pytest.approx(2.0, abs=0.21)  # both from where they should


@pytest.fixture(scope="module")
def finished(analysed_game: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(analysed_game, tmp_path_factory.mktemp("clips") / "run"))


def test_a_players_clips_and_reel(finished: Path, game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    players = pd.read_csv(finished / "player_stats.csv")
    who = players.loc[players["seen_s"].idxmax(), "label"]
    assert courtside(["clips", str(finished), "--player", who, "--from", "0.5", "--to", "1.5", "--reel"]) == 0
    clip, reel, index = (Path(line) for line in capsys.readouterr().out.split())
    assert clip.name == f"{who.lower()}-stretch-000m00s.mp4"
    assert reel.name == f"{who.lower()}-from-000m00s-to-000m01s-reel.mp4"
    assert {path.parent for path in (clip, reel, index)} == {finished / "clips"}
    assert probe(clip).duration_s == probe(reel).duration_s == pytest.approx(1.5, abs=0.11)  # from the key frame before
    row = pd.read_csv(index).iloc[0]
    assert (row["file"], row["player"], row["in_clip_s"]) == (clip.name, who, 0.5)
    clip.write_text("mine")
    assert courtside(["clips", str(finished), "--player", who, "--from", "0.5", "--to", "1.5", "--plain"]) == 0
    assert clip.with_name(f"{clip.stem}.yours.mp4").read_text() == "mine"
    assert probe(clip).duration_s == pytest.approx(1.5, abs=0.11)
    (finished / "clips" / reel.name).unlink()
    reel.write_text("of somebody else")
    out = finished.parent / "out"
    before = sorted(finished.rglob("*"))
    capsys.readouterr()
    arguments = ["--source", str(game), "--out", str(out), "--before", "0.2"]
    assert courtside(["clips", str(finished), "--player", who, *arguments]) == 0
    assert all(Path(line).parent == out for line in capsys.readouterr().out.split())
    assert sorted(finished.rglob("*")) == before


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_last_picture_is_in_the_clip(finished: Path, tmp_path: Path) -> None:
    """Of a clip up to the end of what was analysed."""
    whole = pictures(finished / "annotated.mp4")
    assert courtside(["clips", str(finished), "--from", "0", "--to", "999", "--out", str(tmp_path)]) == 0
    (clip,) = tmp_path.glob("*.mp4")
    assert pictures(clip) == whole


@pytest.mark.parametrize("inside", [True, False])
def test_a_file_in_the_way_is_said_before_anything_is_cut_and_ours_is_replaced(
    inside: bool, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the run's folder, and in another."""
    folder = finished / "clips" if inside else tmp_path / "out"
    folder.mkdir(exist_ok=True)
    command = ["clips", str(finished), "--from", "0.3" if inside else "0.2", "--to", "0.9", "--out", str(folder)]
    index = folder / "game-from-000m00s-to-000m00s.csv"
    index.unlink(missing_ok=True)
    index.write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.run.clips.writing.write_piece", lambda *_: pytest.fail("cut"))
        assert courtside(command) == OutputError.exit_code
    assert f"{index} is not from courtside" in capsys.readouterr().err
    assert index.read_text() == "mine"
    index.unlink()
    assert courtside(command) == 0
    assert courtside(command) == 0
    index.write_text("changed by hand")
    assert courtside(command) == 0
    assert index.with_name(f"{index.stem}.yours.csv").read_text() == "changed by hand"
    assert len(pd.read_csv(index)) == 1


@pytest.mark.parametrize("noted", ["[]", "{}", '{"wanted_height_px": "<b>", "width_px": 1, "height_px": 1, "fps": 1}'])
def test_an_annotated_video_of_which_nothing_is_known_is_not_cut(
    noted: str, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = finished / "work" / "video.facts.json"
    before = facts.read_text()
    facts.write_text(noted)
    assert courtside(["clips", str(finished), "--from", "0.5", "--to", "1", "--out", str(tmp_path)]) == 0
    assert "there is no annotated video" in capsys.readouterr().err
    facts.write_text(before)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say what to cut"),
        (["--from", "1"], "say what to cut"),
        (["--player", "Nobody"], "there is no player Nobody"),
        (["--from", "2", "--to", "1"], "it has to be later than --from 2"),
        (["--events", "dunks"], "no events of the kind 'dunks'"),
        (["--from", "500", "--to", "600"], "nothing of this lies there"),
        (["--from", "0", "--to", "1", "--source", "gone.mp4"], "gone.mp4 does not exist"),
    ],
)
def test_refused_in_one_line(
    arguments: list[str], says: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert courtside(["clips", str(finished), *arguments]) != 0
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert says in said[0]
