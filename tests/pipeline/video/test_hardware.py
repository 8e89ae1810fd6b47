"""Cards that decode and encode, played by fakes: they are taken where they open, and software goes on where they fail."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.video import Planes, ReadReport, Track, chunks, decoder_for, encoders, hardware, probe, read_chunk, record
from pipeline.video import decode as decoding
from pipeline.video.encoders import ON_CARDS, SOFTWARE, VideoEncoder, best_encoder
from tests.videos import make_video, number_in, steady


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "clip.mp4", steady(30, 25))


def pictures() -> Iterator[tuple[Planes, float]]:
    for number in range(10):
        yield Planes(np.full((96, 96), 16 + 10 * number, np.uint8)), number / 25


def test_a_decoder_is_chosen_by_the_networks_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "hwdevices_available", lambda: ["cuda", "videotoolbox"])
    assert [decoder_for(device) for device in ("cpu", "cuda", "cuda:1", "mps")] == [
        None,
        "cuda",
        "cuda",
        "videotoolbox",
    ]
    monkeypatch.setattr(hardware, "hwdevices_available", lambda: ["vaapi"])
    assert decoder_for("cuda") is None


def test_a_card_that_cannot_be_opened_leaves_decoding_to_software(
    video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    info = probe(video)
    (whole,) = chunks(info)
    report = ReadReport()
    frames = list(read_chunk(info, whole, report, hardware="no such card"))
    assert [number_in(frame.image) for frame in frames] == list(range(30))
    assert (report.decoded, report.damaged) == (30, 0)
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


def test_a_card_that_fails_midway_is_replaced_at_that_frame(
    video: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = decoding.open_video

    def without_card(path: Path, _hardware: str | None = None) -> Any:
        return opened(path)

    plain_packets = decoding._packets

    def failing(*arguments: Any) -> Iterator[Any]:
        for count, packet in enumerate(plain_packets(*arguments)):
            yield Broken() if count == 12 and not caplog.records else packet

    monkeypatch.setattr(decoding, "open_video", without_card)
    monkeypatch.setattr(decoding, "_packets", failing)
    info = probe(video)
    (whole,) = chunks(info)
    frames = list(read_chunk(info, whole, hardware="cuda"))
    assert [number_in(frame.image) for frame in frames] == list(range(30))
    assert [record.getMessage().count("software goes on") for record in caplog.records] == [1]


class Broken:
    """A packet on which a card gives up."""

    size, pts = 1, None

    def decode(self) -> None:
        raise av.error.ExternalError(1, "the card is gone")


def test_no_card_here_so_software_encodes() -> None:
    assert best_encoder(96, 64, 25.0, 23) is SOFTWARE or best_encoder(96, 64, 25.0, 23) in ON_CARDS


def test_a_card_is_named_but_does_not_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = VideoEncoder("no_such_encoder", lambda _crf: {})
    broken = VideoEncoder("libx264", lambda _crf: {"preset": "no such preset"})
    monkeypatch.setattr(encoders, "ON_CARDS", (named, broken))
    track = Track(tmp_path / "out.mp4", (96, 64), 25.0, probe(make_video(tmp_path / "in.mp4", steady(10, 25))), 0.0)
    assert record(track, pictures, "auto") == "libx264"
    assert probe(track.path).frame_count == 10


def test_a_card_that_opens_is_taken_unless_software_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    card = VideoEncoder("mpeg4", lambda _crf: {}, by_rate=True)  # played by an encoder that is everywhere
    monkeypatch.setattr(encoders, "ON_CARDS", (card,))
    monkeypatch.setattr(VideoEncoder, "set_up", lambda *_: None)
    assert best_encoder(96, 64, 25.0, 23) in (card, SOFTWARE)
    track = Track(tmp_path / "out.mp4", (96, 64), 25.0, probe(make_video(tmp_path / "in.mp4", steady(10, 25))), 0.0)
    assert record(track, pictures, "software") == "libx264"


def test_a_card_that_fails_midway_loses_no_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    card = VideoEncoder("libx264", SOFTWARE.options)  # counts as a card's
    monkeypatch.setattr(encoders, "ON_CARDS", (card,))
    given = []

    def failing() -> Iterator[tuple[Planes, float]]:
        given.append(0)
        for number, picture in enumerate(pictures()):
            if number == 5 and len(given) == 1:
                raise encoders.EncoderFailedError("the card is gone")
            yield picture

    track = Track(tmp_path / "out.mp4", (96, 64), 25.0, probe(make_video(tmp_path / "in.mp4", steady(10, 25))), 0.0)
    assert record(track, failing, "auto") == "libx264"
    assert len(given) == 2
    written = probe(track.path)
    found = [int(frame.image.mean()) for frame in read_chunk(written, chunks(written)[0])]
    assert found == sorted(found)
    assert len(found) == 10
    assert sum("anew in software" in record.getMessage() for record in caplog.records) == 1
