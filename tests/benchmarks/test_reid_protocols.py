"""Benchmarks of encoders: what is drawn to look at, thresholds, tables."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import unseen_games
from benchmarks.by_eye import ANSWERS, best_threshold, pairs_of, share_right
from benchmarks.encoder_folds import VARIANTS, fold, recipe_of
from benchmarks.merging import lines, made_tracklets
from benchmarks.reassociation import GameCrops, table
from benchmarks.unseen_games import compared, kept_scores
from models.encoders.weights import encoder_weights_file, read_encoder_weights
from models.reid.data.crops import Entry, pack
from models.reid.data.splits.people import People
from models.reid.gaps import GapScore, TimedCrops


def people(teams: int = 2, per_team: int = 3, seconds: int = 4) -> People:
    """One clip; everybody is seen twice a second."""
    image = np.zeros((4, 2, 3), np.uint8)
    entries = [
        Entry(image, (0, 0, 2, 4), who, who, 0, frame)
        for who in range(teams * per_team)
        for frame in range(0, 30 * seconds, 15)
    ]
    crops = pack(entries, ["clip"], ["game"])
    size = teams * per_team
    return People(crops, crops.identity // per_team, np.ones(len(crops), bool), ~np.eye(size, dtype=bool))


def test_pairs_to_look_at_are_of_one_team_a_second_apart_and_half_of_one_person() -> None:
    seen = people()
    pairs = pairs_of(seen, 40, seed=1)
    first, second = pairs.T
    identity, frame = seen.crops.identity, seen.crops.frame
    assert (identity[first] == identity[second]).sum() == 20
    assert (seen.team[first] == seen.team[second]).all()
    assert (abs(frame[first] - frame[second]) >= 30).all()
    assert pairs.tolist() == pairs_of(seen, 40, seed=1).tolist()


def test_a_threshold_lies_between_the_kinds_that_it_tells_apart() -> None:
    value, same = np.array([0.9, 0.1, 0.7, 0.3]), np.array([True, False, True, False])
    threshold = best_threshold(value, same)
    assert threshold == pytest.approx(0.5)
    assert share_right(value, same, threshold) == 1.0


def test_a_hundred_pairs_were_looked_at() -> None:
    rows = [row.split(",") for row in ANSWERS.read_text(encoding="utf-8").split()]
    assert rows[0] == ["pair", "clip", "tracklet_a", "frame_a", "tracklet_b", "frame_b", "sure", "numbers"]
    assert len(rows) == 101
    assert {row[6] for row in rows[1:]} <= set("12345")


def test_a_fold_learns_one_team_and_is_scored_on_the_other() -> None:
    learned, scored = fold(people(), 1)
    assert set(learned.crops.identity) == {3, 4, 5}
    assert set(scored.crops.identity) == {0, 1, 2}


def test_every_line_of_the_folds_is_a_recipe_of_its_own(tmp_path) -> None:
    recipes = [recipe_of(changes, tmp_path) for changes in VARIANTS.values()]
    assert all(recipe.train.views == 6 and recipe.train.steps in (240, 480) for recipe in recipes)
    assert all(a != b for k, a in enumerate(recipes) for b in recipes[:k])


def test_rows_are_encoders_and_their_averages_with_the_shipped_one(tmp_path) -> None:
    shipped = encoder_weights_file("builtin")
    rows = compared([tmp_path / "long" / "encoder.safetensors"], [], tmp_path)
    assert [name for name, _ in rows] == ["long"]
    (tmp_path / "long").mkdir()
    copy = Path(shutil.copy(shipped, tmp_path / "long" / "encoder.safetensors"))
    (name, _), (between, file) = compared([copy], [0.5], tmp_path / "out")
    assert (name, between) == ("long", "0.5 of long, the rest shipped")
    assert file == tmp_path / "out" / "long-0.5" / "encoder.safetensors"
    state, expected = (read_encoder_weights(path, "osnet").state for path in (file, shipped))
    assert all(state[layer].equal(value) for layer, value in expected.items())


def test_scores_of_the_same_weights_and_crops_are_measured_once(tmp_path, monkeypatch) -> None:
    measured = []

    def scores(file, games):
        measured.append((file, len(games)))
        return {"10 s": {"mAP": 0.5}}

    monkeypatch.setattr(unseen_games, "scores", scores)
    crops = people().crops
    seen = TimedCrops(crops.identity, crops.tracklet, crops.frame / 30, crops.identity // 3, ~np.eye(6, dtype=bool))
    games = [GameCrops("rendered", name, replace(crops, fingerprint=name), seen) for name in ("first", "second")]
    for some in (games[:1], games[:1], games):
        assert kept_scores(Path("builtin"), some, tmp_path) == {"10 s": {"mAP": 0.5}}
    assert measured == [(Path("builtin"), 1), (Path("builtin"), 2)]


def test_gaps_that_nobody_asks_about_have_no_column() -> None:
    score, none = GapScore(0.5, 0.2, 0.4, 0.3, 10, 12), GapScore(*[float("nan")] * 4, 0, 0)
    assert list(table("clip", {"10 s": {"shipped": score}, "a minute": {"shipped": none}})) == [
        "| clip | 10 s |\n|---|---:|",
        "| shipped | 50.0 / 40.0 / 30.0 |",
        "| guessing | 20 |",
        "| asked | 10 |",
    ]


def test_made_tracklets_of_one_frame_are_of_different_people() -> None:
    features, who, seen = made_tracklets(48, 6, seed=0)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-5)
    assert all(len(set(who[frame : frame + 4])) == 4 for frame in range(0, 48, 4))
    assert seen.shape == (48, 12)
    line, curve = next(lines(48, 6, ("dispersion",)))
    assert line.startswith("| dispersion | 0 | ")
    assert [left for left, _ in curve] == list(range(47, 5, -1))
