"""A game without pixels says the same as one with, and is seen with the noise that was asked for."""

import numpy as np
import pandas as pd
import pytest

from models.numbers.texts import TEXTS, text_probabilities
from pipeline import tables
from pipeline.rendering import RenderSettings
from pipeline.rendering.game import Game
from pipeline.rendering.positions import render_positions
from pipeline.rendering.truth.noise import NoiseSettings
from pipeline.rendering.truth.silhouettes import silhouettes
from pipeline.understand.scoreboard import read_clock

PERFECT = NoiseSettings(miss=0, miss_hidden=0, jitter=0, false_boxes=0, wrong_role=0, spread=0, ball_found=0)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    settings = RenderSettings(seconds=40, fps=10, seed=5, dead_ball_every_s=12, camera="broadcast")
    folder = render_positions(settings, NoiseSettings(), tmp_path_factory.mktemp("positions"))
    read = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("truth", "court", "frames")}
    perceived = {name: pd.read_parquet(folder / "perceived" / f"{name}.parquet") for name in ("frames", "detections")}
    return read, perceived, np.load(folder / "perceived" / "embeddings.npy")


def test_boxes_without_pixels_are_those_of_the_painted_figures():
    settings = RenderSettings(seconds=1, fps=5, width_px=640, height_px=360, camera="fixed", crowd=0, seed=8)
    game = Game(settings)
    overlaps, visible = [], []
    for take, shot in game.frames():
        found = silhouettes([take], game.coverage.people, game.coverage.court).seen([take], game.coverage.people)
        guess = pd.DataFrame(found).set_index("id")
        assert len(guess) == pytest.approx(len(shot.people), abs=1)
        for true in shot.people:
            if true.person.person_id in guess.index:
                other = guess.loc[true.person.person_id]
                overlaps.append(iou(true.box, other[list("xywh")].tolist()))
                visible.append(abs(true.visible - other.visible))
    assert np.mean(overlaps) > 0.75
    assert np.mean(visible) < 0.15


def iou(a, b):
    wide = max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    high = max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return wide * high / (a[2] * a[3] + b[2] * b[3] - wide * high)


def test_tables_are_those_of_perceive(seen):
    _, perceived, embeddings = seen
    for name, table in perceived.items():
        tables.check(name, tables.conform(name, table))
    assert embeddings.dtype == np.float16
    assert embeddings.shape == (len(perceived["detections"]), 64)
    person = perceived["detections"]["class"].isin(tables.PERSON_CLASSES).to_numpy()
    np.testing.assert_allclose(np.linalg.norm(embeddings[person].astype(np.float32), axis=1), 1, atol=0.01)
    assert np.isnan(embeddings[~person]).all()
    assert perceived["frames"].frame.tolist() == list(range(400))


def test_misses_and_false_boxes_are_as_asked_for(seen):
    read, perceived, _ = seen
    play = set(read["frames"].frame[read["frames"].kind == "play"])
    truth = read["truth"][read["truth"].frame.isin(play)]
    boxes = perceived["detections"][perceived["detections"].frame.isin(play)]
    plain = truth[truth.visible > 0.7]
    share = len(boxes) / len(truth)
    assert 0.8 < share < 1.05
    assert len(plain) > 0.6 * len(truth)


def test_camera_motion_moves_the_court(seen):
    """The court's homography of a frame is that of the frame before after the motion between them."""
    read, perceived, _ = seen
    court = read["court"].set_index("frame")[list(tables.HOMOGRAPHY_COLUMNS)]
    motion = perceived["frames"].set_index("frame")[list(tables.MOTION_COLUMNS)].dropna()
    checked = 0
    for frame in motion.index.intersection(court.index):
        if frame - 1 in court.index:
            now, before = (court.loc[f].to_numpy().reshape(3, 3) for f in (frame, frame - 1))
            carried = before @ np.linalg.inv(motion.loc[frame].to_numpy().reshape(3, 3))
            np.testing.assert_allclose(carried / carried[2, 2], now / now[2, 2], rtol=1e-6, atol=1e-9)
            checked += 1
    assert checked > 200


def test_without_noise_every_box_is_a_true_one(tmp_path):
    settings = RenderSettings(seconds=3, fps=10, camera="fixed")
    folder = render_positions(settings, PERFECT, tmp_path)
    truth = pd.read_parquet(folder / "truth.parquet")
    boxes = pd.read_parquet(folder / "perceived" / "detections.parquet")
    assert len(truth) == len(boxes)
    np.testing.assert_allclose(boxes.x1, truth.x, atol=0.01)
    assert (boxes["class"] == truth.role).all()
    embeddings = np.load(folder / "perceived" / "embeddings.npy").astype(np.float32)
    in_view = truth.visible.to_numpy() > 0.999
    for person in truth.id[in_view].unique():
        own = embeddings[in_view & (truth.id == person).to_numpy()]
        assert (own @ own.T).min() > 0.99


