"""The grid and the chunks: a partition of the video that depends on the video alone."""

import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.video import Grid, VideoInfo, chunks, sampling_grid
from pipeline.video.sampling import FirstOfCell


def info(duration_s: float, fps: float) -> VideoInfo:
    return VideoInfo(
        Path("game.mp4"), 64, 48, fps, 0.0, duration_s, "h264", "yuv420p", False, 0, Fraction(1, 90000), 0, 1
    )


@pytest.mark.parametrize("max_fps", [10.0, 25.0, 30.0])
@pytest.mark.parametrize("fps", [10.0, 23.976, 25.0, 29.97, 30000 / 1001, 50.0, 59.94, 60.0, 119.88, 240.0])
@pytest.mark.parametrize("rounding", [None, 3, 2])
def test_one_frame_per_cell_at_a_constant_rate(fps: float, max_fps: float, rounding: int | None) -> None:
    """Over two hours and with rounded timestamps, every `step`-th frame is the first of its cell."""
    grid = sampling_grid(fps, max_fps)
    assert grid.rate_hz <= max_fps * (1.25 if grid.step == 1 else 1.01)
    assert grid.step == 1 or fps / (grid.step - 1) > max_fps
    if rounding == 2 and fps > 60:
        return  # 10 ms do not tell such frames apart
    numbers = np.concatenate([np.arange(500), np.arange(7000 * int(fps), 7000 * int(fps) + 500)])
    times = numbers / fps if rounding is None else np.round(numbers / fps, rounding)
    cells = [grid.cell(t) for t in times]
    assert cells == (numbers // grid.step).tolist()


@settings(max_examples=60)
@given(
    duration_s=st.floats(0.1, 4000),
    fps=st.floats(5, 240),
    max_fps=st.one_of(st.none(), st.floats(1, 60)),
    chunk_share=st.floats(0.02, 2),
    start=st.floats(0, 0.99),
    length=st.one_of(st.none(), st.floats(0.01, 1.5)),
)
def test_chunks_are_a_partition(
    duration_s: float, fps: float, max_fps: float | None, chunk_share: float, start: float, length: float | None
) -> None:
    start_s = start * duration_s
    end_s = None if length is None else start_s + length * duration_s
    pieces = chunks(info(duration_s, fps), start_s, end_s, chunk_share * duration_s, max_fps)
    assert [p.number for p in pieces] == list(range(len(pieces)))
    for one, other in pairwise(pieces):
        assert one.end_cell == other.first_cell
        assert one.begin_s < other.begin_s
    last_s = duration_s if end_s is None else min(end_s, duration_s)
    for time_s in (*np.linspace(start_s, last_s * (1 - 1e-9), 20), *(p.begin_s for p in pieces)):
        holding = [p.number for p in pieces if p.holds(float(time_s))]
        assert len(holding) == (1 if time_s >= start_s and (end_s is None or time_s < end_s) else 0)
    after = duration_s + 5
    assert [p.holds(after) for p in pieces] == [False] * (len(pieces) - 1) + [end_s is None or end_s >= duration_s]


@settings(max_examples=60)
@given(chunk_s=st.floats(5, 30), start_s=st.floats(0, 80), max_fps=st.one_of(st.none(), st.floats(5, 60)))
def test_borders_do_not_move_with_the_start(chunk_s: float, start_s: float, max_fps: float | None) -> None:
    game = info(100.0, 50.0)
    whole = {p.first_cell for p in chunks(game, 0.0, None, chunk_s, max_fps)}
    assert {p.first_cell for p in chunks(game, start_s, None, chunk_s, max_fps)[1:]} <= whole


def test_last_chunk_is_no_splinter() -> None:
    lengths = [p.until_s(100.4) - p.begin_s for p in chunks(info(100.4, 30.0), chunk_s=20.0)]
    assert len(lengths) == 5
    assert lengths[-1] == pytest.approx(20.4, abs=0.05)
    assert sum(p.expected_frames(100.4) for p in chunks(info(100.4, 30.0), chunk_s=20.0)) == pytest.approx(3012, abs=2)


@given(st.floats(1, 240), st.integers(1, 10), st.integers(0, 10**6))
def test_a_cell_begins_where_it_says(fps: float, step: int, cell: int) -> None:
    grid = Grid(fps, step)
    assert grid.cell(grid.begin_s(cell) + 0.01 / fps) == cell
    assert grid.cell(grid.begin_s(cell) - 0.01 / fps) == cell - 1


def test_the_first_frames_of_a_long_video_are_told_in_constant_memory() -> None:
    wanted = FirstOfCell(Grid(fps=60.0, step=2), from_s=0.0)
    order = [frame + shift for frame in range(0, 20_000, 4) for shift in (0, 3, 1, 2)]  # as stored with B-frames
    first = [frame for frame in order if wanted(frame / 60)]
    assert set(first) >= set(range(0, 20_000, 2))
    assert set(first) <= {frame for frame in order if frame % 2 == 0 or frame % 4 == 3}
    assert sys.getsizeof(wanted._earliest_s) < 100_000
