"""The shipped ball head: it finds a ball of a rendered scene in either runtime, and none where nothing is."""

import numpy as np
import pytest

from models.ball.finder import BallDetector
from models.detector.classes import BALL
from models.detector.detection import DetectorSettings
from models.detector.yolo import load_detector
from models.runtime import Runtime
from pipeline.rendering.frames import TrainingFrame, training_frames


@pytest.fixture(scope="module")
def scene() -> TrainingFrame:
    """A picture of a seed that nothing was learned from, with one ball in plain view."""
    return next(training_frames(1, np.random.default_rng(903), cameras=("handheld",)))


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_the_ball_of_a_rendered_scene_is_found(scene: TrainingFrame, runtime: Runtime) -> None:
    ((left, top, width, height),) = (box for name, box in scene.boxes if name == "ball")
    found = BallDetector(DetectorSettings(device="cpu", runtime=runtime), lowest=0.7).find([scene.image])[0]
    assert len(found) == 1
    assert found.class_index.tolist() == [BALL]
    middle = (found.xyxy_px[0, :2] + found.xyxy_px[0, 2:]) / 2
    assert np.hypot(*(middle - [left + width / 2, top + height / 2])) < width / 4
    assert found.xyxy_px[0, 2:] - found.xyxy_px[0, :2] == pytest.approx([width, height], rel=0.35)


def test_an_empty_picture_has_no_ball() -> None:
    pictures = [np.full((*size, 3), 90, np.uint8) for size in ((360, 640), (800, 600), (64, 64))]
    assert [len(found) for found in BallDetector(DetectorSettings(device="cpu")).find(pictures)] == [0, 0, 0]


def test_all_but_balls_is_what_the_detector_finds_alone(scene: TrainingFrame) -> None:
    settings = DetectorSettings(device="cpu")
    both, alone = BallDetector(settings).detect([scene.image])[0], load_detector(settings).detect([scene.image])[0]
    with_head, without = (found.xyxy_px[(found.class_index != BALL) & (found.score > 0.5)] for found in (both, alone))
    assert len(without) > 5
    assert with_head == pytest.approx(without, abs=2.0)
