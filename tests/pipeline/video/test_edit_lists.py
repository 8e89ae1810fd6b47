"""Edit lists of MP4: what is cut off the beginning of picture or sound keeps both in step, to the reader and in what is written."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.video import VideoWriter, chunks, probe, read_chunks
from tests.videos import make_video, number_in, steady

BEEP_S, PICTURE_TICKS_PER_S, SOUND_TICKS_PER_S = 1.5, 90_000, 48_000
SAME_S = 0.02


def shortened(source: Path, out: Path, picture_s: float, sound_s: float) -> Path:
    """Cut seconds off the beginning of picture and sound by their edit lists alone."""
    data = bytearray(source.read_bytes())
    at = -1
    for ticks in (round(picture_s * PICTURE_TICKS_PER_S), round(sound_s * SOUND_TICKS_PER_S)):
        at = data.index(b"elst", at + 1)
        count = struct.unpack_from(">I", data, at + 8)[0]
        place = at + 12 + 12 * (count - 1)
        (start,) = struct.unpack_from(">i", data, place + 4)
        struct.pack_into(">i", data, place + 4, start + ticks)
    out.write_bytes(data)
    return out


def beep_s(path: Path) -> float:
    """When the tone begins, seconds after the first picture that is shown."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0))
        start_s = float(first.pts * first.time_base)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()).max(axis=0) > 0.2)
            if len(loud):
                return float(frame.pts * frame.time_base) + loud[0] / frame.sample_rate - start_s
    raise AssertionError("there is no tone")


@pytest.mark.parametrize(("picture_s", "sound_s"), [(0.0, 0.0), (0.4, 0.4), (0.0, 0.1), (0.4, 0.0), (0.52, 0.2)])
@pytest.mark.parametrize("start_s", [0.0, 0.48])
def test_written_sound_is_in_step_with_what_is_seen(picture_s, sound_s, start_s, tmp_path):
    source = make_video(tmp_path / "a.mp4", steady(75, 25), beep_s=BEEP_S, grain=8, options={"bf": "0", "g": "5"})
    source = shortened(source, tmp_path / "cut.mp4", picture_s, sound_s)
    info = probe(source)
    with VideoWriter(tmp_path / "out.mp4", 96, 64, info.fps, sound_from=info, start_s=start_s) as writer:
        frames = list(read_chunks(info, chunks(info, start_s, None, 20.0, None)))
        for frame in frames:
            writer.write(frame.image, frame.time_s)
    assert number_in(frames[0].image) == round((picture_s + start_s) * 25)
    assert beep_s(tmp_path / "out.mp4") == pytest.approx(BEEP_S - sound_s - start_s, abs=SAME_S)
    assert beep_s(source) - start_s == pytest.approx(beep_s(tmp_path / "out.mp4"), abs=SAME_S)
