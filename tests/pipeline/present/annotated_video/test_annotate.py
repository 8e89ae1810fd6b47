"""The annotated video and the crops: every analysed frame once, at its own time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.present.annotated_video.annotate import annotate, collect_crops, matched, output_size
from pipeline.present.annotated_video.scenes import Scenes
from pipeline.present.crops import HEIGHT_PX, CropCollector, choose_crops, crop_jpeg
from pipeline.present.results import Results

Make = Callable[..., Results]
Source = Callable[[], Iterator[Any]]


class Sink:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.images: list[np.ndarray] = []
        self.times: list[float] = []

    def write(self, image: np.ndarray, time_s: float) -> None:
        self.images.append(image)
        self.times.append(time_s)


def collector_of(results: Results) -> CropCollector:
    return CropCollector(choose_crops(results, 3))


def test_every_analysed_frame_is_written_at_its_time(make_results: Make, source: Source) -> None:
    results, sink, told = make_results(), Sink(), []
    count = annotate(results, source(), sink, (320, 180), collector_of(results), lambda *done: told.append(done))
    assert count == len(results.frames) == len(sink.images)
    assert sink.times == results.frames["time_s"].tolist()
    assert told[-1] == (count, count)


def test_frames_that_were_not_analysed_are_passed_over(make_results: Make, source: Source) -> None:
    results = make_results()
    half = replace(results, frames=results.frames[results.frames["frame"] % 2 == 0].reset_index(drop=True))
    found = [(scene.frame, int(image[0, 0, 0]) - 60) for _, scene, image in matched(Scenes(half), source())]
    assert found == [(n, n) for n in range(0, 24, 2)]


def test_a_frame_that_cannot_be_decoded_again_is_left_out(make_results: Make, source: Source) -> None:
    results = make_results()
    some = [frame for k, frame in enumerate(source()) if k not in (0, 7, 23)]
    assert [place for place, _, _ in matched(Scenes(results), some)] == [n for n in range(24) if n not in (0, 7, 23)]


def test_input_pictures_are_not_drawn_on(make_results: Make, source: Source) -> None:
    results = make_results()
    frames = list(source())
    annotate(results, frames, Sink(), (320, 180), collector_of(results), lambda *_: None)
    assert all((frame.image == frame.image[0, 0]).all() for frame in frames)


def test_drawing_is_the_same_every_time(make_results: Make, source: Source) -> None:
    first, second = Sink(), Sink()
    for sink in (first, second):
        results = make_results()
        annotate(results, source(), sink, (320, 180), collector_of(results), lambda *_: None)
    assert all((a == b).all() for a, b in zip(first.images, second.images, strict=True))


def test_without_metres_there_is_no_minimap(make_results: Make, source: Source) -> None:
    with_map, without = Sink(), Sink()
    for sink, metres in ((with_map, True), (without, False)):
        results = make_results(metres=metres)
        annotate(results, source(), sink, (640, 360), collector_of(results), lambda *_: None)
    corner = np.s_[15:60, 500:620]
    assert (without.images[5][corner] == without.images[5][20, 600]).all()
    assert (with_map.images[5][corner] != without.images[5][corner]).any()


@pytest.mark.parametrize(
    ("size", "limit", "expected"), [((2400, 1080), 720, (1600, 720)), ((641, 361), None, (642, 362))]
)
def test_output_size_is_even_and_never_larger(
    size: tuple[int, int], limit: int | None, expected: tuple[int, int]
) -> None:
    assert output_size(*size, limit) == expected


def test_crops_are_the_best_of_each_part_of_the_time(make_results: Make) -> None:
    results = make_results()
    chosen = choose_crops(results, 3)
    assert (chosen.groupby("player_id").size() == 3).all()
    for who, rows in chosen.groupby("player_id"):
        expected = [max(range(8 * part, 8 * part + 8), key=lambda f: np.sin(f + who)) for part in range(3)]
        assert sorted(rows["frame"]) == expected


def test_crops_are_jpegs_of_the_person(make_results: Make, source: Source) -> None:
    results = make_results()
    collector = collector_of(results)
    collect_crops(results, source(), collector, lambda *_: None)
    assert {who: len(crops) for who, crops in collector.crops.items()} == dict.fromkeys(results.players["player_id"], 3)
    crop = cv2.imdecode(np.frombuffer(collector.crops[1][0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape[0] == HEIGHT_PX


def test_reading_stops_after_the_last_crop(make_results: Make, source: Source) -> None:
    results = make_results()
    chosen = choose_crops(results, 3)
    seen: list[int] = []
    collect_crops(results, source(), CropCollector(chosen[chosen["frame"] < 5]), lambda done, _: seen.append(done))
    assert seen[-1] <= 5


@pytest.mark.parametrize("box", [(-10, -10, 30, 60), (300, 150, 400, 400), (50.4, 50.4, 50.6, 90.2)])
def test_crops_at_the_border_are_cut(box: tuple[float, float, float, float]) -> None:
    image = np.full((180, 320, 3), 90, np.uint8)
    crop = cv2.imdecode(np.frombuffer(crop_jpeg(image, box), np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape[0] == HEIGHT_PX


def test_only_the_surest_ball_is_pointed_at(make_results: Make) -> None:
    results = make_results()
    assert Scenes(results).at(3).ball_px is not None
    doubtful = results.detections.copy()
    doubtful.loc[doubtful["class"] == "ball", "score"] = np.float32(0.3)
    assert Scenes(replace(results, detections=doubtful)).at(3).ball_px is None
