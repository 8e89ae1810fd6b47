"""Attributes: what is known of crops, classifiers, the aggregator, thresholds."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.io
import torch

from models.encoders.attributes import AttributeNet
from models.reid import loop
from models.reid.data.crops import Entry, pack
from models.reid.data.sources.attributes import (
    BASKETBALL,
    DIGITS,
    MARKET,
    RENDERED,
    UNKNOWN,
    Attributes,
    basketball_attributes,
    digit_attributes,
    market_attributes,
    read_market_table,
    rendered_attributes,
)
from models.reid.data.sources.tracklets import read_tracklets
from models.reid.data.splits.people import People, name_people, unnamed
from models.reid.data.splits.split import Splits, of_games
from models.reid.evaluation import mean_ap_within
from models.reid.loop import read_metrics, train_recipe
from models.reid.methods.attributes import attribute_scores, build, choose_threshold
from models.reid.recipe import recipe_of
from models.reid.weights import load_network
from pipeline.errors import InputError, SettingsError

BASE = {
    "picture": {"size_px": [32, 16]},
    "data": {"reader": "tracklets", "table": "t", "images": "i", "held_out_games": ["game-2"]},
}


@pytest.fixture
def attribute_data(tmp_path: Path) -> Path:
    """A tracklet table with pictures, number boxes, and two teams in dark and light kits."""
    rng = np.random.default_rng(0)
    (tmp_path / "images" / "train").mkdir(parents=True)
    rows, pictures, boxes = [], [], []
    for clip in ("a-q1-00", "b-q1-00"):
        for frame in range(6):
            picture = rng.integers(90, 110, (80, 160, 3)).astype(np.uint8)
            for tracklet in range(4):
                x = 5 + 40 * tracklet
                picture[10:70, x : x + 30] = 230 if tracklet % 2 else 25
                state = "player-jump-shot" if tracklet == 3 else "player"
                rows.append([clip, frame * 30, "train", f"{clip}-{frame}.png", tracklet, x, 10, 30, 60, state])
                if tracklet < 2:
                    boxes.append({"image_id": len(pictures), "category_id": 3, "bbox": [x + 10, 30, 8, 8]})
            cv2.imwrite(str(tmp_path / "images" / "train" / f"{clip}-{frame}.png"), picture)
            pictures.append({"id": len(pictures), "file_name": f"{clip}-{frame}.png"})
    columns = ["clip", "frame", "split", "file", "tracklet", "x", "y", "w", "h", "class"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "t.csv", index=False)
    coco = {"categories": [{"id": 3, "name": "number"}], "images": pictures, "annotations": boxes}
    (tmp_path / "images" / "train" / "_annotations.coco.json").write_text(json.dumps(coco))
    names = [[c, t, "AB"[t % 2], str(t)] for c in ("a-q1-00", "b-q1-00") for t in range(4)]
    pd.DataFrame(names, columns=["clip", "tracklet", "team", "person"]).to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def made_people(folder: Path, game: str | None = None) -> People:
    crops = read_tracklets(folder / "t.csv", folder / "images", folder / "cache")
    return name_people(crops if game is None else of_games(crops, [game]), folder / "people.csv")


def test_basketball_attributes_say_state_number_and_kit(attribute_data: Path) -> None:
    people = made_people(attribute_data)
    found = basketball_attributes(people, attribute_data / "t.csv", attribute_data / "images")
    tracklet = people.crops.tracklet
    state = [BASKETBALL["state"][label] for label in found.column("state")]
    assert state == ["player-jump-shot" if t == 3 else "player" for t in tracklet]
    assert found.column("number").tolist() == (tracklet < 2).astype(int).tolist()
    assert found.column("jersey").tolist() == (tracklet % 2).tolist()


RECIPE: dict[str, Any] = BASE | {
    "method": "attributes",
    "backbone": "osnet",
    "data": BASE["data"] | {"table": "t.csv"} | {"images": "images"},  # type: ignore[operator]
    "classify": {"epochs": 5},
    "aggregate": {"epochs": 2},
    "learning_rate": 0.01,
    "batch": 8,
    "people": 4,
    "crops": 3,
}


def test_attributes_are_learned_then_aggregated(attribute_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, validation = (made_people(attribute_data, game) for game in ("a", "b"))
    monkeypatch.setattr(loop, "read_splits", lambda *_: Splits(train, validation, validation.select(np.arange(0))))
    recipe, run = RECIPE, attribute_data / "run"
    train_recipe(recipe_of(recipe, "made"), attribute_data, run)
    metrics = read_metrics(run / "classifiers" / "metrics.csv")
    assert metrics["loss"][-1] < 0.7 * metrics["loss"][0]
    assert {"val/loss", "val/acc_state", "val/f1_number", "val/f1_jersey"} <= metrics.keys()
    assert 0.1 <= json.loads((run / "threshold.json").read_text())["distance"] <= 2
    lines = (run / "retrieval.txt").read_text().splitlines()
    assert len(lines) == len(validation)
    assert "| state | 2 | " in (run / "attributes.md").read_text()
    assert lines[0].startswith("b-q1-00/")


def test_f1_shows_what_accuracy_hides(attribute_data: Path) -> None:
    """A classifier that always says "player" is right for three crops of four, and knows nothing."""
    people = made_people(attribute_data)
    known = basketball_attributes(people, attribute_data / "t.csv", attribute_data / "images")
    recipe: Any = recipe_of(BASE | {"method": "attributes", "backbone": "osnet"}, "made")
    network = AttributeNet(torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()), 3, {"state": 5})
    with torch.no_grad():
        for parameter in network.classifiers.parameters():
            parameter.zero_()
    only_state = Attributes({"state": BASKETBALL["state"]}, known.label[:, :1])
    scores = attribute_scores(network, recipe, people, only_state)
    assert scores["val/loss"] == pytest.approx(np.log(5), abs=1e-5)
    assert scores["val/acc_state"] == pytest.approx(0.75)
    assert scores["val/f1_state"] == pytest.approx((2 * 0.75 / 1.75 + 0) / 2)


@pytest.mark.parametrize("heads", [[], ["jersey"]])
def test_heads_that_are_left_out_are_not_learned(
    heads: list[str], attribute_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, nobody = made_people(attribute_data, "a"), made_people(attribute_data, "a").select(np.arange(0))
    monkeypatch.setattr(loop, "read_splits", lambda *_: Splits(train, nobody, nobody))
    recipe = RECIPE | {"heads": heads, "classify": {"epochs": 2}, "aggregate": {"epochs": 1}, "learning_rate": 1e-4}
    _, network = load_network(train_recipe(recipe_of(recipe, "made"), attribute_data, attribute_data / "run"))
    assert list(network.classifiers) == heads
    assert (attribute_data / "run" / "classifiers").is_dir() == bool(heads)
    with pytest.raises(SettingsError, match="no attribute 'hat'"):
        build(recipe_of(RECIPE | {"heads": ["hat"]}, "made"))


def test_a_recipe_without_its_attributes_is_refused(attribute_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = made_people(attribute_data, "a")
    nobody = people.select(np.arange(0))
    monkeypatch.setattr(loop, "read_splits", lambda *_: Splits(people, nobody, nobody))
    recipe = BASE | {"method": "attributes", "vocabulary": "market1501"}
    with pytest.raises(SettingsError, match="market_table"):
        train_recipe(recipe_of(recipe, "made"), attribute_data, attribute_data / "run")


@pytest.mark.parametrize(
    ("drawn", "holes", "slant", "width", "strokes"),
    [
        (lambda p: cv2.line(p, (14, 4), (14, 24), 255, 1), "none", "upright", "narrow", "thin"),
        (lambda p: cv2.line(p, (10, 24), (18, 4), 255, 5), "none", "right", "narrow", "thick"),
        (lambda p: cv2.line(p, (4, 4), (24, 24), 255, 1), "none", "left", "wide", "thin"),
        (lambda p: cv2.circle(p, (14, 14), 9, 255, 1), "one", "upright", "wide", "thin"),
        (
            lambda p: cv2.circle(cv2.circle(p, (14, 8), 5, 255, 1), (14, 19), 5, 255, 1),
            "more",
            "upright",
            "narrow",
            "thin",
        ),
    ],
)
def test_strokes_of_digits_are_measured(drawn: Any, holes: str, slant: str, width: str, strokes: str) -> None:
    picture = drawn(np.zeros((28, 28), np.uint8))[..., None]
    found = digit_attributes(pack([Entry(picture, (0, 0, 28, 28), 0, 0, 0, 0)], ["made"], ["made"], channels=1))
    names = [classes[label] for classes, label in zip(DIGITS.values(), found.label[0], strict=True)]
    assert names == [holes, slant, width, strokes]


def market_file(path: Path) -> Path:
    part = {name: np.array([1, 2], np.uint8) for name in MARKET} | {"image_index": np.array(["0002", "0010"], object)}
    other = {name: np.array([1, 1], np.uint8) for name in MARKET} | {"image_index": np.array(["0001", "0003"], object)}
    scipy.io.savemat(path, {"market_attribute": {"train": part, "test": other}})
    return path


def test_market_attributes_are_looked_up_by_identity(tmp_path: Path) -> None:
    pixel = np.zeros((2, 2, 3), np.uint8)
    entries = [Entry(pixel, (0, 0, 2, 2), i, 0, 0, i) for i in range(3)]
    crops = pack(entries, ["m"], ["m"], identity_names=["0010", "0002", "-1"])
    found = market_attributes(crops, market_file(tmp_path / "market_attribute.mat"))
    assert found.label.shape == (3, 27)
    assert set(found.label[0]) == {1}
    assert set(found.label[1]) == {0}
    assert set(found.label[2]) == {UNKNOWN}


def test_the_published_market_attributes_are_complete(real_data: Path) -> None:
    table = read_market_table(real_data / "reid" / "market1501_attribute" / "market_attribute.mat")
    assert (len(table["train"]), len(table["test"])) == (751, 750)
    assert len(MARKET) == 27
    labels = np.array([*table["train"].values(), *table["test"].values()])
    classes = np.array([len(names) for names in MARKET.values()])
    assert (labels >= 0).all()
    assert (labels < classes).all()


def test_a_file_that_is_no_attribute_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mat").write_bytes(b"no matlab")
    with pytest.raises(InputError, match=r"not market_attribute\.mat"):
        read_market_table(tmp_path / "x.mat")


def test_the_threshold_is_the_smallest_of_the_best() -> None:
    distance = np.array([[0.25, 0.55, 0.9], [0.05, 0.35, 1.2]])
    same = np.array([[True, True, False], [True, False, True]])
    every = np.ones_like(same)
    assert mean_ap_within(distance, same, every, 0.3) == pytest.approx(0.5)
    assert mean_ap_within(distance, same, every, 0.6) == pytest.approx((1 + 0.5) / 2)
    assert choose_threshold(distance, same, every) == (1.2, pytest.approx((1 + (1 + 2 / 3) / 2) / 2, abs=1e-3))


@pytest.fixture
def rendered_folder(tmp_path: Path) -> Path:
    """Tables of a rendered game: a player who walks towards the camera, one who stands, a referee who runs to the right."""
    folder = tmp_path / "g7"
    folder.mkdir()
    rows = []
    for frame in range(3):
        for person, role, x_m, y_m in (
            (1, "player", 5.0, 3.0 + frame),
            (2, "player", 9.0, 4.0),
            (15, "referee", 2.0 + 2 * frame, 1.0),
        ):
            rows.append([frame, 0.5 * frame, person, role, 40.0 * person % 300, 10.0, 20.0, 50.0, x_m, y_m])
    names = ["frame", "time_s", "id", "role", "x", "y", "w", "h", "x_m", "y_m"]
    pd.DataFrame(rows, columns=names).to_parquet(folder / "truth.parquet")
    number = [[f, "number", 40.0 + 8, 25.0, 5.0, 5.0] for f in (1, 2)]
    pd.DataFrame(number, columns=["frame", "class", "x", "y", "w", "h"]).to_parquet(folder / "truth_objects.parquet")
    looks = [
        [1, "player", "#2d1e14", "#141416", "#f0f0f0", "yes", "#f5f5f5"],
        [2, "player", "#ebc8aa", "", "#1e1e1e", "no", "#14285a"],
        [15, "referee", "#a06e50", "#e6c8a0", "#d22828", "no", "#787878"],
    ]
    pd.DataFrame(looks, columns=["id", "role", "skin", "hair", "shoes", "sleeves", "shirt"]).to_csv(
        folder / "appearance.csv", index=False
    )
    return folder


def test_attributes_of_rendered_people_are_what_was_painted(rendered_folder: Path) -> None:
    pixel = np.zeros((2, 2, 3), np.uint8)
    order = [(1, 0), (1, 1), (2, 1), (15, 1)]
    entries = [Entry(pixel, (0, 0, 2, 2), k, person, 0, 500 * frame) for k, (person, frame) in enumerate(order)]
    found = rendered_attributes(unnamed(pack(entries, ["g7"], ["g7"])), [rendered_folder])
    named = {
        name: [None if label == UNKNOWN else classes[label] for label in found.column(name)]
        for name, classes in RENDERED.items()
    }
    assert named == {
        "role": ["player", "player", "player", "referee"],
        "jersey": ["light", "light", "dark", "light"],
        "number": ["no", "yes", "no", "no"],
        "facing": [None, "towards", None, "right"],
        "skin": ["dark", "dark", "light", "medium"],
        "hair": ["dark", "dark", "none", "fair"],
        "shoes": ["white", "white", "black", "coloured"],
        "sleeves": ["yes", "yes", "no", "no"],
    }


def test_a_rendered_game_without_looks_is_refused(rendered_folder: Path) -> None:
    (rendered_folder / "appearance.csv").unlink()
    crops = pack([Entry(np.zeros((2, 2, 3), np.uint8), (0, 0, 2, 2), 0, 1, 0, 0)], ["g7"], ["g7"])
    with pytest.raises(InputError, match="render it again"):
        rendered_attributes(unnamed(crops), [rendered_folder])
    with pytest.raises(InputError, match="no such folder"):
        rendered_attributes(unnamed(crops), [])
