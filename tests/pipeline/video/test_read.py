"""Reading: every frame, once, at its time, whatever the file and wherever the reading starts."""

import shutil
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.video import (
    CONTEXT_INDEX,
    Frame,
    ReadReport,
    VideoInfo,
    chunks,
    combine,
    picture_at,
    probe,
    read_chunk,
    read_chunks,
)
from tests.conftest import Made
from tests.videos import make_video, number_in, steady, unsteady

NTSC = Fraction(30000, 1001)


@dataclass(frozen=True)
class Kind:
    """A kind of video: what is written, and how exact its timestamps are."""

    suffix: str
    times_s: list[float]
    tick_s: float = 0.0
    making: dict[str, Any] = field(default_factory=dict)


def _x264(**options: str) -> dict[str, Any]:
    return {"options": {"g": "12", "crf": "20", **{k.replace("_", "-"): v for k, v in options.items()}}}


KINDS = {
    "mp4 29.97 with B-frames": Kind(".mp4", steady(70, NTSC), making=_x264(bf="3")),
    "mp4 open GOP": Kind(".mp4", steady(70, 25), making=_x264(bf="3", x264_params="open-gop=1:b-adapt=0")),
    "mp4 intra refresh": Kind(".mp4", steady(70, 25), making=_x264(x264_params="intra-refresh=1")),
    "mp4 variable rate": Kind(".mp4", unsteady(70), making=_x264(bf="2")),
    "mp4 one key frame": Kind(".mp4", steady(70, 25), making=_x264(g="1000")),
    "mp4 fragmented": Kind(
        ".mp4", steady(70, 25), making={**_x264(bf="2"), "container_options": {"movflags": "frag_keyframe+empty_moov"}}
    ),
    "mkv variable rate": Kind(".mkv", unsteady(70, seed=1), 0.001, _x264(bf="3")),
    "mkv without length": Kind(".mkv", steady(70, 25), 0.001, {**_x264(), "container_options": {"live": "1"}}),
    "ts": Kind(".ts", steady(70, 25), making=_x264(bf="2")),
    "ts one key frame": Kind(".ts", steady(70, 25), making=_x264(g="1000")),
    "h264 without container": Kind(".h264", steady(70, 25), making=_x264(bf="2")),
    "hevc 10 bit": Kind(
        ".mp4",
        steady(50, 24),
        making={
            "codec": "libx265",
            "pixel_format": "yuv420p10le",
            "options": {"x265-params": "keyint=12:min-keyint=12:bframes=3:log-level=error:pools=1:frame-threads=1"},
        },
    ),
    "webm VP9 odd size, hidden frames": Kind(
        ".webm",
        steady(60, NTSC),
        0.001,
        {
            "codec": "libvpx-vp9",
            "size": (97, 65),
            "options": {"g": "15", "auto-alt-ref": "1", "lag-in-frames": "12", "b": "400k", "cpu-used": "8"},
        },
    ),
    "webm VP8, hidden frames": Kind(
        ".webm",
        steady(60, 25),
        0.001,
        {
            "codec": "libvpx",
            "options": {"g": "15", "auto-alt-ref": "1", "lag-in-frames": "10", "b": "400k", "cpu-used": "8"},
        },
    ),
    "mov MPEG-4": Kind(
        ".mov",
        steady(60, 25),
        making={"codec": "mpeg4", "time_base": Fraction(1, 25), "options": {"g": "10", "bf": "2", "b": "2M"}},
    ),
    "avi MPEG-4": Kind(
        ".avi",
        steady(60, 25),
        making={"codec": "mpeg4", "time_base": Fraction(1, 25), "options": {"g": "10", "b": "2M"}},
    ),
    "mp4 odd size": Kind(".mp4", steady(40, 25), making={**_x264(), "size": (97, 65), "pixel_format": "yuv444p"}),
}


