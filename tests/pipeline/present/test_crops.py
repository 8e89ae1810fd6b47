"""The pictures of players in the report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.present.crops import HEIGHT_PX, choose_crops, crop_jpeg, cut_crops
from pipeline.present.results import Results
from pipeline.video import VideoWriter, chunks, probe, read_chunks
from tests.pipeline.present.conftest import pictures

Make = Callable[..., Results]


def test_crops_are_nearly_the_best_of_each_part_of_the_time(make_results: Make) -> None:
    results = make_results()
    chosen = choose_crops(results, 3)
    assert (chosen.groupby("player_id").size() == 3).all()
    for who, rows in chosen.groupby("player_id"):
        for part, frame in enumerate(sorted(rows["frame"])):
            assert frame // 8 == part
            qualities = {f: 0.5 + 0.4 * np.sin(f + who) for f in range(8 * part, 8 * part + 8)}
            assert qualities[frame] >= 0.9 * max(qualities.values()) - 1e-9


def test_a_frame_that_serves_several_players_goes_before_a_slightly_better_one(make_results: Make) -> None:
    results = make_results()
    people = results.tracks.merge(results.identities, on="track_id").merge(results.detections, on="detection_id")
    first, second = people["player_id"].drop_duplicates().tolist()[:2]
    quality = {(first, 0): 1.0, (first, 1): 0.95, (second, 1): 0.92, (second, 2): 0.98}
    given = people.set_index("detection_id").apply(
        lambda row: quality.get((row["player_id"], row["frame"]), 0.1), axis=1
    )
    detections = results.detections.assign(quality=results.detections["detection_id"].map(given))
    chosen = choose_crops(replace(results, detections=detections), 1)
    assert set(chosen.loc[chosen["player_id"].isin([first, second]), "frame"]) == {1}


def test_crops_are_jpegs_of_the_person_from_the_frame_chosen(make_results: Make, tmp_path: Path) -> None:
    path = tmp_path / "game.mp4"
    with VideoWriter(path, 320, 180, fps=30.0, crf=4) as writer:
        for frame in pictures():
            writer.write(frame.image, frame.time_s)
    results = replace(make_results(), video=probe(path))
    crops = cut_crops(results, 3)
    chosen = choose_crops(results, 3)
    assert {who: [crop.frame for crop in found] for who, found in crops.items()} == {
        who: rows["frame"].tolist() for who, rows in chosen.groupby("player_id")
    }
    decoded = list(read_chunks(results.video, chunks(results.video)))
    for who, frame, *box in chosen[["player_id", "frame", "x1", "y1", "x2", "y2"]].to_numpy(float):
        (crop,) = [crop for crop in crops[int(who)] if crop.frame == frame]
        assert crop.jpeg == crop_jpeg(decoded[int(frame)].image, tuple(box))


@pytest.mark.parametrize("box", [(-10, -10, 30, 60), (300, 150, 400, 400), (50.4, 50.4, 50.6, 90.2)])
def test_crops_at_the_border_are_cut(box: tuple[float, float, float, float]) -> None:
    image = np.full((180, 320, 3), 90, np.uint8)
    crop = cv2.imdecode(np.frombuffer(crop_jpeg(image, box), np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape[0] == HEIGHT_PX
