"""Several kinds of crops in one training."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.detector.classes import CLASS_NAMES, PLAYER
from models.detector.dataset import LabelledImage
from models.reid.data.augmentation.cutting import recoloured
from models.reid.data.batches.mixing import BesideData, MixedBatches, read_beside, single_pictures
from models.reid.data.crops import CropSet
from models.reid.data.sources.games import joined
from models.reid.data.splits.people import unnamed
from pipeline.errors import InputError


def picture(path: Path, boxes: list[list[float]]) -> LabelledImage:
    """A picture with players, and a ball that is none."""
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (100, 200, 3)).astype(np.uint8))
    classes = np.array([PLAYER] * len(boxes) + [CLASS_NAMES.index("ball")], np.int16)
    xyxy = np.array([*boxes, [0, 0, 60, 60]], np.float32)
    return LabelledImage(path, "g", "c", 200, 100, xyxy, classes, frozenset({PLAYER}))


def test_everybody_in_a_single_picture_is_somebody_else(tmp_path: Path) -> None:
    two = [[10, 10, 40, 90], [60, 10, 90, 90]]
    images = [
        picture(tmp_path / "a.rf.1.png", [*two, [100, 10, 105, 20]]),  # the third is too small
        picture(tmp_path / "a.rf.2.png", two),  # the same picture again
        picture(tmp_path / "b.png", [[10, 10, 40, 90]]),  # nobody to be told from
        picture(tmp_path / "c.png", two),
    ]
    people = single_pictures(images)
    crops = people.crops
    assert set(crops.scene_names) == {"a", "c.png"}
    assert sorted(crops.identity.tolist()) == [0, 1, 2, 3]
    together = (crops.scene[:, None] == crops.scene) & ~np.eye(4, dtype=bool)
    np.testing.assert_array_equal(people.differ[np.ix_(crops.identity, crops.identity)], together)
    assert crops.person(0).shape == (80, 30, 3)


def test_nothing_beside_is_nothing_and_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert read_beside(BesideData(), tmp_path, tmp_path) == []
    with pytest.raises(InputError, match="render-game"):
        read_beside(BesideData(rendered=str(tmp_path / "none")), tmp_path, tmp_path)


@pytest.mark.parametrize("recolour", [0.0, 1.0])
def test_batches_mix_a_clip_with_a_scene_of_another_kind(make_crops: Callable[..., CropSet], recolour: float) -> None:
    first, other = make_crops(games=1), make_crops(games=2, seed=1)
    other = replace(other, scene_names=tuple(f"other-{name}" for name in other.scene_names))
    both = joined([unnamed(first), unnamed(other)])
    batches = MixedBatches(both.crops, [len(first), len(other)], (3, 2), 4, 0.5, recolour, seed=0, span=3, steps=5)
    drawn = list(batches)
    assert drawn == list(batches)
    assert len(drawn) == len(batches) == 3
    for entries in drawn:
        rows, _, kits = np.array(entries).T
        inside = rows < len(first)
        assert (inside.sum(), (~inside).sum()) == (3 * 4, 2 * 4)
        for part in (inside, ~inside):
            assert len(np.unique(kits[part])) == 1
            assert (kits[part] == -1).all() == (recolour == 0)
        assert len(np.unique(both.crops.scene[rows[~inside]])) == 1
    batches.set_epoch(1)
    assert len(list(batches)) == 2
    assert not both.differ[: int(first.identity.max()) + 1, int(first.identity.max()) + 1 :].any()


def test_new_kits_leave_skin_and_grey_alone_and_follow_the_seed() -> None:
    skin, grey, blue = (110, 150, 200), (128, 128, 128), (200, 80, 20)
    image = np.array([[skin, grey, blue]], np.uint8)
    np.testing.assert_array_equal(recoloured(image, 3), recoloured(image, 3))
    hues = set()
    for seed in range(8):
        out = recoloured(image, seed)
        gain = out[0, 1] / 128  # what happened to grey is the gain of the channels
        np.testing.assert_allclose(out[0, 0], np.clip(np.array(skin) * gain, 0, 255), atol=4)
        hues.add(int(cv2.cvtColor(out, cv2.COLOR_BGR2HSV)[0, 2, 0]))
    assert len(hues) > 4
