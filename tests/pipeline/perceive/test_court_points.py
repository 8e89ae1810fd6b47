"""Keyframes do not depend on where chunks begin; the table keeps what was seen."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from models.court.finder import Sighting
from pipeline.perceive.court_points import table_of, with_keyframes
from pipeline.video import Frame


def frames(count: int, fps: Fraction, first: int = 0, context: bool = False) -> list[Frame]:
    """Frames from number `first` of a video on; those of a chunk are numbered from 0, with one before it if asked for."""
    image = np.zeros((2, 2, 3), np.uint8)
    start = first - 1 if context else first
    return [Frame(n - first, float(n / fps), image) for n in range(start, count)]


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(10)])
def test_one_keyframe_per_interval_wherever_chunks_begin(fps: Fraction) -> None:
    whole = [m.frame.index for m in with_keyframes(frames(100, fps), 0.5) if m.key]
    assert whole[0] == 0
    assert all(0.4 < (b - a) / fps < 0.61 for a, b in itertools.pairwise(whole))
    later = [m.frame.index + 37 for m in with_keyframes(frames(100, fps, 37, context=True), 0.5) if m.key]
    assert later == [n for n in whole if n >= 37]


def test_a_frame_of_the_chunk_before_is_no_keyframe() -> None:
    assert [m.key for m in with_keyframes(frames(2, Fraction(10), 0, context=False), 0.5)] == [True, False]
    assert not next(iter(with_keyframes([Frame(-1, 0.49, np.zeros((2, 2, 3), np.uint8))], 0.5))).key


def test_table_keeps_places_and_lines() -> None:
    seen = Sighting(
        np.array([[10.0, 20.0]]), np.array([[0.25, 0.5]]), np.array([0.9]),
        np.array([[1.5, 2.5], [3.0, 4.0]]), np.array([0.1, 3.0]), np.array([0.8, 0.6]), 0.4,
    )  # fmt: skip
    table = table_of([(7, seen), (22, seen)])
    assert table["frame"].tolist() == [7, 7, 7, 22, 22, 22]
    assert table["kind"].tolist()[:3] == ["place", "line", "line"]
    assert table["along"].isna().tolist()[:3] == [False, True, True]
    assert table["angle_rad"].tolist()[1] == pytest.approx(0.1)
    assert table_of([]).empty
