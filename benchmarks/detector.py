"""Measure the detector: average precision on the game held out, recall on the annotated clips, speed.

    python -m benchmarks.detector [--weights builtin] [--data ../shared/data] [--sizes 640 960 1280] [--runtime torch] [--precision fp32]

Protocol on the clips: every annotated frame; a box counts when it overlaps a true box of its class by an IoU of 0.5 or
more. People whose feet are more than 1 m off the court are left out, found or true (calibration of each clip).
"player" is the class as found; "person" takes players and referees together. Recall is the highest one at which the
precision over the whole clip is at least 0.9.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth_clips import CLIPS, TruthFrame, read_truth_clip
from models.detector.classes import CLASS_NAMES, PLAYER, REFEREE
from models.detector.dataset import LabelledImage, read_pixels, unstretch
from models.detector.detection import Boxes, Detector, DetectorSettings
from models.detector.evaluation import (
    LabelledBoxes,
    average_precisions,
    kept,
    match,
    merged,
    precision_recall,
    recall_at_precision,
)
from models.detector.readers import read_coco
from models.detector.yolo import load_detector

HELD_OUT_GAME = "boston-celtics-orlando-magic-game-4"
MARGIN_M = 1.0
PRECISION = 0.9
_LOW = dict.fromkeys(CLASS_NAMES, 0.02)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="builtin")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--sizes", type=int, nargs="+", default=[640, 960, 1280])
    parser.add_argument("--clips", nargs="*", default=list(CLIPS))
    parser.add_argument("--every", type=int, default=1, help="take every n-th frame only, for a quick look")
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--precision", default="auto")
    chosen = parser.parse_args(arguments)
    how = {"weights": chosen.weights, "runtime": chosen.runtime, "precision": chosen.precision, "device": "cpu"}
    folder = chosen.data / "detection" / "basketball_player_detection_3"
    images = [image for image in read_coco(folder) if image.game == HELD_OUT_GAME][:: chosen.every]
    print(f"{how}\n\nHeld-out game {HELD_OUT_GAME}, {len(images)} frames: AP50 / AP50-95")
    print(f"{'input px':>9}" + "".join(f"{name:>16}" for name in CLASS_NAMES))
    for size in chosen.sizes:
        scores = held_out_scores(_detector(how, size), images)
        print(f"{size:>9}" + "".join(f"{ap[0]:>9.3f} /{ap.mean():.3f}" for ap in scores), flush=True)
    for clip in chosen.clips:
        frames = list(read_truth_clip(chosen.data, clip))[:: chosen.every]
        print(f"\n{clip}, {len(frames)} frames: recall at precision {PRECISION} (score) | recall, precision at default")
        for size in chosen.sizes:
            print(clip_line(how, size, frames), flush=True)


def _detector(how: Mapping[str, str], size: int) -> Detector:
    """Load a detector with thresholds so low that whole curves are seen."""
    return load_detector(
        DetectorSettings.model_validate({**how, "input_px": size, "thresholds": _LOW, "max_boxes": 200})
    )


def held_out_scores(detector: Detector, images: Sequence[LabelledImage]) -> list[NDArray[np.float64]]:
    """Return per class the AP by level of overlap, (10,) each.

    Args:
        detector: with low thresholds.
        images: of a game that no training saw.

    Returns:
        By class index.
    """
    found, truths = [], []
    for image in images:
        pixels = unstretch(read_pixels(image), image, 1280)
        boxes = detector.detect([pixels])[0]
        scale = np.float32(image.width_px / 1280)
        found.append(Boxes(boxes.xyxy_px * scale, boxes.score, boxes.class_index))
        truths.append(LabelledBoxes(image.xyxy_px, image.class_index, np.zeros(len(image.class_index), dtype=bool)))
    return [average_precisions(match(found, truths, index)) for index in range(len(CLASS_NAMES))]


def clip_line(how: Mapping[str, str], size: int, frames: Sequence[TruthFrame]) -> str:
    """Measure a clip at one input size and return a line of the table."""
    detector = _detector(how, size)
    start = time.process_time()
    found = [detector.detect([frame.image])[0] for frame in frames]
    seconds = (time.process_time() - start) / len(frames)
    limits = DetectorSettings().thresholds.as_array()
    cells = [f"{size:>9}"]
    for name, classes in (("player", (PLAYER,)), ("person", (PLAYER, REFEREE))):
        boxes, truths = _on_court(found, frames, classes)
        recall, score = recall_at_precision(match(boxes, truths, PLAYER), PRECISION)
        default = [kept(each, each.score >= limits[PLAYER]) for each in boxes]
        precisions, recalls, _ = precision_recall(match(default, truths, PLAYER))
        last = f"{recalls[-1]:.3f} {precisions[-1]:.3f}" if len(recalls) else "none found"
        cells.append(f"{name} {recall:.3f} ({score:.2f}) | {last}")
    return "   ".join(cells) + f"   {1000 * seconds:.0f} ms of processor time per frame"


def _on_court(
    found: Sequence[Boxes], frames: Sequence[TruthFrame], classes: Sequence[int]
) -> tuple[list[Boxes], list[LabelledBoxes]]:
    """Keep some classes as one, on the court, in what was found and in the truth."""
    boxes, truths = [], []
    for each, frame in zip(found, frames, strict=True):
        chosen = kept(each, np.isin(each.class_index, classes))
        chosen = merged(kept(chosen, frame.on_court(chosen.xyxy_px, MARGIN_M)), classes, PLAYER)
        truth = frame.truth(MARGIN_M)
        rows = np.isin(truth.class_index, classes)
        index = np.full(int(rows.sum()), PLAYER)
        boxes.append(chosen)
        truths.append(LabelledBoxes(truth.xyxy_px[rows], index, truth.ignored[rows]))
    return boxes, truths


if __name__ == "__main__":
    main()
