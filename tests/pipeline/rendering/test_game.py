"""The rendered game: what it says about itself must be true."""

import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from pipeline.geometry.calibration import read_calibration
from pipeline.geometry.court import COURTS
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.rendering import RenderSettings, render_game
from pipeline.rendering.camera.coverage import Coverage
from pipeline.tables import check, conform
from pipeline.video import probe

SMALL = {"seconds": 1.0, "fps": 10, "width_px": 320, "height_px": 180, "crowd": 0.1}


@pytest.fixture(scope="module", params=["broadcast", "fixed", "corner", "handheld"])
def game(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return render_game(RenderSettings(camera=request.param, seed=3, **SMALL), folder)


def tables(folder, *names):
    return [pd.read_parquet(folder / f"{name}.parquet") for name in names]


def test_positions_are_under_the_boxes(game):
    """The truth's homography takes a person's position to the lower part of his box."""
    truth, court = tables(game, "truth", "court")
    lens = json.loads((game / "calibration.json").read_text())["lens"]
    glass = Lens(tuple(lens["center_px"]), lens["scale_px"], lens["lam"])
    matrices = court.set_index("frame").filter(regex="^h[1-3]").to_numpy().reshape(-1, 3, 3)
    width, height = SMALL["width_px"], SMALL["height_px"]
    inside = truth[(truth.x > 1) & (truth.y > 1) & (truth.x + truth.w < width - 1) & (truth.y + truth.h < height - 1)]
    assert len(inside) > 5
    for row in inside.itertuples():
        px = glass.distort(project(np.linalg.inv(matrices[row.frame]), np.array([[row.x_m, row.y_m]])))[0]
        assert row.x - 0.25 * row.w <= px[0] <= row.x + 1.25 * row.w
        assert row.y + 0.75 * row.h <= px[1] <= row.y + 1.2 * row.h


def test_the_calibration_file_is_the_truth(game):
    """A user's calibration file and the court table say the same of the same frame."""
    calibration = read_calibration(game / "calibration.json")
    (court,) = tables(game, "court")
    matrix = court.filter(regex="^h[1-3]").to_numpy()[0].reshape(3, 3)
    np.testing.assert_allclose(
        calibration.frames[0].homography / matrix, calibration.frames[0].homography[2, 2] / matrix[2, 2]
    )
    assert calibration.court == "fiba"


def test_tables_keep_their_schemas(game):
    truth, objects, court, frames = tables(game, "truth", "truth_objects", "court", "frames")
    check("court", conform("court", court))
    assert not truth.duplicated(["frame", "id"]).any()
    assert truth.visible.between(0, 1).all()
    assert (truth.occluded == (truth.visible < np.float32(0.6))).all()
    assert set(objects["class"]) <= {"ball", "rim", "number"}
    assert frames.frame.tolist() == list(range(10))
    assert set(frames.kind) == {"play"}
    assert probe(game / "video.mp4").width_px == 320


def test_visible_parts_lie_in_the_boxes(game):
    (truth,) = tables(game, "truth")
    seen = truth.dropna(subset=["part_x"])
    assert len(seen) > 0.9 * len(truth)
    assert (seen.part_x >= seen.x).all()
    assert (seen.part_y >= seen.y).all()
    assert (seen.part_x + seen.part_w <= seen.x + seen.w).all()
    assert (seen.part_y + seen.part_h <= seen.y + seen.h).all()
    whole = seen[seen.visible > 0.995]
    np.testing.assert_allclose(whole.part_w * whole.part_h, whole.w * whole.h, rtol=0.3)
    assert truth[truth.part_x.isna()].visible.max() == 0 or len(seen) == len(truth)


def test_frames_say_what_the_game_does(game):
    (frames,) = tables(game, "frames")
    shown = {"clock_period", "clock_s", "shot_clock_s", "score_a", "score_b"}
    assert set(frames.columns) == shown | {
        *("frame", "time_s", "shot", "kind", "live", "half", "period", "state", "possession", "attack")
    }
    assert set(frames.possession) <= {"A", "B"}
    assert set(frames.attack.dropna()) <= {"transition", "half-court"}
    assert (frames.period == 1).all()


def test_boxes_are_in_the_picture(game):
    for table in tables(game, "truth", "truth_objects"):
        assert (table[["x", "y"]] >= 0).all().all()
        assert (table.x + table.w <= SMALL["width_px"]).all()
        assert (table.y + table.h <= SMALL["height_px"]).all()


def test_same_seed_same_game_and_another_seed_another(tmp_path):
    def digest(seed, name):
        folder = render_game(RenderSettings(camera="fixed", seed=seed, **SMALL | {"seconds": 0.4}), tmp_path / name)
        files = ("video.mp4", "truth.parquet", "truth_objects.parquet", "roster.csv", "calibration.json")
        return [hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files]

    first, again, other = digest(1, "a"), digest(1, "b"), digest(2, "c")
    assert first == again
    assert all(x != y for x, y in zip(first[:3], other[:3], strict=True))


def test_progress_and_files(tmp_path):
    told = []
    settings = RenderSettings(camera="fixed", court="nba", **SMALL | {"seconds": 0.2})
    folder = render_game(settings, tmp_path / "deep" / "game", lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    game = json.loads((folder / "game.json").read_text())
    assert (game["court"], game["fps"], game["size"]) == ("nba", 10, [320, 180])
    assert RenderSettings(**game["settings"]) == settings
    roster = pd.read_csv(folder / "roster.csv", dtype=str)
    assert len(roster) == 16
    assert not roster.duplicated(["team", "number"]).any()
    assert COURTS[game["court"]].name == "nba"
    appearance = pd.read_csv(folder / "appearance.csv", keep_default_na=False)
    assert appearance["id"].is_unique
    assert set(pd.read_parquet(folder / "truth.parquet")["id"]) <= set(appearance["id"])
    assert (
        appearance[["skin", "shoes", "shirt"]].map(lambda color: bool(re.fullmatch("#[0-9a-f]{6}", color))).all().all()
    )
    assert set(appearance["sleeves"]) <= {"yes", "no"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed": 1},
        {"width_px": 321},
        {"fps": 0},
        {"periods": 2},
        {"camera": "drone"},
        {"lens": -0.1, "camera": "broadcast"},
        {"camera": "panorama"},
        {"camera": "upright"},
    ],
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        RenderSettings(**wrong)


def test_a_close_up_is_a_shot_of_its_own(broadcast_game):
    truth, court, frames = tables(broadcast_game, "truth", "court", "frames")
    kinds = frames.groupby("shot").kind.agg(["first", "nunique"])
    assert kinds["first"].tolist() == ["play", "closeup", "play"]
    assert (kinds["nunique"] == 1).all()
    close = set(frames.frame[frames.kind == "closeup"])
    assert not close & set(court.frame)
    assert truth[truth.frame.isin(close)].h.max() > 1.5 * truth[~truth.frame.isin(close)].h.median()
    calibrated = {view.frame for view in read_calibration(broadcast_game / "calibration.json").frames}
    assert frames.frame[frames.shot == 2].min() in calibrated


def test_a_person_keeps_his_identity(broadcast_game):
    (truth,) = tables(broadcast_game, "truth")
    assert (truth.fillna("none").groupby("id")[["role", "team", "jersey"]].nunique() == 1).all().all()
    roster = pd.read_csv(broadcast_game / "roster.csv", dtype=str)
    players = truth[truth.role == "player"].drop_duplicates("id")
    assert set(zip(players.team, players.jersey, strict=True)) <= set(zip(roster.team, roster.number, strict=True))


def test_a_replay_shows_earlier_play_from_elsewhere():
    settings = RenderSettings(seed=2, start_s=0, dead_ball_every_s=2, replays=True, **SMALL | {"seconds": 9})
    coverage = Coverage(settings)
    takes = list(coverage.takes())
    replayed = [take for take in takes if take.kind == "replay"]
    assert replayed
    assert all(take.moment.facts.live and not take.now.live for take in replayed[:5])
    assert all(take.moment.time_s < take.time_s - 3 for take in replayed)
    assert all(np.array_equal(take.view.position, coverage.replay_place) for take in replayed)
    assert [take.before is None for take in takes] == [
        n == 0 or take.shot != takes[n - 1].shot for n, take in enumerate(takes)
    ]


@pytest.mark.parametrize("speed", [1.0, 0.5, 0.25])
def test_a_replay_runs_at_its_speed(speed):
    settings = RenderSettings(
        seed=2, start_s=0, dead_ball_every_s=2, replays=True, replay_speed=speed, **SMALL | {"seconds": 12}
    )
    takes = [take for take in Coverage(settings).takes() if take.kind == "replay"]
    first = [take for take in takes if take.shot == takes[0].shot]
    shown_s = first[-1].moment.time_s - first[0].moment.time_s
    assert shown_s == pytest.approx(speed * (first[-1].time_s - first[0].time_s), abs=2 / settings.fps)
    assert all(np.diff([take.moment.time_s for take in first]) >= 0)


def test_there_are_no_games_on_half_a_court() -> None:
    with pytest.raises(ValueError, match="two baskets"):
        RenderSettings(court="3x3")
