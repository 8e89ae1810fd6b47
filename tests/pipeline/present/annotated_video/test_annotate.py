"""The annotated video: smooth at the source's rate, at the right times, and the same every time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.present.annotated_video.annotate import draw_frame, drawn, output_size, video_legend
from pipeline.present.annotated_video.canvas import planes_of
from pipeline.present.annotated_video.scenes import Scenes
from pipeline.present.results import Results
from pipeline.rendering import NoiseSettings, RenderSettings, render_positions
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.video import Planes
from tests.pipeline.present.conftest import FRAMES, pictures

Make = Callable[..., Results]

MAP_ROWS, MAP_COLUMNS = (np.s_[20:80], np.s_[270:330]), (np.s_[30:150], np.s_[490:610])
"""Corners of a picture of 640 x 360 px in which the map may stand."""


def source() -> Iterator[tuple[float, Planes]]:
    """The made-up video as planes."""
    for frame in pictures():
        yield frame.time_s, planes_of(frame.image)


def every(results: Results, step: int) -> Results:
    """Keep what is known of every n-th frame."""
    frames = results.frames[results.frames["frame"] % step == 0].reset_index(drop=True)
    kept = {name: getattr(results, name) for name in ("detections", "positions")}
    kept = {name: table[table["frame"].isin(frames["frame"])] for name, table in kept.items()}
    return replace(results, frames=frames, **kept)


def test_every_frame_is_drawn_at_its_time(make_results: Make) -> None:
    results = make_results()
    found = list(drawn(results, source(), (320, 180)))
    assert [time_s for _, time_s in found] == results.frames["time_s"].tolist()
    plain = list(source())
    assert all((planes.luma != before.luma).any() for (planes, _), (_, before) in zip(found, plain, strict=True))


def test_drawing_is_the_same_every_time(make_results: Make) -> None:
    first, second = (list(drawn(make_results(), source(), (320, 180))) for _ in range(2))
    assert all((a.buffer == b.buffer).all() for (a, _), (b, _) in zip(first, second, strict=True))


def test_without_metres_there_is_no_minimap(make_results: Make) -> None:
    shown = []
    for metres in (True, False):
        planes = Planes(np.full((540, 640), 100, np.uint8))
        (picture, _), *_ = drawn(make_results(metres=metres), [(5 / 30, planes)], (640, 360))
        shown.append([picture.luma[rows, columns] for rows in MAP_ROWS for columns in MAP_COLUMNS])
    assert [
        corner
        for corner, (with_map, without) in enumerate(zip(*shown, strict=True))
        if (with_map != without).mean() > 0.5
    ]


def test_a_frame_alone_is_drawn_in_its_own_size(make_results: Make) -> None:
    image = np.full((180, 320, 3), 90, np.uint8)
    assert draw_frame(make_results(), 3, image[:179, :319]).shape == (179, 319, 3)
    assert (image == 90).all()


# --- between the analysed frames --------------------------------------------------------------------------------------


def test_between_two_frames_people_are_on_the_line_between(make_results: Make) -> None:
    whole = make_results()
    scenes, all_scenes = Scenes(every(whole, 2)), Scenes(whole)
    for place in range(0, FRAMES - 2, 2):
        before, after = all_scenes.at(place), all_scenes.at(place + 2)
        between = scenes.between(whole.frames["time_s"].iloc[place + 1], None)
        expected = dict(zip(before.player_id, before.boxes_px, strict=True))
        for who, box in zip(after.player_id, after.boxes_px, strict=True):
            expected[who] = (expected[who] + box) / 2
        assert set(between.player_id) == set(expected)
        for who, box in zip(between.player_id, between.boxes_px, strict=True):
            assert box == pytest.approx(expected[who], abs=1e-3)
        assert (np.diff(between.boxes_px[:, 3]) >= 0).all()


def test_boxes_between_analysed_frames_lie_where_people_are(make_results: Make, tmp_path: Path) -> None:
    """A rendered broadcast at 30 frames per second of which 15 are analysed: the boxes of the others against the truth."""
    settings = RenderSettings(seed=2, seconds=6, fps=30, start_s=0, camera="broadcast")
    folder = render_positions(settings, NoiseSettings(), tmp_path / "game")
    truth = pd.read_parquet(folder / "truth.parquet")
    frames = pd.read_parquet(folder / "perceived" / "frames.parquet")
    results = every(replace(make_results(), frames=frames, **tables_of(truth)), 2)
    scenes = Scenes(results)
    corner, size = truth[["x", "y"]].to_numpy(float), truth[["w", "h"]].to_numpy(float)
    true = np.hstack([corner, corner + size])
    interpolated, held = [], []
    for frame, time_s in frames.loc[frames["frame"] % 2 == 1, ["frame", "time_s"]].to_numpy()[:-1]:
        rows = np.flatnonzero(truth["frame"] == frame)
        of_person = dict(zip(truth["id"].to_numpy()[rows], true[rows], strict=True))
        scene, before = scenes.between(time_s, None), scenes.at(scenes.timeline.locate(time_s)[0])
        for shown, found in ((scene, interpolated), (before, held)):
            boxes = zip(shown.player_id, shown.boxes_px, strict=True)
            found += [overlap(box, of_person[who]) for who, box in boxes if who in of_person]
    assert len(interpolated) > 800
    assert np.mean(interpolated) > 0.96
    assert np.mean(held) < np.mean(interpolated) - 0.01


def tables_of(truth: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The truth's boxes as detections and tracklets."""
    number = np.arange(len(truth))
    boxes = pd.DataFrame({"detection_id": number, "frame": truth["frame"], "class": "player", "score": 0.9})
    boxes = boxes.assign(x1=truth["x"], y1=truth["y"], x2=truth["x"] + truth["w"], y2=truth["y"] + truth["h"])
    people = np.unique(truth["id"])
    return {
        "detections": boxes.assign(quality=1.0),
        "tracks": conform("tracks", pd.DataFrame({"detection_id": number, "track_id": truth["id"]})),
        "identities": pd.DataFrame({"track_id": people, "player_id": people, "confidence": 0.9}),
    }


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    common = float(np.prod(np.maximum(sides, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (first, second)]
    return common / (sum(areas) - common)


def test_nobody_is_drawn_past_the_tracklet_a_gap_or_a_cut(make_results: Make) -> None:
    whole = make_results()
    half = every(whole, 2)
    middle_s = 5 / 30  # between the analysed frames 4 and 6
    gone = half.detections["frame"].between(6, 16) & half.detections["detection_id"].isin(
        whole.tracks.loc[whole.tracks["track_id"] == 1, "detection_id"]
    )
    shown = Scenes(replace(half, detections=half.detections[~gone])).between(middle_s, None)
    assert len(shown.player_id) == 11
    assert 1 not in shown.player_id
    hole = half.frames[half.frames["frame"] != 6].reset_index(drop=True)
    assert not len(Scenes(replace(half, frames=hole)).between(middle_s, None).boxes_px)
    cut = half.frames.copy()
    cut.loc[cut["frame"] == 6, list(MOTION_COLUMNS)] = np.nan
    scenes = Scenes(replace(half, frames=cut))
    assert not len(scenes.between(middle_s, None).boxes_px)
    assert len(scenes.between(6 / 30, None).boxes_px) == 12
    assert np.isnan(scenes.between(6 / 30, middle_s).motion).all()


def test_a_short_gap_in_a_tracklet_does_not_blink(make_results: Make) -> None:
    whole = make_results()
    of_first = whole.detections["detection_id"].isin(whole.tracks.loc[whole.tracks["track_id"] == 1, "detection_id"])
    gone = of_first & whole.detections["frame"].between(6, 9)
    scenes = Scenes(replace(whole, detections=whole.detections[~gone]))
    shown = [scenes.at(place) for place in range(len(scenes))]
    assert all(1 in each.player_id for each in shown)
    boxes = np.array([each.boxes_px[each.player_id == 1][0] for each in shown[5:11]])
    assert np.diff(boxes[:, 0]) == pytest.approx(np.full(5, (boxes[5, 0] - boxes[0, 0]) / 5), abs=1e-3)


def test_the_legend_says_what_a_question_mark_is(make_results: Make) -> None:
    results = make_results()
    assert [entry.text for entry in video_legend(results)] == ["Team A", "Team B", "referees"]
    doubtful = replace(results, identities=results.identities.iloc[1:])
    assert video_legend(doubtful)[-1].text == "?  not identified"


def test_the_cameras_motion_is_shared_out_between_the_drawn_frames(make_results: Make) -> None:
    results = every(make_results(), 2)
    frames = results.frames.copy()
    frames.loc[1:, MOTION_COLUMNS[2]] = 8.0  # the camera pans: 8 px from one analysed frame to the next
    scenes = Scenes(replace(results, frames=frames))
    times = np.arange(FRAMES) / 30
    motions = [scenes.between(time_s, drawn_s).motion for drawn_s, time_s in pairwise(times[:9])]
    assert [motion[0, 2] for motion in motions] == pytest.approx([4.0] * 8)
    assert scenes.between(times[7], times[0]).motion[0, 2] == pytest.approx(28.0)


def following(results: Results) -> Results:
    """Say that the ball that is found is the one that is followed."""
    balls = results.detections[results.detections["class"] == "ball"]
    ball = pd.DataFrame({"frame": balls["frame"], "time_s": balls["frame"] / 30, "state": "flight", "source": "seen"})
    ball = ball.assign(x_px=(balls["x1"] + balls["x2"]) / 2, y_px=(balls["y1"] + balls["y2"]) / 2, confidence=0.9)
    return replace(results, ball=conform("ball", ball.reindex(columns=list(ALL["ball"].names))))


def test_the_ball_is_not_drawn_between_two_places_that_are_too_far_apart(make_results: Make) -> None:
    results = every(make_results(), 2)
    assert Scenes(following(results)).between(5 / 30, None).ball_px is not None
    far = results.detections.copy()
    far.loc[(far["class"] == "ball") & (far["frame"] == 6), ["x1", "x2"]] += 200
    scenes = Scenes(following(replace(results, detections=far)))
    assert scenes.between(5 / 30, None).ball_px is None
    assert scenes.between(6 / 30, None).ball_px is not None


def test_only_the_ball_that_is_followed_is_pointed_at(make_results: Make) -> None:
    results = following(make_results())
    assert Scenes(results).at(3).ball_px == pytest.approx([150, 80, 156, 86])
    bridged = results.ball.assign(source="bridged")
    assert Scenes(replace(results, ball=bridged)).at(3).ball_px is None
    head = results.detections.assign(x1=results.detections["x1"] + 40, x2=results.detections["x2"] + 40, score=0.99)
    two = pd.concat([results.detections, head[head["class"] == "ball"]]).sort_values("frame")
    assert Scenes(replace(results, detections=two)).at(3).ball_px == pytest.approx([150, 80, 156, 86])
    assert Scenes(make_results()).at(3).ball_px is None


@pytest.mark.parametrize(
    ("size", "limit", "expected"), [((2400, 1080), 720, (1600, 720)), ((641, 361), None, (642, 362))]
)
def test_output_size_is_even_and_never_larger(
    size: tuple[int, int], limit: int | None, expected: tuple[int, int]
) -> None:
    assert output_size(*size, limit) == expected
