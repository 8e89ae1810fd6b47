"""Altered copies and the truth that moves with them, on a tiny clip of numbered pictures."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from benchmarks.footage import graphics, views
from benchmarks.footage.clips import Clip, Pictures
from benchmarks.footage.edits import EDITS, Edit, as_filmed, write_copy
from benchmarks.footage.measure import Row
from benchmarks.footage.moved_truth import cuts_s, moved_truth
from benchmarks.footage.table import markdown, read_rows, write_rows
from pipeline.evaluation.truth import PERSON_COLUMNS, Truth
from pipeline.evaluation.truth.court import CourtMap
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from tests.videos import make_video, number_in, steady

FRAMES, RATE, SIZE = 150, 25, (384, 216)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return Clip("made", make_video(folder / "a.mp4", steady(FRAMES, RATE), size=SIZE, grain=3), folder)


@pytest.fixture
def truth():
    """One player in the middle and one at the left border, every fifth frame; the court is a map of 10 px to a metre."""
    rows = [(frame, frame / RATE, who, x) for frame in range(0, FRAMES, 5) for who, x in ((1, 180.0), (2, 2.0))]
    persons = pd.DataFrame(rows, columns=["frame", "time_s", "identity", "x"])
    persons = persons.assign(
        y=100.0, w=20.0, h=50.0, role="player", team="A", jersey="7", visible=1.0, x_m=3.0, y_m=5.0
    )
    times = persons.drop_duplicates("frame")[["frame", "time_s"]].assign(shot=0).reset_index(drop=True)
    court = CourtMap(COURTS["fiba"], SIZE, Lens(), np.zeros(1, np.int64), np.diag([0.1, 0.1, 1.0])[None], fixed=True)
    return Truth("made", persons[list(PERSON_COLUMNS)], times, court)


@pytest.mark.parametrize("name", EDITS)
def test_every_copy_can_be_decoded_and_has_its_truth(name, clip, truth, tmp_path):
    edit = EDITS[name]
    write_copy(edit, clip, clip, tmp_path / "copy.mp4")
    shown = edit.order(clip)
    copy = Clip("copy", tmp_path / "copy.mp4", None)
    assert (copy.frames, copy.size_px) == (len(shown), edit.view(SIZE).size_px)
    moved = moved_truth(truth, clip, edit)
    assert set(moved.copy.frames["frame"]) <= set(range(len(shown)))
    pictures = Pictures(copy.video)
    if edit.view is views.whole and not edit.woven and name not in ("crf", "gamma", "softflash"):
        for row in moved.copy.frames.itertuples():
            if edit.hidden(clip, row.time_s) is None:
                assert number_in(pictures[row.frame]) == shown[row.frame].frame


def test_time_and_cuts_are_those_that_the_viewer_sees(clip):
    assert cuts_s(clip, EDITS["plain"]) == cuts_s(clip, EDITS["vfrstall"]) == cuts_s(clip, EDITS["pulldown"]) == []
    assert cuts_s(clip, EDITS["jump"]) == [2.0]
    assert cuts_s(clip, EDITS["aba"]) == [3.0, 6.0]
    assert cuts_s(clip, EDITS["replay"]) == [3.0, 7.0]
    assert EDITS["vfr"].order(clip)[-1].time_s == Fraction(FRAMES - 1, RATE)


@pytest.mark.parametrize(
    ("name", "seconds"), [("plain", 12.0), ("replay", 12.0), ("pulldown", 12.0), ("vfrstall", 12.0), ("jump", 8.0)]
)
def test_play_counts_once(name, seconds, clip, truth):
    assert moved_truth(truth, clip, EDITS[name]).player_s == pytest.approx(seconds, abs=0.5)


def test_boxes_and_court_move_with_the_picture(clip, truth):
    mirrored = moved_truth(truth, clip, EDITS["mirror"]).copy
    assert mirrored.persons.loc[0, ["x", "y", "w", "h"]].tolist() == [384 - 200, 100, 20, 50]
    assert mirrored.persons.loc[0, "x_m"] == 25.0
    assert mirrored.court.locate(0, np.array([[384 - 30.0, 50.0]])) == pytest.approx(np.array([[25.0, 5.0]]))
    strip = moved_truth(truth, clip, EDITS["strip"]).copy
    border, scale = views.strip(SIZE).border_px, 450 / 216
    assert strip.persons.loc[0, "x"] == pytest.approx(border + 180 * scale)
    assert strip.court.locate(0, np.array([[border + 30 * scale, 50 * scale]])) == pytest.approx(np.array([[3.0, 5.0]]))


def test_who_is_out_of_view_need_not_be_found(clip, truth):
    moved = moved_truth(truth, clip, EDITS["zoom"])
    assert set(moved.copy.persons.loc[moved.copy.persons["visible"] >= 1 / 3, "identity"]) == {1}
    assert set(moved.original.persons.loc[moved.original.persons["visible"] >= 1 / 3, "identity"]) == {1}


def test_a_box_ends_where_a_graphic_begins(clip, truth):
    persons = truth.persons.assign(y=150.0)  # the ticker lies over 173 to 216
    moved = moved_truth(Truth("made", persons, truth.frames), clip, EDITS["ticker"]).copy.persons
    assert moved.loc[0, ["y", "h"]].tolist() == [150, 23]
    assert moved.loc[0, "visible"] == pytest.approx(23 / 50, abs=0.03)


def test_a_card_hides_everybody_for_a_while(clip, truth):
    hidden = moved_truth(truth, clip, EDITS["card"]).copy.persons.groupby("frame")["visible"].max() < 1 / 3
    assert 2.0 <= hidden.sum() * 0.2 <= 3.0
    assert Edit("", as_filmed, paint=graphics.full_card).hidden(clip, 3.6).all()


def test_rows_are_printed_beside_those_of_before(tmp_path):
    row = Row("a", "plain", 10, "5+5", 1.0, 3, "x", recall=0.9, idf1=0.95, idf1_change=-0.01, players_true=10)
    write_rows(tmp_path / "footage.json", [row])
    last = markdown([row], read_rows(tmp_path)).splitlines()[-1]
    assert last.startswith("| a | plain | 90.0 |  | 95.0 | -1.0 | 10 of 10 | 5+5 | 100.0 |")
    assert last.endswith("| 95.0 | 90.0 | 100.0 |")