@pytest.fixture(scope="module", params=KINDS.items(), ids=lambda item: item[0])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[VideoInfo, Kind]:
    kind: Kind = request.param[1]
    path = make_video(tmp_path_factory.mktemp("video") / f"clip{kind.suffix}", kind.times_s, **kind.making)
    return probe(path), kind


def everything(info: VideoInfo) -> list[Frame]:
    (whole,) = chunks(info, chunk_s=1e6)
    return list(read_chunk(info, whole))


def same(one: Frame, other: Frame) -> bool:
    return one.time_s == other.time_s and np.array_equal(one.image, other.image)


def test_each_frame_once_at_its_time(video: tuple[VideoInfo, Kind]) -> None:
    info, kind = video
    frames = everything(info)
    assert [number_in(f.image) for f in frames] == list(range(len(kind.times_s)))
    assert [f.index for f in frames] == list(range(len(kind.times_s)))
    np.testing.assert_allclose([f.time_s for f in frames], kind.times_s, atol=kind.tick_s + 1e-5)
    assert all(f.image.shape == (info.height_px, info.width_px, 3) and f.image.flags.c_contiguous for f in frames)


def test_the_picture_at_a_time_is_the_one_that_is_shown_then(video: tuple[VideoInfo, Kind]) -> None:
    info, _ = video
    frames = everything(info)
    for k in (0, 1, 13, len(frames) - 2):
        early, late = frames[k].time_s, (frames[k].time_s + frames[k + 1].time_s) / 2
        for asked_s in (early, late):
            found = picture_at(info, asked_s)
            assert found is not None
            assert same(found, frames[k])
    last = picture_at(info, 1e4)
    assert last is None or same(last, frames[-1])


def test_length_and_rate(video: tuple[VideoInfo, Kind]) -> None:
    info, kind = video
    last_s = kind.times_s[-1]
    assert info.fps == pytest.approx((len(kind.times_s) - 1) / last_s, rel=0.05)
    assert last_s < info.duration_s < last_s + 0.15


@pytest.mark.parametrize("chunk_s", [0.3, 0.77])
@pytest.mark.parametrize("max_fps", [None, 12.0])
def test_chunks_alone_give_the_frames_of_the_whole(
    video: tuple[VideoInfo, Kind], chunk_s: float, max_fps: float | None
) -> None:
    info, _ = video
    (whole,) = chunks(info, chunk_s=1e6, max_fps=max_fps)
    expected = list(read_chunk(info, whole))
    pieces = chunks(info, chunk_s=chunk_s, max_fps=max_fps)
    assert len(pieces) > 1
    found: dict[int, list[Frame]] = {}
    reports = {piece.number: ReadReport() for piece in pieces}
    for piece in reversed(pieces):
        found[piece.number] = list(read_chunk(info, piece, reports[piece.number]))
    offset, joined = 0, []
    for piece in pieces:
        joined += [Frame(offset + f.index, f.time_s, f.image) for f in found[piece.number]]
        offset += reports[piece.number].decoded
    assert [f.index for f in joined] == [f.index for f in expected]
    assert all(same(one, other) for one, other in zip(joined, expected, strict=True))
    total = combine(reports[piece.number] for piece in pieces)
    assert (total.decoded, total.analysed, total.damaged) == (len(everything(info)), len(expected), 0)
    assert (total.end_of_file, total.ended_early) == (True, False)


def test_chunks_of_a_container_that_stamps_few_frames(tmp_path: Path) -> None:
    making = {"codec": "mpeg2video", "time_base": Fraction(1, 25), "options": {"g": "12", "bf": "2", "b": "2M"}}
    info = probe(make_video(tmp_path / "clip.mpg", steady(150, 25), **making))
    frames = list(read_chunks(info, chunks(info, chunk_s=0.5)))
    assert [number_in(f.image) for f in frames] == list(range(150))


