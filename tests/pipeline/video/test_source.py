"""What a file is, and one clear line when it is not a video."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.video import ReadReport, chunks, probe, read_chunks
from tests.videos import make_video, steady


def test_what_a_video_is(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", steady(60, 30000 / 1001), size=(128, 72), beep_s=1.0)
    info = probe(path)
    assert (info.path, info.width_px, info.height_px) == (path, 128, 72)
    assert info.fps == pytest.approx(30000 / 1001, abs=1e-3)
    assert info.duration_s == pytest.approx(2.002, abs=0.02)
    assert (info.codec, info.pixel_format, info.has_audio, info.rotation_deg) == ("h264", "yuv420p", True, 0)
    assert info.frame_count == 60
    assert info.size_bytes == path.stat().st_size


def test_time_and_timestamp_agree(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "clip.mkv", [0.5 + t for t in steady(60, 25)]))
    assert info.time_s(info.start_pts) == 0.0
    assert info.pts(0.0) == info.start_pts
    assert all(info.pts(info.time_s(pts)) in (pts, pts - 1) for pts in range(info.start_pts, info.start_pts + 2000, 7))


def nothing(path: Path) -> None:
    path.unlink(missing_ok=True)


def directory(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("Half-time score: 52 to 48.\n" * 200, encoding="utf-8")


def zero_bytes(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(100_000))


def without_index(path: Path) -> None:
    make_video(path, steady(100, 25), grain=20)
    path.write_bytes(path.read_bytes()[:-4000])


def only_sound(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def play_list(path: Path) -> None:
    make_video(path.with_name("part.ts"), steady(50, 25))
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\npart.ts\n#EXT-X-ENDLIST\n", encoding="utf-8")


def photograph(path: Path) -> None:
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing, "does not exist"),
        (directory, "is a directory"),
        (zero_bytes, "is empty"),
        (text, "not a video"),
        (noise, "not a video"),
        (without_index, "not a video"),
        (only_sound, "only sound"),
        (play_list, "not a video"),
        (photograph, "not a video"),
        (pipe, "not a plain file"),
    ],
)
def test_bad_file_is_one_line(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "game.mp4"
    make(path)
    with pytest.raises(InputError, match=words) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200


def test_no_permission_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_video(tmp_path / "game.mp4", steady(10, 25))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the superuser of a build machine may read everything
    with pytest.raises(InputError, match="no permission"):
        probe(path)


@pytest.mark.parametrize(
    "name", ["concat:a|b.mp4", "http:x.mp4", "100%d.mp4", "Finale, 2. Hälfte (neu) #1?.mp4", "-i.mp4"]
)
def test_any_file_name_is_a_file_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_video(tmp_path / "plain.mp4", steady(30, 25)).rename(tmp_path / name)
    assert probe(tmp_path / name).frame_count == 30
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).frame_count == 30


@pytest.mark.parametrize(
    ("times", "start_s"),
    [([*steady(50, 25), 864_000.0], 0.0), ([0.0, *(864_000 + t for t in steady(50, 25))], 864_000.0)],
)
def test_a_time_ten_days_off_is_left_out(times: list[float], start_s: float, tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "a.mkv", times))
    assert (info.strays, info.start_s, info.fps) == (1, start_s, 25)
    assert info.duration_s == pytest.approx(2.0)
    pieces = chunks(info)
    report = ReadReport()
    found = [frame.time_s for frame in read_chunks(info, pieces, report)]
    assert len(pieces) == 1
    assert found == pytest.approx(steady(50, 25))
    assert (report.decoded, report.ended_early) == (50, False)


def test_too_many_pieces_are_refused_before_any_is_read(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "a.mp4", steady(50, 25)))
    days = replace(info, duration_s=30 * 86_400.0)
    with pytest.raises(InputError, match="would be read in 129,600 pieces, at most 20,000 are"):
        chunks(days)
    assert len(chunks(days, chunk_s=3600)) == 720


def test_a_length_of_years_in_the_head_is_not_believed(tmp_path: Path) -> None:
    """Matroska's DURATION tag may say anything; work is as long as the pictures are."""
    honest = make_video(tmp_path / "honest.mkv", steady(75, 25)).read_bytes()
    boast = honest.replace(b"00:00:03.000000000", b"99999:00:03.000000")
    assert boast != honest
    (tmp_path / "boast.mkv").write_bytes(boast)
    info = probe(tmp_path / "boast.mkv")
    assert info.duration_s == pytest.approx(3.0, abs=0.05)
    report = ReadReport()
    assert len(list(read_chunks(info, chunks(info), report))) == 75
    assert not report.ended_early


def test_a_bare_stream_of_pictures_has_no_clock(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "bare.h264", steady(30, 25)))
    assert (info.is_timed, info.fps) == (False, 25.0)
    assert probe(make_video(tmp_path / "timed.mp4", steady(30, 25))).is_timed


def test_two_recordings_in_one_file_are_read_to_where_the_clock_begins_again(tmp_path: Path) -> None:
    parts = [make_video(tmp_path / f"{count}.ts", steady(count, 25)) for count in (100, 60)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    info, report = probe(both), ReadReport()
    times = [frame.time_s for frame in read_chunks(info, chunks(info), report)]
    assert times == pytest.approx(steady(len(times), 25))
    assert 98 <= len(times) <= 100
    assert 58 <= report.rewound <= 60
    assert not report.ended_early
