"""The annotated clips: frames, boxes, and which area of the picture is the court.

For a moving camera the court is calibrated in a few frames; any other frame is registered to the nearest of those by
its picture (SIFT, RANSAC homography).
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detector.classes import PLAYER, REFEREE
from models.detector.evaluation import LabelledBoxes
from pipeline.errors import InputError
from pipeline.geometry.homography import oriented, project
from pipeline.geometry.lens import Lens

CLIPS = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
}
_MATCH_WIDTH_PX = 1280
_FEWEST_INLIERS = 25
"""Matched features with which a frame counts as registered."""

Image = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class CourtView:
    """A calibrated frame: lens, homography of undistorted unit coordinates to metres, and the court's size."""

    lens: Lens
    matrix: NDArray[np.float64]
    size_m: tuple[float, float]

    def to_metres(self, points_px: Points) -> Points:
        """Map (n, 2) px of the calibrated frame to metres; NaN beyond the horizon."""
        unit = (self.lens.undistort(points_px) - np.array(self.lens.center_px)) / self.lens.scale_px
        return project(self.matrix, unit)

    def on_court(self, points_px: Points, margin_m: float) -> NDArray[np.bool_]:
        """Say for (n, 2) px whether they lie on the floor within a margin around the court."""
        metres = self.to_metres(points_px)
        inside = (metres > -margin_m) & (metres < np.array(self.size_m) + margin_m)
        return np.asarray(inside.all(axis=1), dtype=bool)


@dataclass(frozen=True)
class TruthFrame:
    """An annotated frame.

    Attributes:
        frame: number in the clip, from 0.
        image: (h, w, 3) uint8, BGR.
        xyxy_px: (n, 4) true boxes.
        class_index: (n,) PLAYER or REFEREE.
        court: the calibrated view that `to_view` leads to.
        to_view: (3, 3) homography, px of this frame to px of the calibrated frame.
    """

    frame: int
    image: Image
    xyxy_px: Points
    class_index: NDArray[np.int16]
    court: CourtView
    to_view: NDArray[np.float64]

    def on_court(self, xyxy_px: NDArray[np.floating], margin_m: float) -> NDArray[np.bool_]:
        """Say for (n, 4) boxes whether the middle of the lower edge stands on the court or within the margin."""
        feet = np.column_stack([(xyxy_px[:, 0] + xyxy_px[:, 2]) / 2, xyxy_px[:, 3]]).astype(float)
        if len(feet) == 0:
            return np.zeros(0, dtype=bool)
        return self.court.on_court(project(self.to_view, feet), margin_m)

    def truth(self, margin_m: float) -> LabelledBoxes:
        """Return the true boxes; people beyond the margin are ignored."""
        return LabelledBoxes(self.xyxy_px, self.class_index, ~self.on_court(self.xyxy_px, margin_m))


def read_truth_clip(data_root: Path, name: str) -> Iterator[TruthFrame]:
    """Read the annotated frames of a clip, in order.

    Args:
        data_root: holds `truth/` and `videos/`.
        name: one of `CLIPS`.

    Yields:
        Annotated frames.

    Raises:
        InputError: a file is missing, or a frame cannot be registered to a calibrated one.
    """
    folder, video = data_root / "truth" / name, data_root / "videos" / CLIPS[name]
    boxes = _read_boxes(folder / "truth.csv")
    views = _read_views(folder)
    wanted = set(boxes) | {frame for frame in views if len(views) > 1}
    images = _decode(video, wanted)
    for frame, (xyxy, classes) in sorted(boxes.items()):
        nearest = min(views, key=lambda view: abs(view - frame))
        to_view = np.eye(3)
        if len(views) > 1 and nearest != frame:
            to_view = _register(images[frame], images[nearest], f"{video.name}, frame {frame}")
        yield TruthFrame(frame, images[frame], xyxy, classes, views[nearest], to_view)


def _read_boxes(path: Path) -> dict[int, tuple[Points, NDArray[np.int16]]]:
    """Read truth.csv into boxes and classes by frame."""
    if not path.is_file():
        raise InputError(f"{path}: not found")
    rows: dict[int, list[tuple[list[float], int]]] = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            x, y, w, h = (float(row[key]) for key in "xywh")
            index = PLAYER if row["role"] == "player" else REFEREE
            rows.setdefault(int(row["frame"]), []).append(([x, y, x + w, y + h], index))
    return {
        frame: (np.array([box for box, _ in each]), np.array([index for _, index in each], dtype=np.int16))
        for frame, each in rows.items()
    }


def _read_views(folder: Path) -> dict[int, CourtView]:
    """Read the calibrated frames of a clip; a fixed camera has one, numbered 0."""
    fixed = folder / "court_points.json"
    if fixed.is_file():
        content = json.loads(fixed.read_text(encoding="utf-8"))
        fit, court = content["fit"], content["court"]
        lens = Lens((float(fit["c"][0]), float(fit["c"][1])), 1000.0, float(fit["lam"]))
        points = [point["image_px"] for point in content["points"].values()]
        return {0: _view(lens, fit["H"], points, (court["length_m"], court["width_m"]))}
    content = json.loads((folder / "court.json").read_text(encoding="utf-8"))
    shape = content["lens"]
    lens = Lens((shape["c"][0], shape["c"][1]), shape["s"], shape["lam"])
    size = (content["size_m"][0], content["size_m"][1])
    return {
        each["frame"]: _view(lens, each["H_lens_to_court"], [point["px"] for point in each["points"]], size)
        for each in content["frames"]
    }


def _view(lens: Lens, matrix: Any, points_px: list[list[float]], size_m: tuple[float, float]) -> CourtView:
    """Build a view whose homography is positive where the court's points are."""
    undistorted = lens.undistort(np.array(points_px, dtype=float))
    centre = ((undistorted - np.array(lens.center_px)) / lens.scale_px).mean(axis=0)
    return CourtView(lens, oriented(np.array(matrix, dtype=float), centre), size_m)


def _decode(video: Path, wanted: set[int]) -> dict[int, Image]:
    """Decode a video from its start and keep the frames wanted."""
    capture = cv2.VideoCapture(str(video))
    images: dict[int, Image] = {}
    for frame in range(max(wanted) + 1):
        good, image = capture.read()
        if not good:
            raise InputError(f"{video}: cannot be decoded at frame {frame}")
        if frame in wanted:
            images[frame] = np.asarray(image, dtype=np.uint8)
    return images


def _register(image: Image, reference: Image, where: str) -> NDArray[np.float64]:
    """Return the (3, 3) homography, px of an image to px of a reference with the same size."""
    scale = _MATCH_WIDTH_PX / image.shape[1]
    sift = cv2.SIFT.create(3000)
    keys, descriptors = [], []
    for picture in (image, reference):
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        points, features = sift.detectAndCompute(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), None)
        keys.append(np.array([point.pt for point in points]) / scale)
        descriptors.append(features)
    pairs = cv2.BFMatcher().knnMatch(descriptors[0], descriptors[1], k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.75 * pair[1].distance]
    if len(good) >= _FEWEST_INLIERS:
        source = keys[0][[each.queryIdx for each in good]]
        target = keys[1][[each.trainIdx for each in good]]
        matrix, inliers = cv2.findHomography(source, target, cv2.RANSAC, 3.0)
        if matrix is not None and int(inliers.sum()) >= _FEWEST_INLIERS:
            return np.asarray(matrix, dtype=float)
    raise InputError(f"{where}: cannot be registered to a calibrated frame")