def test_pictures_of_two_sizes_in_one_file(tmp_path: Path) -> None:
    """A recorder that changes its size midway: all pictures come in the size of the first."""
    one = make_video(tmp_path / "one.ts", steady(50, 25))
    two = make_video(tmp_path / "two.ts", [2.0 + t for t in steady(50, 25)], size=(192, 128))
    (tmp_path / "both.ts").write_bytes(one.read_bytes() + two.read_bytes())
    info = probe(tmp_path / "both.ts")
    for chunk_s in (1e6, 0.5):
        frames = list(read_chunks(info, chunks(info, chunk_s=chunk_s)))
        assert len(frames) >= 96  # the decoder drops what it held back at the change
        assert {f.image.shape for f in frames} == {(64, 96, 3)}
        assert [number_in(f.image) for f in frames[-40:]] == list(range(10, 50))


def test_starting_anywhere_gives_the_same_bytes(video: tuple[VideoInfo, Kind]) -> None:
    info, _ = video
    frames = everything(info)
    for first in range(1, len(frames), 7):
        start_s = frames[first].time_s
        end_s = frames[min(first + 3, len(frames) - 1)].time_s + 1e-6
        found = list(read_chunks(info, chunks(info, start_s, end_s)))
        assert found[0].index == 0
        assert all(same(one, other) for one, other in zip(found, frames[first : first + 4], strict=True))


def test_context_is_the_frame_analysed_before(video: tuple[VideoInfo, Kind]) -> None:
    info, _ = video
    for max_fps in (None, 12.0):
        pieces = chunks(info, chunk_s=0.6, max_fps=max_fps)
        earlier: list[Frame] = []
        for piece in pieces:
            context, *rest = read_chunk(info, piece, context=True) if piece.number else (None, *read_chunk(info, piece))
            if context is not None:
                assert context.index == CONTEXT_INDEX
                assert same(context, earlier[-1])
            earlier += rest


def test_joined_chunks_number_on(video: tuple[VideoInfo, Kind]) -> None:
    info, kind = video
    report = ReadReport()
    frames = list(read_chunks(info, chunks(info, chunk_s=0.5), report))
    assert [f.index for f in frames] == [number_in(f.image) for f in frames] == list(range(len(kind.times_s)))
    assert report.decoded == len(kind.times_s)


@pytest.mark.parametrize(("suffix", "tick"), [(".mp4", Fraction(1, 60000)), (".mkv", Fraction(1, 1000))])
@pytest.mark.parametrize(("fps", "step"), [(Fraction(60), 2), (Fraction(60000, 1001), 2), (Fraction(90), 3), (NTSC, 1)])
def test_every_nth_frame(tmp_path: Path, suffix: str, tick: Fraction, fps: Fraction, step: int) -> None:
    path = make_video(tmp_path / f"clip{suffix}", steady(130, fps), time_base=tick)
    info = probe(path)
    report = ReadReport()
    frames = list(read_chunks(info, chunks(info, chunk_s=0.5, max_fps=30.0), report))
    assert [number_in(f.image) for f in frames] == list(range(0, 130, step))
    assert [f.index for f in frames] == list(range(0, 130, step))
    assert (report.decoded, report.analysed) == (130, len(frames))


