"""Loading the networks that perceive."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.ball.finder import BallDetector
from models.ball.joined import BallAwareDetector
from models.court.finder import CourtFinder
from models.detector.detection import Detector, DetectorSettings, ScoreThresholds, suggest_input_size
from models.detector.tiles import TiledDetector, tile_columns
from models.detector.yolo import load_detector
from models.encoders import load_encoder
from models.numbers.ocr import OcrNumberReader
from models.numbers.reader import NumberReader
from models.runtime.hardware import usable_cores
from models.text import TextReader
from models.text.files import RAPIDOCR
from pipeline.config import CourtSettings, NetworkSettings, Settings
from pipeline.perceive.chunk import PerceptionModels
from pipeline.perceive.scoreboard import ScoreboardReader
from pipeline.settings_section import BallSettings
from pipeline.tables import SURE_SCORE


def choose_input_size(settings: Settings, device: str, samples: Sequence[NDArray[np.uint8]]) -> int:
    """Choose the detector's input size for a video: large where people are small.

    Args:
        settings: of the run; a number in those of the detector is taken as it is.
        device: where the network runs.
        samples: pictures (h, w, 3) spread over the video.

    Returns:
        Long side of the network's input in px.
    """
    if settings.detect.input_size_px != "auto":
        return settings.detect.input_size_px
    sure = settings.model_copy(
        update={"detect": settings.detect.model_copy(update={"min_score": max(settings.detect.min_score, SURE_SCORE)})}
    )
    tiles = [sample[:, left:right] for sample in samples for left, right in tile_columns(*sample.shape[1::-1])]
    return suggest_input_size(lambda size_px: load_detector(_detector_settings(sure, device, size_px)), tiles)


def load_networks(settings: Settings, device: str, input_size_px: int) -> PerceptionModels:
    """Load detector, encoder and, if they are used, the ball head, the number reader and the court network.

    Args:
        settings: of the run.
        device: auto, cpu, mps or cuda:N.
        input_size_px: long side of the detector's input.

    Raises:
        WeightsError: weights missing or damaged.
        DependencyError: the device is not there.
    """
    runtime, precision = settings.networks.runtime, settings.networks.precision
    cv2.setNumThreads(1)  # the networks have the cores; OpenCV's own threads would get in their way
    detection = _detector_settings(settings, device, input_size_px)
    return PerceptionModels(
        detector=TiledDetector(_detector(detection, settings.ball), detection),
        encoder=load_encoder(settings.embed.encoder, settings.embed.weights, device, runtime, precision),
        reader=None
        if settings.numbers.weights is None
        else OcrNumberReader(usable_cores())
        if settings.numbers.weights == RAPIDOCR
        else NumberReader(settings.numbers.weights, device, runtime, precision),
        shots=settings.shots,
        court=_court_locator(settings.court, settings.networks, device),
        keyframe_s=settings.court.keyframe_s,
        embed_every_s=settings.embed.every_s,
    )


def scoreboard_reader(place_px: tuple[int, int, int, int] | None) -> ScoreboardReader | None:
    """Load what reads the scoreboard; None without one.

    Args:
        place_px: x, y, width, height of the scoreboard.

    Raises:
        DependencyError: rapidocr is not installed.
    """
    return None if place_px is None else ScoreboardReader(place_px, TextReader(what="scoreboard"))


def _detector(detection: DetectorSettings, ball: BallSettings) -> Detector:
    """Load the detector, with the ball head where it is wanted.

    The head goes on from the features of the built-in detector, so that one runs beside a detector of other weights.
    """
    if ball.head_weights is None:
        return load_detector(detection)
    balls = BallDetector(detection, ball.head_weights, ball.min_score)
    return balls if detection.weights == "builtin" else BallAwareDetector(load_detector(detection), balls)


def _court_locator(settings: CourtSettings, networks: NetworkSettings, device: str) -> CourtFinder | None:
    """Load the court network where it is wanted."""
    if not settings.automatic:
        return None
    return CourtFinder(settings.weights, device, networks.runtime, networks.precision)


def _detector_settings(settings: Settings, device: str, input_size_px: int) -> DetectorSettings:
    """Translate the run's settings into the network's."""
    person, small = settings.detect.min_score, settings.detect.min_score_small
    return DetectorSettings(
        weights=settings.detect.weights,
        input_px=input_size_px,
        thresholds=ScoreThresholds(player=person, referee=person, ball=small, rim=small, number=small),
        nms_iou=settings.detect.nms_iou,
        device=device,
        runtime=settings.networks.runtime,
        precision=settings.networks.precision,
    )
