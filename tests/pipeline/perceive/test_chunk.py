"""A chunk becomes the same tables however its frames are batched and on however many cores."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.detector.detection import Boxes
from models.numbers.calibration import Reads
from pipeline.config import ShotSettings
from pipeline.perceive import chunk, side_by_side
from pipeline.perceive.chunk import Perception, PerceptionModels, perceive
from pipeline.tables import MOTION_COLUMNS
from pipeline.video import Frame

STEP_PX = 4


class RedBoxes:
    """Finds one player round all red of an image, and none where there is no red."""

    class_names = ("player", "ball", "number")

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        return [self._one(image) for image in images]

    def _one(self, image: NDArray[np.uint8]) -> Boxes:
        red = (image[:, :, 2] > 200) & (image[:, :, 1] < 50) & (image[:, :, 0] < 50)
        if not red.any():
            return Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))
        rows, columns = np.nonzero(red)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        number = [box[0] + 10, box[1] + 20, box[0] + 20, box[1] + 35]
        return Boxes(np.array([box, number], np.float32), np.array([0.9, 0.8], np.float32), np.array([0, 2], np.int16))


class MeanColor:
    """Tells crops by their mean colour."""

    dim = 3
    crop_size_px = (8, 4)

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        means = np.array([crop.mean(axis=(0, 1)) for crop in crops], np.float32).reshape(-1, 3)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


class RedReader:
    """Takes every number for legible, and for a 7 all the more the redder it is."""

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> Reads:
        assert all(crop.shape == (40, 40, 3) for crop in crops)
        red = np.array([crop[:, :, 2].mean() / 255 for crop in crops])
        tens, ones = np.zeros((len(crops), 11)), np.zeros((len(crops), 10))
        tens[:, 0], ones[:, 7], ones[:, 3] = 1, red, 1 - red
        return Reads(np.ones(len(crops)), np.zeros(len(crops)), tens, ones)


def panned(frames: int) -> list[Frame]:
    """A camera that pans by STEP_PX a frame; frame -1 belongs to what comes before; nobody in frame 3."""
    rng = np.random.default_rng(5)
    wall = np.full((360, 900, 3), (120, 160, 190), np.uint8)
    for _ in range(300):
        centre = tuple(int(v) for v in rng.uniform([0, 0], [900, 360]))
        cv2.circle(wall, centre, int(rng.uniform(3, 20)), tuple(int(v) for v in rng.uniform(60, 190, 3)), -1)
    shown = []
    for index in range(-1, frames):
        image = wall[:, 100 + STEP_PX * index : 740 + STEP_PX * index].copy()
        if index != 3:
            cv2.rectangle(image, (300, 120), (330, 200), (10, 10, 250), -1)
        shown.append(Frame(index, index / 30, image))
    return shown


def perceived(monkeypatch: pytest.MonkeyPatch, cores: int, most: int = 16, every_s: float = 0.0) -> Perception:
    monkeypatch.setattr(chunk, "usable_cores", lambda: cores)
    monkeypatch.setattr(chunk, "_MOST_FRAMES", most)
    networks = PerceptionModels(RedBoxes(), MeanColor(), RedReader(), ShotSettings(), embed_every_s=every_s)
    return perceive(panned(9), networks)


@pytest.mark.parametrize(("most", "cores"), [(1, 1), (4, 1), (2, 2), (3, 4), (50, 2)])
def test_windows_and_cores_change_nothing(monkeypatch: pytest.MonkeyPatch, most: int, cores: int) -> None:
    alone, together = perceived(monkeypatch, 1, 10), perceived(monkeypatch, cores, most)
    assert together.frames.equals(alone.frames)
    assert together.detections.equals(alone.detections)
    assert np.array_equal(together.embeddings, alone.embeddings, equal_nan=True)
    assert together.number_reads.equals(alone.number_reads)


def test_frames_people_and_camera_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = perceived(monkeypatch, 2, 4)
    assert seen.frames["frame"].tolist() == list(range(9))
    people = seen.detections[seen.detections["class"] == "player"]
    assert people["frame"].tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
    motion = seen.frames[list(MOTION_COLUMNS)].to_numpy().reshape(-1, 3, 3)
    assert np.abs(motion[:, 0, 2] + STEP_PX).max() < 0.2  # of frame 0 too, from the frame before the chunk
    assert (seen.frames["shot"] == 0).all()


@pytest.mark.parametrize("cores", [1, 3])
def test_somebody_who_goes_on_undisturbed_is_embedded_once(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    """In sight in frames 0 to 2 and 4 to 8, all of one window: once each, and where it ends or begins within it."""
    seen = perceived(monkeypatch, cores, every_s=0.5)
    player = (seen.detections["class"] == "player").to_numpy()
    embedded = np.isfinite(seen.embeddings).all(axis=1)
    assert seen.detections["frame"][player & embedded].tolist() == [0, 2, 4]
    rated = seen.detections[["quality", "jersey_l"]].notna().all(axis=1).to_numpy()
    assert np.array_equal(rated, embedded)


def test_results_come_in_order_and_errors_where_they_belong() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for n in range(50):
            asked.append(n)
            yield n

    def work(n: int) -> int:
        if n == 6:
            raise ValueError("six")
        return n

    results = side_by_side.in_order(work, items(), 2)
    assert [next(results) for _ in range(6)] == list(range(6))
    with pytest.raises(ValueError, match="six"):
        next(results)
    assert len(asked) < 12  # asked for a little ahead, not all at once


def test_numbers_are_read_with_the_id_of_their_box(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = perceived(monkeypatch, 2, 4)
    boxes = seen.detections.set_index("detection_id").loc[seen.number_reads["detection_id"]]
    assert boxes["class"].eq("number").all()
    assert len(boxes) == seen.detections["class"].eq("number").sum() == 8
    assert (seen.number_reads["ones_7"] > 0.9).all()


def test_without_a_reader_no_number_is_read() -> None:
    networks = PerceptionModels(RedBoxes(), MeanColor(), None, ShotSettings())
    seen = perceive(panned(3), networks)
    assert seen.number_reads.empty
    assert seen.detections["class"].eq("number").any()
