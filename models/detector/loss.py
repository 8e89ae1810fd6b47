"""What the detector's network is trained to make small."""

from collections.abc import Sequence
from types import SimpleNamespace

import torch
from torch import Tensor

from models.detector.foreign import import_ultralytics
from models.detector.network import BINS, STRIDES_PX, YoloNetwork

_WEIGHTS = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
"""Of the three terms, as YOLOv8 and YOLO11 were trained."""


class DetectionLoss:
    """The loss of YOLOv8 and YOLO11 (box, class and distribution terms), blind to classes nobody labelled."""

    def __init__(self, network: YoloNetwork) -> None:
        head = SimpleNamespace(
            stride=torch.tensor(STRIDES_PX, dtype=torch.float32), nc=network.head.classes, reg_max=BINS
        )
        facts = SimpleNamespace(parameters=network.parameters, args=_WEIGHTS, model=[head])
        self._criterion = import_ultralytics().v8DetectionLoss(facts)

    def __call__(
        self,
        output: tuple[Tensor, Tensor],
        size_px: tuple[int, int],
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
        labelled: Tensor,
    ) -> Tensor:
        """Compare a batch with its truth.

        Args:
            output: the network's logits of boxes and classes.
            size_px: height and width of the pictures.
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
        box_logits, class_logits = (each.float() for each in output)
        levels = [
            torch.empty(1, 0, *(side // stride for side in size_px)) for stride in STRIDES_PX
        ]  # their shapes count
        total, _ = self._criterion({"boxes": box_logits, "scores": class_logits, "feats": levels}, batch)
        return total / len(boxes)  # type: ignore[no-any-return]
