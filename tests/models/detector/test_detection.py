"""Letterboxing, decoding, suppression and the choice of the input size, on hand-computed cases."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.detector.classes import BALL, CLASS_NAMES, PLAYER, REFEREE
from models.detector.detection import (
    Boxes,
    DetectorSettings,
    candidates,
    decode,
    letterbox,
    logits_of,
    suggest_input_px,
    suggest_input_size,
    suppress,
    to_boxes,
    to_input,
)


@pytest.mark.parametrize(
    ("width", "height", "input_px", "size", "padded"),
    [
        (1280, 720, 640, (640, 360), (640, 384)),
        (2400, 1080, 1280, (1280, 576), (1280, 576)),
        (640, 360, 1280, (1280, 720), (1280, 736)),
        (360, 640, 640, (360, 640), (384, 640)),
        (1, 1, 64, (64, 64), (64, 64)),
        (5000, 2, 640, (640, 1), (640, 32)),
    ],
)
def test_letterbox_scales_the_long_side_and_pads_the_short_one_to_32(width, height, input_px, size, padded):
    fit = letterbox(width, height, input_px)
    assert (fit.size_px, fit.padded_px) == (size, padded)
    assert fit.scale == pytest.approx(input_px / max(width, height))


def test_to_input_scales_and_pads_with_grey():
    blue = np.zeros((30, 64, 3), dtype=np.uint8)
    blue[..., 0] = 200
    before = blue.copy()
    pixels = to_input([blue, blue], letterbox(64, 30, 64))
    assert pixels.shape == (2, 32, 64, 3)
    assert pixels[0, 0, 0].tolist() == [200, 0, 0]
    assert pixels[0, 31, 0].tolist() == [114, 114, 114]
    np.testing.assert_array_equal(blue, before)


def _found(boxes, classes, padded_px, thresholds):
    chosen = candidates(boxes, classes, logits_of(thresholds))
    return *decode(chosen, padded_px), chosen.channel


def test_decode_places_a_box_around_its_anchor():
    """Input of 64 x 32 px: 8 x 4 cells of 8 px, then 4 x 2 of 16 px, then 2 x 1 of 32 px; 42 anchors."""
    anchors = 32 + 8 + 2
    boxes = np.full((64, anchors), -50, np.float32)
    classes = np.full((5, anchors), -50, np.float32)
    cell = 1 * 8 + 2  # second row, third column of the finest level: centre (20, 12) px
    for side, distance in enumerate((1, 0, 2, 1)):  # left, top, right, bottom in cells of 8 px
        boxes[side * 16 + distance, cell] = 50
    classes[BALL, cell] = 2
    xyxy, score, channel = _found(boxes, classes, (64, 32), np.full(5, 0.5, np.float32))
    assert xyxy.tolist() == [[12.0, 12.0, 36.0, 20.0]]
    assert score.tolist() == pytest.approx([1 / (1 + np.exp(-2))])
    assert channel.tolist() == [BALL]
    assert (xyxy.dtype, score.dtype) == (np.float32, np.float32)


def test_decode_uses_each_class_threshold():
    classes = np.zeros((5, 42), np.float32)  # score 0.5 everywhere
    thresholds = np.array([0.6, 0.4, 0.6, 0.6, 0.6], np.float32)
    _, _, channel = _found(np.zeros((64, 42), np.float32), classes, (64, 32), thresholds)
    assert channel.tolist() == [REFEREE] * 42


def test_decode_of_an_empty_picture_gives_no_boxes():
    xyxy, score, channel = _found(
        np.zeros((64, 42), np.float32), np.full((5, 42), -9, np.float32), (64, 32), np.full(5, 0.5, np.float32)
    )
    assert xyxy.shape == (0, 4)
    assert suppress(xyxy, score, channel, 0.5, 0.7, 100).tolist() == []


def test_suppress_drops_doubles_of_a_class_and_player_against_referee():
    xyxy = np.array([[0, 0, 10, 30], [0, 0, 10, 29], [0, 0, 10, 30], [0, 0, 10, 30], [50, 0, 60, 30]], np.float32)
    score = np.array([0.6, 0.9, 0.7, 0.3, 0.5], np.float32)
    index = np.array([PLAYER, PLAYER, REFEREE, BALL, PLAYER])
    assert suppress(xyxy, score, index, 0.6, 0.8, 100).tolist() == [1, 4, 3]
    assert suppress(xyxy, score, index, 0.6, 1.0, 100).tolist() == [1, 2, 4, 3]
    assert suppress(xyxy, score, index, 0.6, 0.8, 2).tolist() == [1, 4]


def test_to_boxes_clips_to_the_image_and_drops_what_lies_outside():
    xyxy = np.array([[-5.0, 2, 12, 25], [30, 5, 40, 9]], np.float32)
    found = to_boxes(xyxy, np.array([0.9, 0.8], np.float32), np.array([0, 1]), 20, 20)
    assert found.xyxy_px.tolist() == [[0, 2, 12, 20]]
    assert (found.xyxy_px.dtype, found.score.dtype, found.class_index.dtype) == (np.float32, np.float32, np.int16)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("heights", "long_side", "expected"),
    [
        ([60.0] * 9, 1280, 1216),  # 56 / 60 of the frame, rounded up
        ([30.0] * 9, 1280, 1280),  # never above the frame itself
        ([30.0] * 9, 2400, 1920),  # nor above 1920
        ([300.0] * 9, 1920, 640),  # nor below 640
        ([30.0] * 9, 480, 640),
        ([], 1280, 1280),
        ([100.0, 100.0, 100.0, 50.0, 50.0], 1280, 1440 - 160),
    ],
)
def test_input_size_follows_the_height_of_the_players(heights, long_side, expected):
    assert suggest_input_px(np.array(heights), long_side) == expected


class _Fixed:
    """A detector that finds in each picture so many people of one height, and a ball."""

    class_names = CLASS_NAMES

    def __init__(self, height, people=2):
        self.boxes = np.array([[0, 0, 20, height]] * people + [[0, 0, 5, 5]], dtype=np.float32)
        self.classes = np.array([PLAYER] * people + [BALL], np.int16)

    def detect(self, images):
        return [Boxes(self.boxes, np.ones(len(self.boxes), np.float32), self.classes) for _ in images]


@pytest.mark.parametrize(
    ("small_look", "sharp_look", "expected"),
    [
        (_Fixed(56), _Fixed(56), 1280),  # people only, not the ball
        (_Fixed(140), None, 640),  # tall enough: nobody looks again
        (_Fixed(120), _Fixed(115), 640),  # 60 px in the small input: a second look decides
        (_Fixed(120), _Fixed(100), 736),  # those missed were smaller
        (_Fixed(300, people=0), _Fixed(60), 1216),  # nobody found: a second look
    ],
)
def test_suggest_input_size_looks_sharper_only_where_people_are_small(small_look, sharp_look, expected):
    pictures = [np.zeros((720, 1280, 3), np.uint8)] * 2
    assert suggest_input_size(lambda size_px: {640: small_look, 1280: sharp_look}[size_px], pictures) == expected


def test_suggest_input_size_needs_a_picture():
    with pytest.raises(ValueError, match="at least one"):
        suggest_input_size(lambda _: _Fixed(100), [])


@pytest.mark.parametrize("wrong", [{"input_px": 650}, {"wieghts": "x"}, {"device": "gpu"}, {"thresholds": {"bal": 1}}])
def test_settings_refuse_what_they_do_not_know(wrong):
    with pytest.raises(ValidationError):
        DetectorSettings.model_validate(wrong)
