"""Trackers that a user would otherwise pick, fed with stored detections.

Each takes the person boxes of every analysed frame in order and gives, per box, the identity it puts on it (0: none).
The boxes themselves stay as they were detected, so that association alone is compared.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from benchmarks.deep_eiou import DeepEIoU
from benchmarks.gta_link import gta_link


@dataclass(frozen=True)
class FrameBoxes:
    """Person boxes of one frame: `row` (n,) their rows in the table, `xyxy_px` (n, 4), `score` (n,), `embedding`
    (n, dim), and the picture (h, w, 3) BGR, None where it is not needed."""

    row: NDArray[np.int64]
    xyxy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    embedding: NDArray[np.float32]
    image: NDArray[np.uint8] | None
    size_px: tuple[int, int]


Linked = Iterator[tuple[int, int]]
"""(row, identity) of each box that got one."""
Tracker = Callable[[Iterable[FrameBoxes]], Linked]


def byte_track(frames: Iterable[FrameBoxes]) -> Linked:
    """ByteTrack of ultralytics with its shipped settings (Zhang et al., ECCV 2022)."""
    import_offline()
    from ultralytics.trackers.byte_tracker import BYTETracker

    return _ultralytics(BYTETracker(_shipped_settings("bytetrack")), frames)


def bot_sort(frames: Iterable[FrameBoxes]) -> Linked:
    """BoT-SORT of ultralytics with its shipped settings: camera motion by sparse flow, no re-ID (Aharon et al., 2022)."""
    import_offline()
    from ultralytics.trackers.bot_sort import BOTSORT

    return _ultralytics(BOTSORT(_shipped_settings("botsort")), frames)


def deep_sort(frames: Iterable[FrameBoxes]) -> Linked:
    """deep-sort-realtime with its defaults, except for the embeddings, which are ours: its own need a download."""
    from deep_sort_realtime.deepsort_tracker import DeepSort

    tracker = DeepSort(embedder=None)
    for boxes in frames:
        size = boxes.xyxy_px[:, 2:] - boxes.xyxy_px[:, :2]
        usable = np.flatnonzero((size > 0).all(axis=1) & np.isfinite(boxes.embedding).all(axis=1))
        raw = [([*boxes.xyxy_px[k, :2], *size[k]], float(boxes.score[k]), "person") for k in usable]
        rows = [int(boxes.row[k]) for k in usable]
        tracks = tracker.update_tracks(raw, embeds=[boxes.embedding[k] for k in usable], others=rows)
        for track in tracks:
            if track.is_confirmed() and track.time_since_update == 0:
                yield track.get_det_supplementary(), int(track.track_id)


def deep_eiou(frames: Iterable[FrameBoxes]) -> Linked:
    """Deep-EIoU's association (Huang et al., 2023), written after the paper, with our embeddings."""
    tracker = DeepEIoU()
    for boxes in frames:
        embedding = np.nan_to_num(boxes.embedding.astype(np.float64))
        embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-9)
        for box, identity in tracker.update(
            boxes.xyxy_px.astype(np.float64), boxes.score.astype(np.float64), embedding
        ):
            yield int(boxes.row[box]), identity


def arc_sort(frames: Iterable[FrameBoxes], preset: str = "sportsmot") -> Linked:
    """ARC-SORT (Adari, 2026) by one of its presets, with our embeddings in place of those that have to be downloaded."""
    from arcsort import ARCTracker

    stored = _StoredEmbeddings()
    tracker = ARCTracker.from_preset(preset, reid_weights="none")
    tracker.embedding_computer = stored
    for boxes in frames:
        stored.boxes = boxes
        tracker.use_cmc = boxes.image is not None
        columns = [boxes.xyxy_px, boxes.score[:, None], np.zeros((len(boxes.row), 1))]
        for *corners, identity in tracker.update(np.hstack(columns).astype(np.float64), boxes.image):
            away = np.abs(boxes.xyxy_px - np.array(corners)).max(axis=1)
            yield int(boxes.row[away.argmin()]), int(identity)


def arc_sort_merged(frames: Iterable[FrameBoxes]) -> Linked:
    """ARC-SORT, and its tracklets split and merged by GTA-link's rule: the merge of its authors is in no package."""
    seen: list[FrameBoxes] = []

    def noted() -> Iterator[FrameBoxes]:
        for boxes in frames:
            seen.append(replace(boxes, image=None))
            yield boxes

    linked = np.array(list(arc_sort(noted())), dtype=np.int64).reshape(-1, 2)
    if len(linked) == 0:
        return
    rows = np.concatenate([boxes.row for boxes in seen])
    frame = np.repeat(np.arange(len(seen)), [len(boxes.row) for boxes in seen])
    vectors = np.concatenate([boxes.embedding for boxes in seen])
    detections = pd.DataFrame({"detection_id": rows, "frame": frame})
    tracks, person = gta_link(detections, vectors, pd.DataFrame(linked, columns=["detection_id", "track_id"]))
    for row, track in zip(tracks["detection_id"].tolist(), tracks["track_id"].tolist(), strict=True):
        yield row, int(person[track - 1]) + 1


