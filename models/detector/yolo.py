"""YOLO through ultralytics: the one file of the project that imports it, offline and without traces."""

import functools
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from models.detector.classes import CLASS_NAMES, COCO_CHANNELS, SEED_CHANNELS, class_index_of
from models.detector.detection import (
    Boxes,
    Detector,
    DetectorSettings,
    Image,
    decode,
    letterbox,
    suppress,
    to_boxes,
    to_input,
)
from models.detector.runtime import fuse_activations
from models.device import choose_device, choose_precision
from models.kernels import fused_kernels_run_on
from models.weight_files import read_state
from pipeline.errors import DependencyError, WeightsError

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "detector.safetensors"
_ARCHITECTURES = ("yolo11n", "yolov8n")
_LAST_LAYER = ".cv3.0.2.weight"
_COCO_CLASSES = 80


@functools.cache
def _ultralytics() -> SimpleNamespace:
    """Import ultralytics such that it neither reaches for the network nor leaves files behind."""
    os.environ.update(YOLO_OFFLINE="True", YOLO_AUTOINSTALL="False", YOLO_VERBOSE="False")
    with tempfile.TemporaryDirectory(prefix="courtside-") as folder, _kept_environment(folder):
        from ultralytics import YOLO
        from ultralytics.nn.tasks import DetectionModel
        from ultralytics.utils import SETTINGS
        from ultralytics.utils.loss import v8DetectionLoss

        SETTINGS.update({"sync": False})
    return SimpleNamespace(YOLO=YOLO, DetectionModel=DetectionModel, v8DetectionLoss=v8DetectionLoss)


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


def load_detector(settings: DetectorSettings) -> Detector:
    """Load the detector that the settings name.

    Args:
        settings: which weights, and how they run.

    Returns:
        A detector whose class indices are those of `classes.CLASS_NAMES`.

    Raises:
        WeightsError: weights missing, damaged, or of a network that finds none of our classes.
        DependencyError: a package or a device that the settings ask for is not there.
    """
    device = choose_device(settings.device)
    path = BUILTIN_WEIGHTS if settings.weights == "builtin" else Path(settings.weights)
    if not path.exists():
        raise WeightsError(f"{path}: detector weights not found")
    if path.suffix == ".safetensors":
        return YoloDetector(settings, path, device)
    if path.suffix in (".pt", ".onnx") or path.is_dir():
        return ForeignDetector(settings, path, device)
    raise WeightsError(f"{path}: expected .safetensors, .pt, .onnx or a folder of OpenVINO files")


