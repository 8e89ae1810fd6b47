"""How lifelike are rendered frames? Detectors of one world, tried in the other.

    python -m benchmarks.realism [--rendered-weights runs/detector-rendered/detector.safetensors] [--data ../shared/data]

First table: a detector that learned from rendered frames alone (configs/detector-rendered.yaml), on the annotated real
clips, beside the COCO weights that it started from and the shipped detector, which learned from both. Second table: the
same on rendered games that none of them saw; COCO's weights saw no rendered frame at all. Players and referees count as
one class, person, since COCO knows no other; R is the highest recall at a precision of at least 0.9, IoU 0.5. As in
benchmarks/detector.py, people whose feet are more than 1 m off the court are left out, found or true.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth_clips import CLIPS, read_truth_clip
from models.detector.classes import CLASS_NAMES, PLAYER, REFEREE
from models.detector.detection import DetectorSettings
from models.detector.evaluation import LabelledBoxes, average_precisions, kept, match, merged, recall_at_precision
from models.detector.yolo import load_detector
from pipeline.geometry.court import Court
from pipeline.geometry.homography import project
from pipeline.rendering import RenderSettings
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.game import Game
from pipeline.rendering.scene.renderer import MARGIN_M, Shot
from pipeline.rendering.settings import CameraName

PRECISION = 0.9
"""At which the recall is given."""
CAMERAS: tuple[CameraName, ...] = ("fixed", "corner", "broadcast", "handheld")
SEEDS = (9001, 9002, 9003)
"""Of the rendered games; no training uses them."""
SECONDS, EVERY_S = 24.0, 2.0
_HIDDEN = 0.2
"""People of whom less is to be seen need not be found."""
_LOW = dict.fromkeys(CLASS_NAMES, 0.02)
"""Score threshold of each class: all boxes count."""

Image = NDArray[np.uint8]
Inside = Callable[[NDArray[np.floating]], NDArray[np.bool_]]


@dataclass(frozen=True)
class Picture:
    """A picture of either world, with everybody on court as one class."""

    image: Image
    truth: LabelledBoxes
    inside: Inside
    """Says for boxes (n, 4) in px whether they stand on the court."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rendered-weights", type=Path, help="learned from rendered frames alone")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--size", type=int, default=960, help="input of the network, px")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture only, for a quick run")
    chosen = parser.parse_args(arguments)
    weights = {"COCO": str(chosen.data / "weights" / "yolo11n_coco.safetensors")}
    if chosen.rendered_weights is not None:
        weights["rendered frames alone"] = str(chosen.rendered_weights)
    weights["shipped"] = "builtin"
    print(f"input {chosen.size} px; person: R at P {PRECISION} / AP50")
    print("| pictures | " + " | ".join(weights) + " |\n|---|" + "---:|" * len(weights))
    for name, pictures in _worlds(chosen.data, chosen.every):
        cells = [" / ".join(f"{v:.3f}" for v in score(path, chosen.size, pictures)) for path in weights.values()]
        print(f"| {name} ({len(pictures)}) | " + " | ".join(cells) + " |", flush=True)


def _worlds(data: Path, every: int) -> Iterator[tuple[str, list[Picture]]]:
    """Yield the real clips, then rendered games by camera."""
    for clip in CLIPS:
        yield f"real: {clip}", list(real_pictures(data, clip))[::every]
    for camera in CAMERAS:
        yield f"rendered: {camera}", [p for seed in SEEDS for p in rendered_pictures(camera, seed, every * EVERY_S)]


def score(weights: str, input_px: int, pictures: Sequence[Picture]) -> tuple[float, float]:
    """Return recall at a precision of 0.9 and AP50 of people on court.

    Args:
        weights: 'builtin' or a weight file.
        input_px: long side of the network's input.
        pictures: with everybody on court.
    """
    settings = {"weights": weights, "input_px": input_px, "thresholds": _LOW, "max_boxes": 200}
    detector = load_detector(DetectorSettings.model_validate(settings))
    found = []
    for picture in pictures:
        boxes = detector.detect([picture.image])[0]
        boxes = kept(boxes, np.isin(boxes.class_index, (PLAYER, REFEREE)))
        found.append(merged(kept(boxes, picture.inside(boxes.xyxy_px)), (PLAYER, REFEREE), PLAYER))
    matches = match(found, [picture.truth for picture in pictures], PLAYER)
    return recall_at_precision(matches, PRECISION)[0], float(average_precisions(matches)[0])


def real_pictures(data: Path, clip: str) -> Iterator[Picture]:
    """Yield the annotated frames of a real clip."""
    for frame in read_truth_clip(data, clip):
        truth = frame.truth(MARGIN_M)
        people = LabelledBoxes(truth.xyxy_px, np.full(len(truth.xyxy_px), PLAYER), truth.ignored)
        yield Picture(frame.image, people, lambda boxes, frame=frame: frame.on_court(boxes, MARGIN_M))  # type: ignore[misc]


def rendered_pictures(
    camera: CameraName, seed: int, every_s: float = EVERY_S, size: tuple[int, int] = (1280, 720)
) -> Iterator[Picture]:
    """Yield frames of play of a rendered game, `every_s` apart.

    Args:
        camera: of the rendered game.
        seed: of the game.
        every_s: time between two pictures.
        size: width, height in px.
    """
    court = "nba" if camera == "broadcast" else "fiba"
    settings = RenderSettings(
        seed=seed,
        seconds=SECONDS,
        start_s=10.0,
        camera=camera,
        court=court,
        referees=3 if court == "nba" else 2,
        other_lines=camera != "broadcast",
        width_px=size[0],
        height_px=size[1],
    )
    game = Game(settings)
    for take in game.coverage.takes():
        if take.kind == "play" and take.index % round(every_s * settings.fps) == 0:
            yield _rendered(take, game.paint(take), game.coverage.court)


def _rendered(take: Take, shot: Shot, court: Court) -> Picture:
    """Take the people of a painted frame as the truth."""
    boxes = np.array([seen.box for seen in shot.people], dtype=float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    hidden = np.array([seen.visible < _HIDDEN for seen in shot.people], dtype=bool)
    to_metres, limits = take.view.court_homography(court), np.array([court.length_m, court.width_m]) + MARGIN_M

    def inside(found: NDArray[np.floating]) -> NDArray[np.bool_]:
        feet = np.column_stack([(found[:, 0] + found[:, 2]) / 2, found[:, 3]]).astype(float)
        place = project(to_metres, take.view.lens.undistort(feet)) if len(feet) else feet
        return np.asarray(((place > -MARGIN_M) & (place < limits)).all(axis=1), dtype=bool)

    return Picture(shot.image, LabelledBoxes(boxes, np.full(len(boxes), PLAYER), hidden), inside)


if __name__ == "__main__":
    main()
