"""Valid inputs of each kind: what the changes begin with. Made once into a folder; nothing of real footage."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from tests.videos import make_video, steady, unsteady

ROOT = Path(__file__).parents[2]
GAME, RUN, TRUTH = "game", "run", "truth"
"""Folders among the examples."""
_COURT_M = (("corner_tl", 0.0, 0.0), ("corner_tr", 28.0, 0.0), ("corner_bl", 0.0, 15.0), ("corner_br", 28.0, 15.0))


def make_examples(folder: Path) -> None:
    """Make a small game without pixels and a run of it, and videos; some seconds."""
    from pipeline.cli import run
    from pipeline.rendering import NoiseSettings, RenderSettings, render_positions

    folder.mkdir(parents=True, exist_ok=True)
    settings = RenderSettings(seed=2, seconds=2, fps=10, start_s=0, players_per_team=5)
    render_positions(settings, NoiseSettings(), folder / GAME)
    with redirect_stdout(io.StringIO()):
        assert run(["analyze", str(folder / GAME), "--out", str(folder / RUN)]) == 0
        assert run(["evaluate", str(folder / RUN), "--truth", str(folder / GAME)]) == 0
    make_video(folder / "a.mp4", steady(12, 10), size=(64, 48), options={"g": "4", "threads": "1"})
    make_video(folder / "b.mkv", unsteady(10), size=(64, 48), options={"g": "4", "threads": "1"})
    make_video(folder / "c.mp4", steady(8, 10), size=(64, 48), beep_s=0.3, rotation_deg=90, options={"threads": "1"})
    make_video(folder / "d.ts", steady(8, 10), size=(64, 48), options={"threads": "1"})
    _write_truth(folder / TRUTH)


def copied(source: Path, target: Path) -> Path:
    """Copy a folder of examples, which a reader may change."""
    return Path(shutil.copytree(source, target, dirs_exist_ok=True))


def packed(name: str, data: bytes) -> bytes:
    """Put the name of a file before its content, so that an input says which file of a folder it is."""
    return name.encode() + b"\n" + data


def unpacked(data: bytes) -> tuple[str, bytes]:
    """Take the name of a file from its content."""
    name, _, content = data.partition(b"\n")
    return name.decode(), content


def in_folder(folder: Path, *patterns: str) -> list[bytes]:
    """Pack all files of a folder that fit, in order of their names."""
    files = sorted({path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()})
    return [packed(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]


def calibrations() -> list[bytes]:
    """Calibration files of our format and of the two that are turned into it."""
    points = [{"px": [10 + 20 * x, 40 + 15 * y], "court_m": [x, y]} for _, x, y in _COURT_M]
    homography = [[0.02, 0.0, 1.0], [0.0, 0.03, -2.0], [0.0, 0.001, 1.0]]
    own = {"format": "courtside-calibration", "version": 1, "court": "fiba", "image_size": [640, 360]}
    lens = {"center_px": [320.0, 180.0], "scale_px": 320.0, "lam": -0.1}
    files = (
        own | {"camera": "fixed", "lens": "auto", "frames": [{"points": points}]},
        own
        | {
            "lens": lens,
            "frames": [{"frame": 0, "homography": homography}, {"frame": 9, "time_s": 0.9, "points": points}],
        },
        own | {"lens": "none", "comment": "x", "frames": [{"frame": 0, "last_frame": 5, "homography": homography}]},
        {"court": "nba", "image_size": [640, 360], "frames": [{"frame": 3, "H_image_to_court": homography}]},
    )
    return [json.dumps(file).encode() for file in files]


def points_tables() -> list[bytes]:
    """Points of a calibration as CSV."""
    rows = "".join(f",0.0,{10 + 20 * x},{40 + 15 * y},,{x},{y}\n" for _, x, y in _COURT_M)
    return [b"frame,time_s,u_px,v_px,landmark,x_m,y_m\n" + rows.encode()]


def rosters() -> list[bytes]:
    """Rosters as comma- and semicolon-separated text."""
    return [b"number,name,team\n7,Ann,Home\n00,B. Cole,Home\n7,Dee,Guests\n", b"Number;Name\n4;Eve\n5;Flo\n"]


def corrections() -> list[bytes]:
    """Corrections of each action."""
    head = "action,time_s,x_px,y_px,other_time_s,other_x_px,other_y_px,value\n"
    lines = ("same,0.5,100.0,90.0,1.0,120.0,95.0,", "apart,0.5,1,2,3,4,5,", "split,1,2,3,1,2,3,", "name,0.5,100,90,,,,Ann",
             "number,0.5,100,90,,,,7", "team,0.5,100,90,,,,A", "nobody,0.5,100,90,,,,")  # fmt: skip
    steps = head.replace("\n", ",video,step,words,undone\n")
    undone = "name,0.5,100,90,,,,Ann,,1,A1 is Ann,3\nrole,0.5,100,90,,,,referee,,2,A1 is referee,\n"
    return [(head + "\n".join(lines) + "\n").encode(), (steps + undone).encode()]


def settings() -> list[bytes]:
    """All settings, and a short file."""
    return [
        (ROOT / "configs" / "default.yaml").read_bytes(),
        b"detect:\n  min_score: 0.3\nstats:\n  periods: [0, 600]\n",
    ]


def recipes() -> list[bytes]:
    """The shipped recipes for training."""
    return [packed(path.name, path.read_bytes()) for path in sorted((ROOT / "configs" / "reid").glob("*.yaml"))]


def mot_texts() -> list[bytes]:
    """MOT text with and without confidences."""
    return [b"1,1,10,20,30,60,0.9,-1,-1,-1\n1,2,50,20,30,60,1\n2,1,11,20,30,60,0.5\n", b"1, 3, 1.5, 2.5, 3, 4\n"]


def trajectories() -> list[bytes]:
    """A SportVU event, and a table of positions."""
    people = [[team, team * 10 + k, 10.0 + 3 * k, 20.0 + team, 0.0] for team in (1, 2) for k in range(5)]
    moments = [[1, 1000 * k, 720.0 - k, 24.0 - k, None, [[-1, -1, 47.0, 25.0, 5.0], *people]] for k in range(4)]
    event = {"gameid": "1", "gamedate": "2026-01-01", "events": [{"eventId": "1", "moments": moments}]}
    rows = "".join(f"{k},{'AB'[k % 2]},{t / 10},{k + t / 10},{5 + k}\n" for t in range(5) for k in range(4))
    table = b"player_id,team,time_s,x_m,y_m\n" + rows.encode()
    return [packed("game.json", json.dumps(event).encode()), packed("positions.csv", table)]


def truths(folder: Path) -> list[bytes]:
    """Files of folders with truth: by hand, of a MOT sequence, of a rendered game."""
    rendered = ("truth.parquet", "frames.parquet", "court.parquet", "game.json", "calibration.json")
    return [*in_folder(folder / TRUTH, "*.csv", "*.json", "*.txt", "*.ini"), *in_folder(folder / GAME, *rendered)]


def batch_lists() -> list[bytes]:
    """Lists of games as text and as CSV."""
    table = b"video,out,court,calibration,roster,corrections,start,end,periods\na.mp4,first,nba,,,,0:01,1:00,0 0:30\nb.mkv,,,,,,,,\n"
    return [packed("games.txt", b"# season\na.mp4\nb.mkv\n"), packed("games.csv", table)]


def weights() -> list[bytes]:
    """The two smallest of the shipped networks."""
    return [
        packed(name, (ROOT / "models" / "weights" / name).read_bytes())
        for name in ("encoder.safetensors", "numbers.safetensors")
    ]


def render_values() -> list[bytes]:
    """Values for `--set` and `--noise`."""
    return [b"players_per_team=12\nreferees=3\ncrowd=0.2\ncamera=fixed\n", b"miss=0.05\nlikeness=0.8\nspread=0.1\n"]


def videos(folder: Path) -> list[bytes]:
    """Tiny videos in several containers."""
    return [
        packed(path.name, path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.suffix in (".mp4", ".mkv", ".ts")
    ]


def arguments() -> list[bytes]:
    """Arguments of the command line, a JSON list each; GAME and RUN stand for the examples."""
    lists = (
        ["analyze", "GAME", "--out", "out", "--device", "cpu", "--start", "0:00", "--end", "1", "--workers", "1"],
        ["analyze", "GAME", "--out", "out", "--periods", "0 0:01", "--court", "fiba", "--preset", "fast"],
        ["analyze", "GAME", "--out", "out", "--roster", "ROSTER", "--calibration", "x.json", "--corrections", "x.csv"],
        ["analyze", "missing.mp4", "--config", "x.yaml", "--no-video", "--fresh"],
        ["heatmap", "RUN", "--player", "1", "--versus", "A", "--period", "1", "--attacking", "--out", "map.png"],
        ["heatmap", "RUN", "--team", "A", "--format", "svg", "--out", "map.svg"],
        ["export", "RUN", "--format", "sportvu", "--out", "exports"],
        ["evaluate", "RUN", "--truth", "GAME", "--max-fps", "5", "--json"],
        ["compare", "RUN", "RUN", "--truth", "GAME"],
        ["settings", "--preset", "fast", "--config", "x.yaml"],
        ["video", "RUN", "--height", "240", "--source", "x.mp4"],
        ["relabel", "RUN", "--name", "P1", "Ann", "--name", "B-P2", "Bo"],
        ["relabel", "RUN", "--list"],
        ["relabel", "RUN", "--undo", "1"],
        ["relabel", "RUN", "--move-part", "P1", "0:01", "0:02", "new"],
        ["relabel", "RUN", "--split", "P1", "0:01"],
        ["relabel", "RUN", "--move", "P1", "0:01", "P2"],
        ["calibrate", "x.mp4", "--points", "x.csv", "--out", "c.json"],
        ["batch", "list.txt", "--out", "season", "--workers", "1"],
        ["render-game", "--out", "rendered", "--positions-only", "--seconds", "0.2", "--size", "64x48", "--fps", "10", "--noise", "miss=0.1"],
    )  # fmt: skip
    return [json.dumps(words).encode() for words in lists]


def page_requests() -> list[bytes]:
    """Requests to the calibration page; TOKEN, HOST and LENGTH are filled in."""
    close = b"Host: HOST\r\nConnection: close\r\n"
    asked = (b"about", b"picture?time_s=0.2", b"moments", b"page.css", b"")
    gets = [b"GET /TOKEN/" + name + b" HTTP/1.1\r\n" + close + b"\r\n" for name in asked]
    head = b" HTTP/1.1\r\n" + close + b"Content-Type: application/json\r\nContent-Length: LENGTH\r\n\r\n"
    saved = b'{"use_found": true, "calibration": ' + calibrations()[0] + b"}"
    posts = [b"POST /TOKEN/fit" + head + calibrations()[0], b"POST /TOKEN/save" + head + saved]
    return [*gets, *posts]


def review_requests() -> list[bytes]:
    """Requests to the review page; TOKEN, HOST and LENGTH are filled in."""
    close = b"Host: HOST\r\nConnection: close\r\n"
    asked = (
        b"about",
        b"state",
        b"game",
        b"window?begin_s=0&end_s=1",
        b"crops?player=1&count=2",
        b"crop?box=1",
        b"still?time_s=0.2",
    )
    gets = [b"GET /TOKEN/" + name + b" HTTP/1.1\r\n" + close + b"\r\n" for name in asked]
    head = b" HTTP/1.1\r\n" + close + b"Content-Type: application/json\r\nContent-Length: LENGTH\r\n\r\n"
    kept = [json.loads(request) for request in accepted_requests()]
    return [*gets, *(b"POST /TOKEN/" + kind.encode() + head + json.dumps(data).encode() for kind, data in kept)]


def accepted_requests() -> list[bytes]:
    """Requests as the review page keeps them until they are carried out."""
    edits = [
        {"kind": "merge", "player": 1, "other": 2}, {"kind": "move", "track_id": 1, "to": 2},
        {"kind": "split_tracklet", "track_id": 1, "at_s": 1.5}, {"kind": "name", "player": 1, "value": "Ann"},
        {"kind": "role", "player": 1, "value": "nobody"}, {"kind": "different", "track_id": 1, "other": 2},
    ]  # fmt: skip
    kept = [["edit", {"revision": "revision 0 0", "edits": [edit]}] for edit in edits]
    kept += [["edit", {"revision": "", "edits": edits[2:4]}], ["undo", {}], ["redo", {"step": None}]]
    return [json.dumps(request).encode() for request in [*kept, ["roster", {"text": "number,name,team\n7,Ann,A\n"}]]]


def play_by_plays() -> list[bytes]:
    """Play-by-plays in each layout that is read."""
    lines = [(number, event) for number in ("4", "7", "12") for event in ("in", "2pt made", "out")]
    ours = "".join(
        f"2,{3 - k // 5}:{10 * (k % 5):02d},{'XY'[k % 2]},Player {n},{what},{n},2\n"
        for k, (n, what) in enumerate(lines)
    )
    v2 = "1,8,2,3:31,Ann Lee,SAS,Bo Day\n1,1,2,3:20,Bo Day,SAS,\n"
    action = {"period": 2, "clock": "PT03M31.00S", "actionType": "substitution", "subType": "in", "teamTricode": "SAS"}
    shot = {
        "period": 2,
        "clock": "PT02M05.40S",
        "actionType": "3pt",
        "shotResult": "Made",
        "teamTricode": "OKC",
        "jerseyNum": "7",
    }
    fiba = {"gt": "03:00", "period": 2, "periodType": "REGULAR", "tno": 2, "firstName": "Ugo", "familyName": "Neri",
            "shirtNumber": "7", "actionType": "2pt", "subType": "layup", "success": 1, "scoring": 1}  # fmt: skip
    euroleague = {
        "PLAYTYPE": "2FGM",
        "CODETEAM": "ULK ",
        "PLAYER": "DE COLO, NANDO",
        "DORSAL": "1",
        "MARKERTIME": "03:45",
    }
    documents = (
        {"game": {"actions": [action, shot]}},
        {"tm": {"1": {"name": "X"}, "2": {"code": "Y"}}, "pbp": [fiba]},
        {"FirstQuarter": [], "SecondQuarter": [euroleague]},
    )
    return [
        b"period,clock,team,player,event,number,points\n" + ours.encode(),
        b"GAME_ID,EVENTMSGTYPE,PERIOD,PCTIMESTRING,PLAYER1_NAME,PLAYER1_TEAM_ABBREVIATION,PLAYER2_NAME\n" + v2.encode(),
        *(json.dumps(document).encode() for document in documents),
    ]


def _write_truth(folder: Path) -> None:
    """Write a hand-made truth with its court, and a MOT sequence in a folder below."""
    (folder / "gt").mkdir(parents=True)
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("frame", "id", "role", "team", "jersey", "x", "y", "w", "h", "occluded"))
        writer.writerows(
            (6 * k, who, "player", "A", "7", 10 * who + k, 50, 20, 60, 0) for k in range(4) for who in (1, 2)
        )
    lens: Mapping[str, object] = {"c": [320.0, 180.0], "s": 320.0, "lam": -0.1}
    matrix = np.array([[14.0, 0.0, 14.0], [0.0, 12.0, 8.0], [0.0, 0.1, 1.0]]).tolist()
    court = {
        "court": "fiba",
        "image_size": [640, 360],
        "lens": lens,
        "frames": [{"frame": 0, "H_lens_to_court": matrix}],
    }
    (folder / "court.json").write_text(json.dumps(court), encoding="utf-8")
    (folder / "gt" / "gt.txt").write_bytes(mot_texts()[0])
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=a\nframeRate=25\nseqLength=4\n", encoding="utf-8")


def example_folder() -> Path:
    """Make the examples in a new folder that is the caller's to remove."""
    folder = Path(tempfile.mkdtemp(prefix="courtside-examples-"))
    make_examples(folder)
    return folder
