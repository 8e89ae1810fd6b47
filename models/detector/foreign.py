"""A user's own weights through ultralytics: the one file of the project that imports it, offline and without traces."""

import functools
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.detector.classes import CLASS_NAMES, class_index_of
from models.detector.detection import Boxes, DetectorSettings, Image, suppress, to_boxes
from pipeline.errors import DependencyError, WeightsError


@functools.cache
def import_ultralytics() -> SimpleNamespace:
    """Import ultralytics such that it neither reaches for the network nor leaves files behind."""
    os.environ.update(YOLO_OFFLINE="True", YOLO_AUTOINSTALL="False", YOLO_VERBOSE="False")
    with tempfile.TemporaryDirectory(prefix="courtside-") as folder, _kept_environment(folder):
        from ultralytics import YOLO
        from ultralytics.utils import SETTINGS
        from ultralytics.utils.loss import v8DetectionLoss

        SETTINGS.update({"sync": False})
    return SimpleNamespace(YOLO=YOLO, v8DetectionLoss=v8DetectionLoss)


@contextmanager
def _kept_environment(config_dir: str) -> Iterator[None]:
    """Point ultralytics at a throw-away settings folder, and undo what it does to the environment."""
    names = ("YOLO_CONFIG_DIR", "OMP_NUM_THREADS", "NUMEXPR_MAX_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ["YOLO_CONFIG_DIR"] = config_dir
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class ForeignDetector:
    """A user's own weights through ultralytics: .pt, .onnx or OpenVINO; classes are matched by name."""

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, path: Path, device: str) -> None:
        self._settings = settings
        self._path = path
        self._device = device
        self._one_at_a_time = threading.Lock()
        try:
            self._model = import_ultralytics().YOLO(str(path), task="detect")
            names: Mapping[int, str] = {int(channel): str(name) for channel, name in self._model.names.items()}
        except ImportError as error:
            raise DependencyError(f"{path}: needs the package {error.name or error}") from error
        except Exception as error:  # foreign readers raise whatever they like on a damaged file
            raise WeightsError(f"{path}: cannot be loaded as detector weights ({_first_line(error)})") from error
        self._ours = {theirs: ours for theirs, name in names.items() if (ours := class_index_of(name)) is not None}
        if not self._ours:
            raise WeightsError(f"{path}: none of its classes is ours: {', '.join(list(names.values())[:8])}")

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        settings = self._settings
        thresholds = settings.thresholds.as_array()
        results = []
        for image in images:
            found = self._predict(image, float(thresholds.min()))
            arrays = (each.float().cpu().numpy() for each in (found.xyxy, found.conf, found.cls))
            xyxy, score, channel = (np.asarray(each) for each in arrays)
            ours = np.array([self._ours[each] for each in channel.astype(int).tolist()], dtype=np.int64)
            passed = score >= thresholds[ours]
            xyxy, score, ours = xyxy[passed], score[passed], ours[passed]
            kept = suppress(xyxy, score, ours, settings.nms_iou, settings.person_iou, settings.max_boxes)
            results.append(to_boxes(xyxy[kept], score[kept], ours[kept], image.shape[1], image.shape[0]))
        return results

    def _predict(self, image: Image, lowest_score: float) -> Any:
        """Run the network on an image; return the boxes as ultralytics has them.

        Raises:
            WeightsError: it cannot be run.
        """
        try:
            with self._one_at_a_time:  # a predictor of ultralytics keeps the image at hand in itself
                return self._model.predict(
                    image,
                    imgsz=self._settings.input_px,
                    conf=lowest_score,
                    iou=self._settings.nms_iou,
                    classes=list(self._ours),
                    device=self._device,
                    max_det=self._settings.max_boxes,
                    verbose=False,
                )[0].boxes
        except MemoryError:
            raise
        except Exception as error:  # what a network can do wrong is without number
            raise WeightsError(f"{self._path}: the network cannot be run ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its type."""
    return (str(error).splitlines() or [type(error).__name__])[0]