class _StoredEmbeddings:
    """Answers ARC-SORT's calls for embeddings of boxes of the present frame."""

    boxes: FrameBoxes

    def has_cache(self) -> bool:
        """Say that no picture is needed."""
        return True

    def set_frame(self, frame: int) -> None:
        """Take no notice: `boxes` are those of the frame."""

    def compute_embeddings(self, _: NDArray[np.uint8] | None, corners: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the unit embeddings (k, dim) of the boxes (k, 4); zeros where one has none."""
        away = np.abs(self.boxes.xyxy_px[None] - corners[:, None, :4]).max(axis=2)  # (k, n)
        vectors = np.nan_to_num(self.boxes.embedding[away.argmin(axis=1)])
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def of_roboflow(frames: Iterable[FrameBoxes], name: str) -> Linked:
    """Run a tracker of roboflow's `trackers` with its defaults; none of them takes embeddings."""
    import supervision
    import trackers

    tracker = getattr(trackers, name)()
    for boxes in frames:
        detections = supervision.Detections(
            xyxy=boxes.xyxy_px, confidence=boxes.score, class_id=np.zeros(len(boxes.row), int), data={"row": boxes.row}
        )
        named = {"frame": boxes.image} if name == "BoTSORTTracker" else {}
        found = tracker.update(detections, **named)
        if len(found):
            yield from (
                (int(row), int(identity))
                for row, identity in zip(found.data["row"], found.tracker_id, strict=True)
                if identity >= 0
            )


TRACKERS: dict[str, Tracker] = {
    "ByteTrack": byte_track,
    "BoT-SORT": bot_sort,
    "deep-sort-realtime": deep_sort,
    "Deep-EIoU": deep_eiou,
    "ARC-SORT": arc_sort,
    "ARC-SORT, preset of Deep-EIoU's inputs": partial(arc_sort, preset="sportsmot_deepeiou_inputs"),
    "ARC-SORT, merged": arc_sort_merged,
    "roboflow BoT-SORT": partial(of_roboflow, name="BoTSORTTracker"),
    "roboflow OC-SORT": partial(of_roboflow, name="OCSORTTracker"),
    "roboflow C-BIoU": partial(of_roboflow, name="CBIoUTracker"),
}
NEEDS_PICTURES = frozenset(
    {"BoT-SORT", *(name for name in TRACKERS if name.startswith("ARC-SORT")), "roboflow BoT-SORT"}
)
NEEDS_EMBEDDINGS = frozenset({"deep-sort-realtime", "Deep-EIoU", "ARC-SORT, merged"})
LEAST_SCORE = {"deep-sort-realtime": 0.25}
"""Score below which boxes are not fed to a tracker that has no limit of its own: what ultralytics predicts by default."""


def import_offline() -> None:
    """Import ultralytics so that it neither reaches for the network nor leaves a settings file behind."""
    os.environ.update(YOLO_OFFLINE="True", YOLO_AUTOINSTALL="False", YOLO_VERBOSE="False")
    kept = os.environ.get("YOLO_CONFIG_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["YOLO_CONFIG_DIR"] = folder
        import ultralytics.trackers  # noqa: F401
    del os.environ["YOLO_CONFIG_DIR"]
    if kept is not None:
        os.environ["YOLO_CONFIG_DIR"] = kept


def _ultralytics(tracker: Any, frames: Iterable[FrameBoxes]) -> Linked:
    """Run a tracker of ultralytics."""
    from ultralytics.engine.results import Boxes

    for boxes in frames:
        columns = [boxes.xyxy_px, boxes.score[:, None], np.zeros((len(boxes.row), 1), np.float32)]
        found = tracker.update(Boxes(np.hstack(columns), boxes.size_px[::-1]), boxes.image)
        for line in found:
            yield int(boxes.row[int(line[7])]), int(line[4])


def _shipped_settings(name: str) -> SimpleNamespace:
    """Read the settings file that comes with ultralytics."""
    import ultralytics

    path = Path(ultralytics.__file__).parent / "cfg" / "trackers" / f"{name}.yaml"
    return SimpleNamespace(**yaml.safe_load(path.read_text(encoding="utf-8")))
