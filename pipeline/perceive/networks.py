"""Loading the networks that perceive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.court.finder import BUILTIN_WEIGHTS as COURT_WEIGHTS
from models.court.finder import CourtFinder
from models.detector.detection import DetectorSettings, ScoreThresholds, suggest_input_size
from models.detector.yolo import load_detector
from models.device import choose_device
from models.encoders import load_encoder
from models.numbers.reader import NumberReader
from pipeline.config import CourtSettings, DetectSettings, Settings
from pipeline.perceive.chunk import PerceptionModels

_PROBE_SIZE_PX = 1280


def choose_input_size(settings: DetectSettings, device: str, samples: Sequence[NDArray[np.uint8]]) -> int:
    """Choose the detector's input size for a video: large where people are small.

    Args:
        settings: the detector's; a number in them is taken as it is.
        device: where the network runs.
        samples: pictures (h, w, 3) spread over the video.

    Returns:
        Long side of the network's input in px.
    """
    if settings.input_size_px != "auto":
        return settings.input_size_px
    return suggest_input_size(load_detector(_detector_settings(settings, device, _PROBE_SIZE_PX)), samples)


def load_networks(settings: Settings, device: str, input_size_px: int) -> PerceptionModels:
    """Load detector, encoder and, if they are used, the number reader and the court network.

    Args:
        settings: of the run.
        device: auto, cpu, mps or cuda:N.
        input_size_px: long side of the detector's input.

    Raises:
        WeightsError: weights missing or damaged.
        DependencyError: the device is not there.
    """
    cv2.setNumThreads(1)  # the networks have the cores; OpenCV's own threads would get in their way
    return PerceptionModels(
        detector=load_detector(_detector_settings(settings.detect, device, input_size_px)),
        encoder=load_encoder(
            settings.embed.encoder, settings.embed.weights, str(choose_device(device)), settings.embed.batch
        ),
        reader=None if settings.numbers.weights is None else NumberReader(settings.numbers.weights, device),
        shots=settings.shots,
        batch=settings.detect.batch,
        court=_court_locator(settings.court, device),
        keyframe_s=settings.court.keyframe_s,
    )


def _court_locator(settings: CourtSettings, device: str) -> CourtFinder | None:
    """Load the court network where it is wanted."""
    if not settings.automatic:
        return None
    return CourtFinder(COURT_WEIGHTS if settings.weights == "builtin" else Path(settings.weights), device)


def _detector_settings(settings: DetectSettings, device: str, input_size_px: int) -> DetectorSettings:
    """Translate the run's settings into the network's."""
    person, small = settings.min_score, settings.min_score_small
    return DetectorSettings(
        weights=settings.weights,
        input_px=input_size_px,
        thresholds=ScoreThresholds(player=person, referee=person, ball=small, rim=small, number=small),
        nms_iou=settings.nms_iou,
        device=device,
        batch=settings.batch,
    )