def test_numbers_are_found_and_read_as_asked_for(tmp_path):
    settings = RenderSettings(seconds=40, fps=10, seed=5, camera="broadcast")
    noise = NoiseSettings(number_share=0.5, number_clarity=9, number_stray=0, miss=0, miss_hidden=0, jitter=0)
    folder = render_positions(settings, noise, tmp_path)
    read = {name: pd.read_parquet(folder / "perceived" / f"{name}.parquet") for name in ("detections", "number_reads")}
    boxes = tables.conform("detections", read["detections"]).set_index("detection_id")
    reads = tables.conform("number_reads", read["number_reads"]).set_index("detection_id")
    numbers = boxes[boxes["class"] == "number"]
    assert numbers.index.tolist() == reads.index.tolist()
    assert (np.diff(boxes["frame"]) >= 0).all()
    assert np.isnan(np.load(folder / "perceived" / "embeddings.npy")[numbers.index]).all()
    text = text_probabilities(reads[list(tables.TENS_COLUMNS)].to_numpy(), reads[list(tables.ONES_COLUMNS)].to_numpy())
    worn = wearers(pd.read_parquet(folder / "truth.parquet"), numbers)
    right = np.array([TEXTS[best] == who for best, who in zip(text.argmax(axis=1), worn, strict=True)])
    assert right[worn != ""].mean() > 0.8
    assert text.max(axis=1)[worn != ""].mean() == pytest.approx(right[worn != ""].mean(), abs=0.05)
    plain = (pd.read_parquet(folder / "truth.parquet").visible > 0.6).sum()
    assert 0.3 < len(numbers) / plain < 0.7


def wearers(truth, numbers):
    """Whose torso each number lies on, '' if on several or none."""
    people = dict(iter(truth.groupby("frame")))
    found = []
    for box in numbers.itertuples():
        rows = people[box.frame]
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        share = (y - rows.y) / rows.h
        on = rows[(rows.x < x) & (x < rows.x + rows.w) & (share > 0.1) & (share < 0.5)]
        found.append(str(on.jersey.iloc[0]) if len(on) == 1 else "")
    return np.array(found)


def test_without_numbers_the_rest_is_drawn_alike(seen, tmp_path):
    settings = RenderSettings(seconds=40, fps=10, seed=5, dead_ball_every_s=12, camera="broadcast")
    folder = render_positions(settings, NoiseSettings(number_share=0.4), tmp_path)
    boxes = pd.read_parquet(folder / "perceived" / "detections.parquet")
    people = boxes[boxes["class"] != "number"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        people.drop(columns="detection_id"), seen[1]["detections"].drop(columns="detection_id")
    )
    assert len(people) < len(boxes)


def test_the_scoreboard_is_read_as_asked_for(tmp_path):
    """Two looks a second while the game is shown; what is made of them is what the board showed."""
    settings = RenderSettings(seconds=40, fps=4, seed=5, dead_ball_every_s=12, camera="broadcast")
    folder = render_positions(settings, NoiseSettings(board_share=0.9, board_wrong=0.05), tmp_path / "game")
    texts = pd.read_parquet(folder / "perceived" / "scoreboard_texts.parquet")
    frames, true = (pd.read_parquet(folder / at / "frames.parquet") for at in ("perceived", "."))
    assert set(texts["frame"]) <= set(true.loc[(true["frame"] % 2 == 0) & (true["kind"] == "play"), "frame"])
    assert len(texts) == pytest.approx(0.9 * 6 * texts["frame"].nunique(), rel=0.1)
    clock = read_clock(texts, frames).merge(true, on="frame", suffixes=("", "_true"))
    assert len(clock) > 100
    assert (clock["clock_s"] - clock["clock_s_true"]).abs().max() <= 1.5
    for found, shown in (("score_first", "score_a"), ("score_second", "score_b"), ("period", "clock_period")):
        assert (clock[found] == clock[shown]).mean() > 0.95
    assert pd.read_parquet(
        render_positions(
            settings.model_copy(update={"scoreboard": False}), NoiseSettings(board_share=0.9), tmp_path / "bare"
        )
        / "perceived"
        / "scoreboard_texts.parquet"
    ).empty
