"""Tiny files of every way in which stored pictures differ from shown ones."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from pipeline.video import chunks, play, probe, read_chunks
from pipeline.video.display.fields import comb_share
from tests.videos import number_in, picture

RATE = 25


def write(path: Path, pictures: list[Any], set_up: Callable[[Any], None], pixel_format: str = "yuv420p") -> Path:
    """Encode pictures, BGR or frames as they are, with a stream that `set_up` has changed."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "10"})
        first = pictures[0]
        stream.width, stream.height = (
            (first.width, first.height) if isinstance(first, av.VideoFrame) else first.shape[1::-1]
        )
        stream.pix_fmt = pixel_format
        set_up(stream)
        for number, image in enumerate(pictures):
            frame = image if isinstance(image, av.VideoFrame) else av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def images(path: Path) -> list[np.ndarray]:
    info = probe(path)
    return [frame.image for frame in read_chunks(info, chunks(info, 0.0, None, 20.0, None))]


def scene(shift_px: int, width_px: int = 192, height_px: int = 128) -> np.ndarray:
    """A soft scene with a bright bar that moves."""
    x = np.linspace(40, 160, width_px)[None, :, None] * np.ones((height_px, 1, 3))
    image = x.astype(np.uint8)
    image[20:110, 30 + shift_px : 60 + shift_px] = 235
    return image


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(3, 4)])
def test_pixels_that_are_not_square_are_shown_square(aspect, tmp_path):
    def stretched(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = aspect

    path = write(tmp_path / "wide.mp4", [picture(9, 96, 64)] * 3, stretched)
    info = probe(path)
    assert (info.width_px, info.height_px) == (round(96 * aspect), 64)
    shown = images(path)
    assert shown[0].shape == (64, round(96 * aspect), 3)
    assert number_in(shown[0]) == 9


def test_nearly_square_pixels_are_square(tmp_path):
    def stretched(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(1280, 1281)

    assert probe(write(tmp_path / "a.mp4", [picture(9)] * 2, stretched)).width_px == 96


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_display_matrix_turns_and_flips(degrees, flipped, tmp_path):
    upright = scene(40)
    upright[:20, :30] = (0, 0, 255)  # a red corner says which side is where
    turns = {0: None, 90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    stored = upright if turns[degrees] is None else cv2.rotate(upright, turns[degrees])
    stored = cv2.flip(stored, 1) if flipped else stored

    def turned(stream: Any) -> None:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        matrix = np.zeros((3, 3))
        matrix[:2, :2] = (np.diag([-1.0, 1.0]) @ turn if flipped else turn) * 65536
        matrix[2, 2] = 1 << 30
        stream.set_display_matrix([round(value) for value in matrix.ravel()])

    path = write(tmp_path / "turned.mp4", [np.ascontiguousarray(stored)] * 3, turned)
    info = probe(path)
    assert (info.rotation_deg, info.mirrored) == (degrees, flipped)
    assert np.abs(images(path)[0].astype(int) - upright).mean() < 4
    planes = next(play(info, 0.0, 1.0, None, (info.width_px, info.height_px)))[1]
    assert np.abs(planes.luma.astype(int) - (16 + upright.mean(axis=2) * 219 / 255)).mean() < 8


def hlg(image: np.ndarray) -> av.VideoFrame:
    """Show a picture as HLG film does: white at 75 % of the signal, primaries of BT.2020, 10 bits."""
    to_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    light = (image[:, :, ::-1] / 255.0) ** 2.2 @ to_2020.T * 0.265
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = np.where(light <= 1 / 12, np.sqrt(3 * light), a * np.log(np.maximum(12 * light - b, 1e-9)) + c)
    red, green, blue = np.moveaxis(signal, -1, 0)
    luma = 0.2627 * red + 0.678 * green + 0.0593 * blue
    frame = av.VideoFrame(image.shape[1], image.shape[0], "yuv420p10le")
    halves = (cv2.resize(chroma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for chroma in ((blue - luma) / 1.8814, (red - luma) / 1.4746))  # fmt: skip
    values = (64 + 876 * luma, *(512 + 896 * half for half in halves))
    for plane, value in zip(frame.planes, values, strict=True):
        lines = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        lines[:, : value.shape[1]] = np.round(value)
        plane.update(lines.tobytes())
    return frame


def test_hlg_looks_like_the_same_scene_in_standard_range(tmp_path):
    scene_bgr = np.zeros((64, 96, 3), np.uint8)
    patches = [(20, 20, 20), (90, 90, 90), (180, 180, 180), (40, 40, 200), (200, 90, 30), (60, 160, 60)]
    for number, colour in enumerate(patches):
        scene_bgr[:, 16 * number : 16 * number + 16] = colour

    def tagged(stream: Any) -> None:
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, 18, 9

    path = write(tmp_path / "hlg.mp4", [hlg(scene_bgr)] * 2, tagged, "yuv420p10le")
    shown, info = images(path)[0], probe(path)
    for number, colour in enumerate(patches):
        middle = shown[16:48, 16 * number + 6 : 16 * number + 10].reshape(-1, 3).mean(axis=0)
        assert np.abs(middle - colour).max() < 12, (colour, middle)
    planes = next(play(info, 0.0, 1.0, None, (96, 64)))[1]
    assert abs(planes.luma[32, 16 + 8] - (16 + 90 * 219 / 255)) < 6


def test_pq_white_is_bright_and_what_is_brighter_keeps_its_shades(tmp_path):
    levels = [0.0, 0.36, 0.58, 0.65, 0.75]  # signals of 0, about 24, 203, 400 and 1,000 cd/m2
    frame = av.VideoFrame(96, 64, "yuv420p10le")
    lines = np.repeat([round(64 + 876 * level) for level in levels], 20)[:96].astype(np.uint16)
    for plane, row in zip(frame.planes, (lines, np.full(48, 512), np.full(48, 512)), strict=True):
        padded = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        padded[:, : plane.width] = row
        plane.update(padded.tobytes())

    def tagged(stream: Any) -> None:
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9

    shown = images(write(tmp_path / "pq.mp4", [frame] * 2, tagged, "yuv420p10le"))[0]
    black, dark, white, above, far = (float(shown[32, 20 * k + 8].mean()) for k in range(5))
    assert black < 8
    assert 80 < dark < 115  # 12 % of white
    assert 235 < white < 252
    assert white < above <= far <= 255


def test_ten_bits_of_standard_range_are_shown_as_eight(tmp_path):
    path = write(tmp_path / "ten.mp4", [picture(n, 96, 64) for n in range(3)], lambda _: None, "yuv422p10le")
    assert [number_in(image) for image in images(path)] == [0, 1, 2]


@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le"])
def test_woven_fields_are_separated(flagged, pixel_format, tmp_path):
    if not flagged and pixel_format != "yuv420p":
        pytest.skip("unflagged pictures of more than 8 bits are not looked at")
    woven = scene(0)
    woven[1::2] = scene(30)[1::2]

    def interlaced(stream: Any) -> None:
        stream.options = {"crf": "5"} | ({"x264-params": "tff=1"} if flagged else {})

    path = write(tmp_path / "fields.mp4", [woven] * 3, interlaced, pixel_format)
    shown = images(path)[0]
    bright = shown[40:100].mean(axis=2) > 200  # (60, w)
    assert bright[:, 33:57].mean() > 0.99  # the bar as the first field has it
    assert bright[:, 64:88].mean() < 0.01  # and not as the second
    assert comb_share(shown[:, :, 1]) == 0
    planes = next(play(probe(path), 0.0, 1.0, None, (192, 128)))[1]
    assert comb_share(planes.luma) == 0


def test_a_picture_without_combs_stays_as_it_is(tmp_path):
    path = write(tmp_path / "whole.mp4", [scene(n) for n in range(3)], lambda _: None)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    for shown, stored in zip(images(path), decoded, strict=True):
        assert np.abs(shown.astype(int) - stored).max() <= 1


def test_stripes_of_a_shirt_are_no_combs():
    striped = np.full((128, 192), 90, np.uint8)
    for top in range(20, 100, 6):
        striped[top : top + 3, 60:100] = 200
    assert comb_share(striped) == 0
