"""Pieces of a video show what was there, when it was there, whether copied or encoded; and so do joined ones."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.video import chunks, join, probe, read_chunks, write_piece
from tests.videos import make_video, number_in, steady

TICK = Fraction(1, 25)


def shown(path: Path) -> list[tuple[float, int]]:
    """Times and numbers of the pictures of a file."""
    info = probe(path)
    return [(round(frame.time_s, 3), number_in(frame.image)) for frame in read_chunks(info, chunks(info))]


def loud_s(path: Path) -> list[float]:
    """The tenths of a second in which a file is loud, on the clock of its picture."""
    found = set()
    info = probe(path)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            wave = np.abs(frame.to_ndarray()).max(axis=0)
            times = float(frame.pts * frame.time_base) - info.start_s + np.flatnonzero(wave > 0.3) / frame.sample_rate
            found |= set(np.round(times, 1).tolist())
    return sorted(found)


@pytest.mark.parametrize("bframes", ["0", "2"])
def test_a_copied_piece_begins_at_the_key_frame_before(bframes: str, tmp_path: Path) -> None:
    options = {"g": "25", "keyint_min": "25", "sc_threshold": "0", "bf": bframes}
    video = probe(make_video(tmp_path / "a.mp4", steady(150, 25), options=options, grain=6, beep_s=3.5))
    piece = write_piece(video, 3.2, 4.4, tmp_path / "piece.mp4")
    assert (piece.copied, piece.start_s) == (True, 3.0)
    found = shown(piece.path)
    assert found[:35] == [(round(k / 25, 3), 75 + k) for k in range(35)]
    assert len(found) <= 35 + 2 * int(bframes)
    assert loud_s(piece.path)[0] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("codec", "suffix", "options"), [("libx264", ".mp4", {"g": "250", "sc_threshold": "0"}), ("mpeg4", ".avi", {})]
)
def test_an_encoded_piece_begins_where_it_should(
    codec: str, suffix: str, options: dict[str, str], tmp_path: Path
) -> None:
    beep_s = 3.5 if suffix == ".mp4" else None
    made = make_video(
        tmp_path / f"a{suffix}", steady(150, 25), codec=codec, options=options, grain=6, beep_s=beep_s, time_base=TICK
    )
    video = probe(made)
    piece = write_piece(video, 3.2, 4.4, tmp_path / "piece.mp4", "software")
    assert (piece.copied, piece.start_s) == (False, 3.2)
    assert shown(piece.path) == [(round(k / 25, 3), 80 + k) for k in range(30)]
    if suffix == ".mp4":
        assert loud_s(piece.path)[0] == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize("group", ["25", "250"])
def test_joined_pieces_follow_each_other(group: str, tmp_path: Path) -> None:
    options = {"g": group, "sc_threshold": "0"}
    video = probe(make_video(tmp_path / "a.mp4", steady(200, 25), options=options, grain=6, beep_s=6.5))
    stretches = [(3.0, 4.0), (6.0, 7.0)]
    pieces = [write_piece(video, *stretch, tmp_path / f"{k}.mp4", "software") for k, stretch in enumerate(stretches)]
    assert {piece.copied for piece in pieces} == {group == "25"}
    join([piece.path for piece in pieces], tmp_path / "reel.mp4")
    numbers = [number for _, number in shown(tmp_path / "reel.mp4")]
    assert set(range(75, 100)) | set(range(150, 175)) <= set(numbers)
    assert numbers == sorted(numbers)
    times = np.diff([time_s for time_s, _ in shown(tmp_path / "reel.mp4")])
    assert times.max() < 0.2
    assert loud_s(tmp_path / "reel.mp4")[0] == pytest.approx(1.5, abs=0.2)


def test_what_cannot_be_cut_or_joined_leaves_nothing(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", steady(50, 25), options={"g": "250"}))
    with pytest.raises(InputError, match=r"no picture between 8\.0 s and 9\.0 s"):
        write_piece(video, 8.0, 9.0, tmp_path / "piece.mp4", "software")
    other = make_video(tmp_path / "b.mp4", steady(50, 25), size=(128, 64))
    with pytest.raises(InputError, match=r"b\.mp4 is not encoded like"):
        join([video.path, other], tmp_path / "reel.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]
