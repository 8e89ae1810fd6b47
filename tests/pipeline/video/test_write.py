"""Writing: each picture at its time, sound in step, whole or not at all."""

import os
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.video import VideoWriter, chunks, probe, read_chunks
from tests.videos import make_video, number_in, picture, steady, unsteady

ROOT = Path(__file__).parents[3]


def write(path: Path, times_s: Sequence[float], size: tuple[int, int] = (96, 64)) -> Path:
    with VideoWriter(path, *size, fps=25.0) as writer:
        for number, time_s in enumerate(times_s):
            writer.write(picture(number, *size), time_s)
    return path


@pytest.mark.parametrize("times_s", [steady(80, Fraction(30000, 1001)), unsteady(80), steady(50, 10), [0.0]])
def test_each_picture_at_its_time(tmp_path: Path, times_s: list[float]) -> None:
    info = probe(write(tmp_path / "out.mp4", times_s))
    frames = list(read_chunks(info, chunks(info)))
    assert [number_in(f.image) for f in frames] == list(range(len(times_s)))
    np.testing.assert_allclose([f.time_s for f in frames], times_s, atol=1 / 90000)
    assert info.duration_s == pytest.approx(times_s[-1] + 1 / 25, abs=0.01)


@pytest.mark.parametrize("size", [(96, 64), (97, 65), (96, 65), (97, 64)])
def test_odd_sizes_are_padded(tmp_path: Path, size: tuple[int, int]) -> None:
    info = probe(write(tmp_path / "out.mp4", steady(5, 25), size))
    assert (info.width_px, info.height_px) == (size[0] + size[0] % 2, size[1] + size[1] % 2)


def test_a_browser_plays_it(tmp_path: Path) -> None:
    """H.264 in 4:2:0 with 8 bits, BT.709, and the index before the pictures."""
    path = write(tmp_path / "out.mp4", steady(60, 25))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.codec_context.profile in ("High", "Main", "Constrained Baseline")
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
        assert sum(p.is_keyframe for p in container.demux(stream) if p.size) >= 2
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def loud_s(path: Path) -> tuple[float, float]:
    """Return when the sound of a video begins and ends to be loud, in seconds on the picture's clock."""
    times, levels = [], []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        start_s = float(container.streams.video[0].start_time * container.streams.video[0].time_base)
        for frame in container.decode(stream):
            samples = np.abs(frame.to_ndarray()).mean(axis=0)
            times.append(frame.time - start_s + np.arange(len(samples)) / frame.sample_rate)
            levels.append(samples)
    loud = np.concatenate(times)[np.concatenate(levels) > 0.1]
    return float(loud[0]), float(loud[-1])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize(("sound_starts_s", "pictures_start_s"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.4)])
@pytest.mark.parametrize("start_s", [0.0, 0.32, 2.04])
def test_sound_stays_in_step(
    tmp_path: Path, suffix: str, start_s: float, sound_starts_s: float, pictures_start_s: float
) -> None:
    times_s = [pictures_start_s + t for t in steady(100, 25)]
    source = make_video(
        tmp_path / f"in{suffix}", times_s, options={"bf": "2"}, beep_s=2.5, sound_starts_s=sound_starts_s
    )
    info = probe(source)
    with VideoWriter(tmp_path / "out.mp4", 96, 64, info.fps, sound_from=info, start_s=start_s) as writer:
        for frame in read_chunks(info, chunks(info, start_s)):
            writer.write(frame.image, frame.time_s)
    begin_s, end_s = loud_s(tmp_path / "out.mp4")
    expected_s = 2.5 - pictures_start_s - start_s
    assert begin_s == pytest.approx(expected_s, abs=0.03)
    assert end_s == pytest.approx(expected_s + 0.1, abs=0.03)
    with av.open(str(tmp_path / "out.mp4")) as container:
        lengths = [float(s.duration * s.time_base) for s in container.streams]
    assert lengths[1] == pytest.approx(lengths[0], abs=0.1)


def test_silent_source_gives_a_silent_video(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "in.mp4", steady(20, 25)))
    with VideoWriter(tmp_path / "out.mp4", 96, 64, 25.0, sound_from=info) as writer:
        for frame in read_chunks(info, chunks(info)):
            writer.write(frame.image, frame.time_s)
    assert not probe(tmp_path / "out.mp4").has_audio


def test_damaged_sound_does_not_stop_the_pictures(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", steady(100, 25), beep_s=3.0)
    with av.open(str(source)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray(source.read_bytes())
    for place, size in packets[20:60]:
        assert place is not None
        data[place : place + size] = b"\xa5" * size
    source.write_bytes(data)
    info = probe(source)
    with VideoWriter(tmp_path / "out.mp4", 96, 64, 25.0, sound_from=info) as writer:
        for frame in read_chunks(info, chunks(info)):
            writer.write(frame.image, frame.time_s)
    assert loud_s(tmp_path / "out.mp4")[1] == pytest.approx(3.1, abs=0.04)
    assert probe(tmp_path / "out.mp4").frame_count == 100


def write_two_sizes(path: Path) -> None:
    with VideoWriter(path, 96, 64, 25.0) as writer:
        writer.write(picture(0), 0.0)
        writer.write(picture(1, 64, 96), 1.0)


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", steady(5, 25))
    before = (tmp_path / "out.mp4").read_bytes()
    with pytest.raises(ValueError, match="shape"):
        write_two_sizes(tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 96, 64, 25.0, start_s=1.0) as writer:
        writer.write(picture(0), 1.0)
        for time_s in (1.0, 0.5):
            with pytest.raises(ValueError, match="come after"):
                writer.write(picture(1), time_s)
        with pytest.raises(ValueError, match="shape"):
            writer.write(picture(1, 64, 96), 2.0)


def test_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "file" / "out.mp4", [0.0])
    assert "\n" not in str(caught.value)


FULL = """
import resource, sys
from pathlib import Path
from pipeline.errors import OutputError
from tests.pipeline.video.test_write import noisy

resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    noisy(Path(sys.argv[1]))
except OutputError as error:
    print(error)
"""


def noisy(path: Path) -> None:
    with VideoWriter(path, 320, 240, 25.0) as writer:
        for number in range(100):
            writer.write(picture(number, 320, 240, grain=60), number / 25)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_no_more_room_is_one_line(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "out.mp4")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1, done.stdout + done.stderr
    assert "out.mp4: " in done.stdout
    assert list(tmp_path.iterdir()) == []