class YoloDetector:
    """Our own runner for YOLO11n and YOLOv8n weights in safetensors: folded, batched, rectangular input."""

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, path: Path, device: torch.device) -> None:
        self._settings = settings
        self._device = device
        self._dtype = choose_precision(settings.precision, device)
        network, ours = _network_for(path)
        network = network.eval().fuse(verbose=False)  # type: ignore[operator]
        network.model[-1].training = True  # raw logits: only the boxes above the thresholds are decoded
        network.requires_grad_(False)
        self._network = network.to(device, self._dtype, memory_format=torch.channels_last)
        if fused_kernels_run_on(device):
            fuse_activations(self._network)
        self._ours = torch.tensor(ours)
        self._thresholds = torch.from_numpy(settings.thresholds.as_array()[list(ours)]).to(device)

    def detect(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images; see `detection.Detector`."""
        results: list[Boxes] = []
        for start in range(0, len(images), self._settings.batch):
            results.extend(self._detect_batch(images[start : start + self._settings.batch]))
        return results

    def _detect_batch(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in a few images: one pass through the network per size of image."""
        by_size: dict[tuple[int, ...], list[int]] = {}
        for index, image in enumerate(images):
            by_size.setdefault(image.shape, []).append(index)
        found: dict[int, Boxes] = {}
        for members in by_size.values():
            found.update(zip(members, self._detect_equal([images[i] for i in members]), strict=True))
        return [found[index] for index in range(len(images))]

    @torch.inference_mode()
    def _detect_equal(self, images: Sequence[Image]) -> list[Boxes]:
        """Find things in images of one size, (h, w, 3) each."""
        height, width = images[0].shape[:2]
        fit = letterbox(width, height, self._settings.input_px)
        pixels = to_input(images, fit).to(self._device).to(self._dtype).div_(255)
        raw = self._network(pixels)
        results = []
        for xyxy, score, channel in decode(raw["boxes"], raw["scores"], fit.padded_px, self._thresholds):
            class_index = self._ours.to(channel.device)[channel]
            kept = suppress(
                xyxy,
                score,
                class_index,
                self._settings.nms_iou,
                self._settings.person_iou,
                self._settings.max_boxes,
            )
            results.append(to_boxes(xyxy[kept] / fit.scale, score[kept], class_index[kept], width, height))
        return results


def _network_for(path: Path) -> tuple[nn.Module, tuple[int, ...]]:
    """Build the network that a safetensors file fits, and say which of our classes each of its channels is."""
    state = read_state(path, "detector")
    last = [tensor for name, tensor in state.items() if name.endswith(_LAST_LAYER)]
    if not last or len(last[0]) not in (len(CLASS_NAMES), _COCO_CLASSES):
        raise WeightsError(f"{path}: expected a YOLO state dict of {len(CLASS_NAMES)} or {_COCO_CLASSES} classes")
    classes = len(last[0])
    for architecture in _ARCHITECTURES:
        network = build_network(architecture, classes)
        mine = network.state_dict()
        if mine.keys() == state.keys() and all(mine[name].shape == state[name].shape for name in mine):
            network.load_state_dict(state)
            if classes == len(CLASS_NAMES):
                return network, tuple(range(classes))
            return _keep_channels(network, tuple(COCO_CHANNELS)), tuple(COCO_CHANNELS.values())
    raise WeightsError(f"{path}: weights of none of the networks {', '.join(_ARCHITECTURES)}")


def _keep_channels(network: nn.Module, channels: Sequence[int]) -> nn.Module:
    """Cut the class branch of a head down to some of its channels."""
    head: Any = network.model[-1]  # type: ignore[index]
    for branch in head.cv3:
        last = branch[-1]
        last.weight = nn.Parameter(last.weight[list(channels)].detach().clone())
        last.bias = nn.Parameter(last.bias[list(channels)].detach().clone())
        last.out_channels = len(channels)
    head.nc = len(channels)
    head.no = head.nc + 4 * head.reg_max
    return network


class ForeignDetector:
    """A user's own weights through ultralytics: .pt, .onnx or OpenVINO; classes are matched by name."""

    class_names = CLASS_NAMES

    def __init__(self, settings: DetectorSettings, path: Path, device: torch.device) -> None:
        self._settings = settings
        self._device = device
        self._one_at_a_time = threading.Lock()
        try:
            self._model = _ultralytics().YOLO(str(path), task="detect")
            names: Mapping[int, str] = self._model.names
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
            with self._one_at_a_time:  # a predictor of ultralytics keeps the image at hand in itself
                found = self._model.predict(
                    image,
                    imgsz=settings.input_px,
                    conf=float(thresholds.min()),
                    iou=settings.nms_iou,
                    classes=list(self._ours),
                    device=str(self._device),
                    max_det=settings.max_boxes,
                    verbose=False,
                )[0].boxes
            theirs = found.cls.int().tolist()
            ours = torch.tensor([self._ours[each] for each in theirs], dtype=torch.int64)
            passed = found.conf.cpu() >= torch.from_numpy(thresholds)[ours]
            xyxy, score, ours = found.xyxy.cpu()[passed], found.conf.cpu()[passed], ours[passed]
            kept = suppress(xyxy, score, ours, settings.nms_iou, settings.person_iou, settings.max_boxes)
            results.append(to_boxes(xyxy[kept], score[kept], ours[kept], image.shape[1], image.shape[0]))
        return results


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its type."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def build_network(architecture: str = "yolo11n", classes: int = len(CLASS_NAMES)) -> nn.Module:
    """Build a YOLO network with random weights.

    The class branch of the head keeps the width that it has for COCO's 80 classes, so that COCO weights fit up to the
    last layer.

    Args:
        architecture: name of a configuration that ultralytics ships, e.g. `yolo11n` or `yolov8n`.
        classes: number of classes.

    Returns:
        A network; (b, 3, h, w) float in 0..1, RGB, h and w multiples of 32, goes in.
    """
    network: nn.Module = _ultralytics().DetectionModel(f"{architecture}.yaml", nc=_COCO_CLASSES, verbose=False)
    head: Any = network.model[-1]  # type: ignore[index]
    for branch in head.cv3:
        branch[-1] = nn.Conv2d(branch[-1].in_channels, classes, 1)
    head.nc = classes
    head.no = classes + 4 * head.reg_max
    head.bias_init()
    network.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)  # type: ignore[assignment]
    network.names = dict(enumerate(CLASS_NAMES[:classes]))  # type: ignore[assignment]
    return network


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network with weights of exactly its layers.

    Args:
        network: from `build_network`.
        path: safetensors file.

    Raises:
        WeightsError: missing file, or names or shapes that differ.
    """
    try:
        network.load_state_dict(read_state(path, "detector"))
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise WeightsError(f"{path}: weights of another network: {reason}") from error


def seed_from_coco(network: nn.Module, path: Path) -> None:
    """Start a network from COCO weights: all layers, and the channels of the classes that COCO knows.

    Args:
        network: from `build_network`, any number of classes.
        path: safetensors file with the state dict of the same architecture for 80 classes.

    Raises:
        WeightsError: missing file, or layers other than the last ones differ.
    """
    coco = read_state(path, "detector")
    state = network.state_dict()
    if coco.keys() != state.keys():
        raise WeightsError(f"{path}: weights of another architecture")
    for name, mine in state.items():
        theirs = coco[name]
        if theirs.shape == mine.shape:
            mine.copy_(theirs)
            continue
        for ours, channel in SEED_CHANNELS.items():
            mine[ours].copy_(theirs[channel])
    network.load_state_dict(state)


def backbone_length(network: nn.Module) -> int:
    """Return how many of `network.model`'s first layers form the backbone."""
    architecture: Any = network.yaml
    return len(architecture["backbone"])