def test_variable_rate_is_thinned_evenly(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "clip.mkv", unsteady(150)))
    frames = list(read_chunks(info, chunks(info, chunk_s=0.5, max_fps=info.fps / 3)))
    cells = [chunks(info, max_fps=info.fps / 3)[0].grid.cell(f.time_s) for f in frames]
    assert len(set(cells)) == len(cells)
    assert set(cells) == {chunks(info, max_fps=info.fps / 3)[0].grid.cell(f.time_s) for f in everything(info)}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_rate_with_stalls_is_thinned_as_the_rate_without(tmp_path: Path, suffix: str) -> None:
    """Half the pictures of 30 a second are left out in three stalls: the rest is still analysed at 15 a second, not at 7.5."""
    kept = [n for n in range(160) if not any(begin < n < begin + 27 for begin in (20, 65, 110))]
    info = probe(make_video(tmp_path / f"clip{suffix}", [n / 30 for n in kept], time_base=Fraction(1, 15360)))
    assert info.fps < 16
    assert info.usual_fps == 30
    frames = list(read_chunks(info, chunks(info, chunk_s=0.5, max_fps=15.0)))
    assert [round(f.time_s * 30) for f in frames if f.time_s < 0.5] == list(range(0, 15, 2))
    shown = [round(f.time_s * 30) for f in frames]
    assert shown == [min(m for m in kept if m // 2 == n) for n in sorted({m // 2 for m in kept})]


@pytest.mark.parametrize("clockwise_deg", [90, 180, 270])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_rotation_flag_is_applied(tmp_path: Path, clockwise_deg: int, suffix: str) -> None:
    plain = everything(probe(make_video(tmp_path / f"plain{suffix}", steady(12, 25))))
    info = probe(make_video(tmp_path / f"turned{suffix}", steady(12, 25), rotation_deg=clockwise_deg))
    assert info.rotation_deg == clockwise_deg
    assert (info.width_px, info.height_px) == ((96, 64) if clockwise_deg == 180 else (64, 96))
    turned = everything(info)
    for one, other in zip(plain, turned, strict=True):
        assert np.array_equal(np.rot90(one.image, -clockwise_deg // 90), other.image)


def test_colour_survives(tmp_path: Path) -> None:
    """Untagged HD is BT.709: pure colours come back close to what was written."""
    from pipeline.video import VideoWriter

    colours = np.array([[40, 60, 200], [200, 80, 30], [60, 180, 60], [220, 220, 220]], np.uint8)
    image = np.repeat(np.repeat(colours.reshape(2, 2, 3), 360, axis=0), 640, axis=1)
    with VideoWriter(tmp_path / "clip.mp4", 1280, 720, fps=25, crf=12) as writer:
        writer.write(image, 0.0)
    (frame,) = everything(probe(tmp_path / "clip.mp4"))
    found = frame.image.reshape(2, 360, 2, 640, 3)[:, 180, :, 320]
    assert np.abs(found.reshape(4, 3).astype(int) - colours).max() <= 6


def test_few_pictures_in_memory(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "clip.mp4", steady(60, 25)))
    alive: list[weakref.ref[Any]] = []
    most = 0
    for frame in read_chunks(info, chunks(info, chunk_s=1.0)):
        alive.append(weakref.ref(frame.image))
        del frame
        most = max(most, sum(ref() is not None for ref in alive))
    assert most <= 6


@pytest.mark.parametrize(
    ("start_s", "end_s", "words"),
    [
        (-1.0, None, "0 seconds or later"),
        (3.0, None, "past the end"),
        (1.0, 1.0, "after the start"),
        (1.0, 0.5, "after"),
    ],
)
def test_wrong_interval_is_one_line(tmp_path: Path, start_s: float, end_s: float | None, words: str) -> None:
    info = probe(make_video(tmp_path / "clip.mp4", steady(50, 25)))
    with pytest.raises(InputError, match=words) as caught:
        chunks(info, start_s, end_s)
    assert "\n" not in str(caught.value)


def cut(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


FRONT = {"container_options": {"movflags": "+faststart"}}


@pytest.mark.parametrize(("suffix", "making"), [(".mp4", FRONT), (".mkv", {}), (".ts", {}), (".mov", FRONT)])
def test_file_that_ends_early(tmp_path: Path, suffix: str, making: dict[str, Any]) -> None:
    path = make_video(tmp_path / f"clip{suffix}", steady(250, 25), options={"g": "20"}, **making)
    info = probe(path) if suffix == ".ts" else probe(cut(path, 0.6))  # a transport stream declares no length
    cut(path, 0.6 if suffix == ".ts" else 1.0)
    pieces = chunks(info, chunk_s=1.0)
    report = ReadReport()
    frames = list(read_chunks(info, pieces, report))
    assert 100 < len(frames) < 200
    assert [number_in(f.image) for f in frames[:-3]] == list(range(len(frames) - 3))
    assert report.end_of_file
    assert report.ended_early
    last = ReadReport()
    assert list(read_chunk(info, pieces[-1], last)) == []
    assert (last.decoded, last.end_of_file) == (0, True)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def damage(path: Path, count: int, seed: int) -> Path:
    """Overwrite `count` stretches of 40 bytes in the middle half of a file."""
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(len(data) // 4, 3 * len(data) // 4, count):
        data[place : place + 40] = rng.bytes(40)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("suffix", "making"),
    [
        (".mp4", _x264(bf="2")),
        (".mkv", _x264(bf="2")),
        (".ts", _x264()),
        (".webm", {"codec": "libvpx-vp9", "options": {"g": "15", "b": "400k", "cpu-used": "8"}}),
    ],
)
def test_damage_is_passed_over(tmp_path: Path, made_once: Made, suffix: str, making: dict[str, Any], seed: int) -> None:
    whole = made_once(
        f"damaged{suffix}",
        lambda folder: make_video(made(folder) / f"clip{suffix}", steady(200, 25), grain=20, **making),
    )
    path = Path(shutil.copy(whole / f"clip{suffix}", tmp_path))
    info = probe(path)
    damage(path, 6, seed)
    pieces = chunks(info, chunk_s=1.0)
    first, again = [
        [(f.index, f.time_s, f.image.tobytes()) for f in read_chunks(info, pieces, report)]
        for report in (ReadReport(), ReadReport())
    ]
    assert first == again
    times = [time_s for _, time_s, _ in first]
    assert times == sorted(times)
    assert len(first) > 100
    assert min(times) < 0.1
    assert max(times) > 7.5


def ruin_packets(path: Path, numbers: list[int]) -> None:
    """Overwrite the whole content of some packets of the picture track."""
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for number in numbers:
        place, size = packets[number]
        assert place is not None
        data[place : place + size] = b"\xff" * size
    path.write_bytes(data)


def test_damage_is_counted_once(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", steady(150, 25), grain=20, options={"g": "10", "bf": "0"})
    info = probe(path)
    ruin_packets(path, [33, 60, 74, 75, 99, 120])  # 60 and 120: key frames; 75: the first of a chunk
    for chunk_s in (1e6, 1.0):
        report = ReadReport()
        frames = list(read_chunks(info, chunks(info, chunk_s=chunk_s), report))
        assert report.damaged == 6
        assert report.decoded == len(frames)
        assert 120 <= len(frames) <= 144
        by_time = {round(f.time_s * 25): number_in(f.image) for f in frames}
        assert all(by_time[n] == n for n in (*range(33), *range(40, 60), *range(80, 99), *range(130, 150)))


def test_file_that_vanishes_is_one_line(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "clip.mp4", steady(20, 25)))
    info.path.unlink()
    with pytest.raises(InputError):
        list(read_chunks(info, chunks(info)))


REAL: dict[str, tuple[int, Callable[[float], bool]]] = {
    "cvd_novellara_handheld_2400x1080p30.webm": (450, lambda fps: abs(fps - 29.97) < 0.01),
    "nba_dal_lac_360p30_cuts.mp4": (750, lambda fps: abs(fps - 29.97) < 0.01),
    "nba_warriors_jazz_broadcast_720p10.mp4": (75, lambda fps: fps == 10),
    "nba_warriors_lakers_broadcast_480p30.mp4": (165, lambda fps: abs(fps - 29.97) < 0.01),
}


@pytest.mark.parametrize("name", REAL)
def test_real_clips_are_read_whole(real_data: Path, name: str) -> None:
    info = probe(real_data / "videos" / name)
    count, rate = REAL[name]
    report = ReadReport()
    last = None
    for frame in read_chunks(info, chunks(info, max_fps=2.0), report):
        last = frame
    assert rate(info.fps)
    assert last is not None
    assert last.image.shape == (info.height_px, info.width_px, 3)
    assert (report.decoded, report.damaged, report.ended_early) == (count, 0, False)
