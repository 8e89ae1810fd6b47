"""Readers: what they take, and the line they name when they refuse."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.evaluation.found import labels
from pipeline.evaluation.mot_text import read_mot
from pipeline.evaluation.truth import read_truth

HEADER = "frame,id,role,team,jersey,x,y,w,h,occluded\n"


def test_mot_text_with_blanks_and_optional_fields(tmp_path):
    path = tmp_path / "mot.txt"
    path.write_text("1, 7, 10, 20, 30, 40, 0.5, -1, -1, -1\n\n3,8,1.5,2,3,4\n")
    text = read_mot(path)
    assert text.boxes.frame.tolist() == [0, 2]
    assert text.boxes.identity.tolist() == [7, 8]
    assert text.boxes.xywh_px.tolist() == [[10, 20, 30, 40], [1.5, 2, 3, 4]]
    assert text.score.tolist() == [0.5, 1.0]


def test_numbers_at_their_limits_are_taken(tmp_path):
    path = tmp_path / "mot.txt"
    path.write_text("1,999999999999999,-1e6,20,1e6,0.5\n1000000,-999999999999999,10,1e6,30,1e6\n")
    boxes = read_mot(path).boxes
    assert boxes.frame.tolist() == [0, 999_999]
    assert boxes.identity.tolist() == [999_999_999_999_999, -999_999_999_999_999]
    for line in ("1,1000000000000000,0,0,5,5", "1,1,0,0,5,0", "1,1,0,0,5,-1", "1,1,-1000001,0,5,5"):
        path.write_text(line + "\n")
        with pytest.raises(InputError, match="line 1"):
            read_mot(path)


def test_an_empty_mot_file_has_no_boxes(tmp_path):
    path = tmp_path / "mot.txt"
    path.write_text("")
    assert len(read_mot(path).boxes) == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2,3,4,5", "5 fields, expected frame,id,x,y,w,h"),
        ("1;2;3;4;5;6", "1 fields"),
        ("1,2,a,4,5,6", "x is 'a', expected a number"),
        ("0,2,3,4,5,6", "frame is 0, expected a whole number from 1"),
        ("1.5,2,3,4,5,6", "frame is 1.5"),
        ("1,2.5,3,4,5,6", "id is 2.5"),
        ("1,2,3,4,0,6", "the box is 0 x 6 px"),
        ("1,2,nan,4,5,6", "x is nan"),
        ("1000001,2,3,4,5,6", "frame is 1e.06, expected a whole number from 1 to 1000000"),
        ("1,1e300,3,4,5,6", "id is 1e.300"),
        ("1,2,3,4,1e308,6", "the box reaches beyond 1e.06 px"),
        ("1,1,0,0,5,5", "identity 1 is twice in frame 1 .first on line 1."),
    ],
)
def test_a_wrong_mot_line_is_named(tmp_path, line, reason):
    path = tmp_path / "mot.txt"
    path.write_text(f"1,1,0,0,10,10,1\n2,1,0,0,10,10,1\n{line}\n")
    with pytest.raises(InputError, match=f"mot.txt, line 3: {reason}"):
        read_mot(path)


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "mot.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot read"):
        read_mot(path)


def test_hand_made_truth(tmp_path):
    (tmp_path / "truth.csv").write_text(
        HEADER + "0,1,player,A,5,10,20,30,60,0\n0,101,referee,,,50,20,30,60,1\n6,1,player,A,5,12,20,30,60,0\n"
    )
    truth = read_truth(tmp_path)
    assert truth.frames["time_s"].tolist() == pytest.approx([0, 0.2])
    boxes, hidden, rows = truth.boxes()
    assert boxes.frame.tolist() == [0, 6]
    assert rows.tolist() == [0, 2]
    assert not hidden.any()
    assert len(truth.boxes(None)[0]) == 3


def test_referees_have_no_team_and_what_is_blank_is_unknown(tmp_path):
    lines = (
        "0,1,player,A,5,1,2,3,6,0",
        "0,2,player,,,1,2,3,6,0",
        "0,3,referee,A,7,1,2,3,6,0",
        "0,4,referee,,,1,2,3,6,0",
    )
    (tmp_path / "truth.csv").write_text(HEADER + "\n".join(lines))
    persons = read_truth(tmp_path).persons
    assert labels(persons["team"]).tolist() == ["A", None, None, None]
    assert labels(persons["jersey"]).tolist() == ["5", None, "7", None]


def test_hand_made_truth_that_a_spreadsheet_saved(tmp_path):
    (tmp_path / "truth.csv").write_text(HEADER + "0,1,player,A,5,10,20,30,60,0\n", encoding="utf-8-sig")
    assert len(read_truth(tmp_path).boxes(None)[0]) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('0,1,player,A,"5,10,20,30,60,0\n6,1,player,A,5,1,2,3,6,0', "cannot read .*truth.csv"),
        ("0,1,player,A,5,10,20,30", "line 2: 8 fields, expected 10"),
        ("0,1,coach,A,5,10,20,30,60,0", "line 2: role is 'coach'"),
        ("0,x,player,A,5,10,20,30,60,0", "line 2: invalid literal"),
        ("0,1,player,A,5,10,20,-3,60,0", "line 2: frame must be"),
        ("99999999999999999999,1,player,A,5,10,20,3,60,0", "line 2: frame must be from 0 and below 1000000"),
        ("0,1,player,A,5,1e308,20,3,60,0", "line 2: .* within 1e.06 px"),
        ("0,1,player,A,5,1,2,3,6,0\n0,1,player,A,5,1,2,3,6,0", "line 3: id 1 is twice in frame 0"),
    ],
)
def test_a_wrong_line_of_hand_made_truth_is_named(tmp_path, line, reason):
    (tmp_path / "truth.csv").write_text(HEADER + line + "\n")
    with pytest.raises(InputError, match=reason):
        read_truth(tmp_path)


@pytest.mark.parametrize(
    ("length", "rate", "reason"), [(10**12, 25, "seqLength is 1000000000000"), (4, "nan", "frameRate is nan")]
)
def test_a_sequence_without_bounds_is_refused(tmp_path, length, rate, reason):
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "gt.txt").write_text("1,1,0,0,10,10,1\n")
    (tmp_path / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={rate}\nseqLength={length}\n")
    with pytest.raises(InputError, match=reason):
        read_truth(tmp_path)


def test_a_wrong_header_is_refused(tmp_path):
    (tmp_path / "truth.csv").write_text("frame,id\n")
    with pytest.raises(InputError, match="line 1: expected the columns frame,id,role"):
        read_truth(tmp_path)


def test_a_mot_sequence_uses_its_frame_rate_and_its_ignored_boxes(tmp_path):
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "gt.txt").write_text("1,1,0,0,9,9,1,1,1\n2,1,0,0,9,9,0,1,1\n")
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=25\nseqLength=4\n")
    truth = read_truth(tmp_path)
    assert truth.frames["time_s"].tolist() == pytest.approx([0, 0.04, 0.08, 0.12])
    assert truth.boxes()[1].tolist() == [False, True]


def test_a_folder_without_truth(tmp_path):
    with pytest.raises(InputError, match="no truth at"):
        read_truth(tmp_path)


def write_game(folder, visible=1.0):
    """A rendered game of two frames of play and one close-up."""
    rows = [
        (f, f / 25, i, "player", "A", "4", 10.0 * i, 5.0, 8.0, 20.0, visible, False, 1.0 * i, 2.0)
        for f in (0, 1, 2)
        for i in (1, 2)
    ]
    columns = [
        "frame",
        "time_s",
        "id",
        "role",
        "team",
        "jersey",
        "x",
        "y",
        "w",
        "h",
        "visible",
        "occluded",
        "x_m",
        "y_m",
    ]
    pd.DataFrame(rows, columns=columns).to_parquet(folder / "truth.parquet")
    frames = pd.DataFrame(
        {"frame": [0, 1, 2], "time_s": [0, 0.04, 0.08], "shot": [0, 0, 1], "kind": ["play", "play", "closeup"]}
    )
    frames.to_parquet(folder / "frames.parquet")
    return folder


def test_a_rendered_game_is_scored_on_frames_of_play(tmp_path):
    truth = read_truth(write_game(tmp_path))
    assert truth.frames["frame"].tolist() == [0, 1]
    assert truth.boxes()[0].frame.tolist() == [0, 0, 1, 1]
    assert truth.persons["x_m"].tolist()[:2] == [1.0, 2.0]


def test_people_who_are_hidden_need_not_be_found(tmp_path):
    assert read_truth(write_game(tmp_path, visible=0.2)).boxes()[1].all()


def test_a_rendered_game_without_a_column_is_refused(tmp_path):
    write_game(tmp_path)
    pd.read_parquet(tmp_path / "truth.parquet").drop(columns="x_m").to_parquet(tmp_path / "truth.parquet")
    with pytest.raises(InputError, match="lacks the columns"):
        read_truth(tmp_path)


def test_court_truth_of_several_frames(tmp_path):
    (tmp_path / "truth.csv").write_text(HEADER + "0,1,player,A,5,10,20,30,60,0\n")
    identity = [[28.0, 0, 14], [0, 15.0, 7.5], [0, 0, 1]]
    court = {
        "court": "fiba",
        "image_size": [200, 100],
        "lens": {"lam": 0.0, "c": [100, 50], "s": 100},
        "frames": [{"frame": 0, "H_lens_to_court": identity}],
    }
    (tmp_path / "court.json").write_text(json.dumps(court))
    truth = read_truth(tmp_path).court
    assert truth is not None
    assert truth.locate(0, np.array([[100.0, 50.0]]))[0].tolist() == pytest.approx([14.0, 7.5])
    assert np.isnan(truth.locate(1, np.array([[100.0, 50.0]]))).all()
    assert truth.picture(0, np.array([[14.0, 7.5], [99.0, 7.5]]))[0].tolist() == pytest.approx([100, 50])
    assert np.isnan(truth.picture(0, np.array([[99.0, 7.5]]))).all()


def test_a_court_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "truth.csv").write_text(HEADER + "0,1,player,A,5,10,20,30,60,0\n")
    (tmp_path / "court.json").write_text('{"court": "fiba"}')
    with pytest.raises(InputError, match=r"court.json is not court truth: KeyError"):
        read_truth(tmp_path)


def test_the_hand_made_clips(real_data):
    sizes = {"spurs_thunder": (43, 522), "cvd_novellara": (75, 844), "novellara_lugo": (75, 898)}
    for clip, (frames, people) in sizes.items():
        truth = read_truth(real_data / "truth" / clip)
        assert (len(truth.frames), len(truth.boxes(None)[0])) == (frames, people)
        assert truth.court is not None