class DetectionLoss:
    """The loss of YOLOv8 and YOLO11 (box, class and distribution terms), blind to classes nobody labelled."""

    def __init__(self, network: nn.Module) -> None:
        self._criterion = _ultralytics().v8DetectionLoss(network)

    def __call__(
        self, output: dict[str, Any], boxes: Sequence[Tensor], classes: Sequence[Tensor], labelled: Tensor
    ) -> Tensor:
        """Compare a batch with its truth.

        Args:
            output: what the network gives in training mode.
            boxes: per image (n, 4) float32: centre x, centre y, width, height, relative to the image.
            classes: per image (n,) class indices.
            labelled: (b, classes) bool; False where a class was not labelled in the image.

        Returns:
            (3,) box, class and distribution loss, mean over the batch.
        """
        counts = torch.tensor([len(each) for each in boxes])
        batch = {
            "batch_idx": torch.repeat_interleave(torch.arange(len(boxes)), counts).float(),
            "cls": torch.cat([each.float() for each in classes]),
            "bboxes": torch.cat(list(boxes)),
        }
        self._criterion.class_weights = labelled.float()[:, None, :]
        floats = {
            name: [each.float() for each in value] if isinstance(value, list) else value.float()
            for name, value in output.items()
        }
        total, _ = self._criterion(floats, batch)
        return total / len(boxes)  # type: ignore[no-any-return]
