"""Frames that nobody asked for are passed over where no other rests on them, and leave no trace in the others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.video import probe
from pipeline.video.decode import DecodeState, decode_from
from pipeline.video.planes import PlaneConverter
from tests.videos import make_video, steady

_X265 = "keyint=24:min-keyint=24:bframes=3:b-adapt=0:log-level=none:pools=1:frame-threads=1"


def x265(**parameters: int) -> dict[str, Any]:
    more = "".join(f":{name.replace('_', '-')}={value}" for name, value in parameters.items())
    return {"codec": "libx265", "options": {"x265-params": _X265 + more}}


@pytest.mark.parametrize(
    ("suffix", "making", "passes_over"),
    [
        (".mp4", {"options": {"g": "24", "bf": "3"}}, True),
        (".mp4", x265(), True),
        (".mkv", x265(b_pyramid=0, open_gop=1), True),
        (".mp4", x265(temporal_layers=3), False),
        (".ts", x265(), False),
    ],
)
def test_frames_not_wanted_are_passed_over(
    suffix: str, making: dict[str, Any], passes_over: bool, tmp_path: Path
) -> None:
    info = probe(make_video(tmp_path / f"clip{suffix}", steady(60, 25), grain=10, **making))
    whole = dict(decode_from(info, 0.0, DecodeState()))
    asked = [time_s for k, time_s in enumerate(whole) if k % 3 == 0]

    def wanted(time_s: float) -> bool:
        return bool(np.abs(np.subtract(asked, time_s)).min() < 1e-4)

    some = dict(decode_from(info, 0.0, DecodeState(), wanted))
    assert list(some) == list(whole), "a frame that is passed over is a source frame as others"
    assert (None in some.values()) == passes_over
    for time_s, frame in some.items():
        if frame is not None:
            assert np.array_equal(frame.to_ndarray(), whole[time_s].to_ndarray())
    assert all(some[time_s] is not None for time_s in asked)


@pytest.mark.parametrize(
    ("size_px", "rotation_deg", "copied"),
    [((1280, 720), 0, True), ((1280, 720), 90, True), ((96, 64), 0, False), ((640, 360), 0, False)],
)
def test_planes_that_fit_are_copied_as_the_converter_of_colours_gives_them(
    size_px: tuple[int, int], rotation_deg: int, copied: bool, tmp_path: Path
) -> None:
    stored = (1280, 720) if size_px[1] >= 360 else (96, 64)  # below 720 lines colours count as BT.601
    video = make_video(tmp_path / "clip.mp4", steady(2, 25), size=stored, grain=30, rotation_deg=rotation_deg)
    info = probe(video)
    _, frame = next(decode_from(info, 0.0, DecodeState()))
    shown = size_px[::-1] if rotation_deg == 90 else size_px
    converter = PlaneConverter(info, shown)
    assert converter._is_alike(frame) == copied
    planes = converter(frame)
    assert planes.size_px == shown
    expected, turns = converter._reformatted(frame), -rotation_deg // 90
    assert np.array_equal(planes.luma, np.rot90(expected.luma, turns))
    assert np.array_equal(planes.chroma, np.rot90(expected.chroma, turns))
