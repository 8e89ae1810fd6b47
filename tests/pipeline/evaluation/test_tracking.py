"""Tracking scores: properties, hand-made cases, and parity with TrackEval's own way through files."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from trackeval.datasets import MotChallenge2DBox
from trackeval.metrics import CLEAR, HOTA, Identity

from pipeline.errors import InputError
from pipeline.evaluation.boxes import NO_BOXES, IdentifiedBoxes, pair
from pipeline.evaluation.mot_text import read_mot
from pipeline.evaluation.tracking import TrackingScores, score_tracking

SHARES = ("hota", "deta", "assa", "loca", "idf1", "idp", "idr", "mota")


def score(truth: IdentifiedBoxes, found: IdentifiedBoxes) -> TrackingScores:
    return score_tracking(pair(truth, found, np.unique(truth.frame)))


def relabelled(boxes: IdentifiedBoxes, shift: int = 100) -> IdentifiedBoxes:
    return dataclasses.replace(boxes, identity=shift - boxes.identity)


def test_perfect_input_scores_one(scene):
    truth = scene()
    scores = score(truth, relabelled(truth))
    assert [getattr(scores, name) for name in SHARES] == pytest.approx([1.0] * len(SHARES))
    assert (scores.switches, scores.misses, scores.false_boxes) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_scores_do_not_change_when_identities_are_renamed(scene, spoil, seed):
    truth = scene(seed=seed)
    found = spoil(truth, seed)
    assert score(relabelled(truth, 50), relabelled(found, 2000)) == score(truth, found)


def test_one_switch_by_hand(scene):
    """Two people, ten frames, exchanged for the second half: IDF1 and AssA are one half and one third."""
    truth = scene(people=2, frames=10)
    found = dataclasses.replace(truth, identity=np.where(truth.frame >= 5, 3 - truth.identity, truth.identity))
    scores = score(truth, found)
    assert scores.deta == pytest.approx(1)
    assert scores.assa == pytest.approx(5 / 15)
    assert scores.idf1 == pytest.approx(0.5)
    assert scores.switches == 2
    assert scores.mota == pytest.approx(1 - 2 / 20)


def test_splitting_lowers_recall_of_identity_and_not_detection(scene):
    truth = scene()
    split = dataclasses.replace(truth, identity=truth.identity + 10 * (truth.frame >= 20))
    scores = score(truth, split)
    assert scores.deta == pytest.approx(1)
    assert scores.assa == pytest.approx(0.5)
    assert scores.idf1 < 1


def test_merging_lowers_association(scene):
    truth = scene(people=2, frames=20)
    first = (truth.identity == 1) & (truth.frame < 10)
    second = (truth.identity == 2) & (truth.frame >= 10)
    apart = truth.take(first | second)
    scores = score(apart, dataclasses.replace(apart, identity=np.full(len(apart), 5)))
    assert scores.deta == pytest.approx(1)
    assert scores.assa == pytest.approx(0.5)


def test_nothing_found(scene):
    truth = scene()
    scores = score(truth, NO_BOXES)
    assert (scores.hota, scores.idf1, scores.mota, scores.misses) == (0, 0, 0, len(truth))
    assert np.isnan(scores.loca)


def test_nothing_true(scene):
    found = scene()
    scores = score_tracking(pair(NO_BOXES, found, np.unique(found.frame)))
    assert np.isnan(scores.hota)
    assert scores.false_boxes == len(found)


def test_no_frames_at_all():
    assert score_tracking(pair(NO_BOXES, NO_BOXES, np.zeros(0, np.int64))).truth_boxes == 0


def test_an_identity_twice_in_a_frame_is_refused(scene):
    truth = scene()
    with pytest.raises(InputError, match="identity 1 is twice in frame 0 of the prediction"):
        score(truth, dataclasses.replace(truth, identity=np.ones(len(truth), np.int64)))


def write_mot(path: Path, boxes: IdentifiedBoxes) -> None:
    path.parent.mkdir(parents=True)
    rows = zip(boxes.frame, boxes.identity, boxes.xywh_px, strict=True)
    path.write_text("".join(f"{f + 1},{i},{','.join(map(repr, map(float, b)))},1,1,1\n" for f, i, b in rows))


def by_trackeval(folder: Path, truth: IdentifiedBoxes, found: IdentifiedBoxes, frames: int) -> dict[str, float]:
    """Score through TrackEval's data set class, the way its command line does."""
    write_mot(folder / "gt" / "clip" / "gt" / "gt.txt", truth)
    write_mot(folder / "trackers" / "ours" / "data" / "clip.txt", found)
    dataset = MotChallenge2DBox(
        {
            "GT_FOLDER": str(folder / "gt"),
            "TRACKERS_FOLDER": str(folder / "trackers"),
            "TRACKERS_TO_EVAL": ["ours"],
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {"clip": frames},
            "PRINT_CONFIG": False,
        }
    )
    data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("ours", "clip"), "pedestrian")
    quiet = {"PRINT_CONFIG": False}
    hota = HOTA().eval_sequence(data)
    clear, identity = CLEAR(quiet).eval_sequence(data), Identity(quiet).eval_sequence(data)
    return {
        **{
            name: float(np.mean(hota[key]))
            for name, key in zip(SHARES[:4], ("HOTA", "DetA", "AssA", "LocA"), strict=True)
        },
        "idf1": identity["IDF1"],
        "idp": identity["IDP"],
        "idr": identity["IDR"],
        "mota": clear["MOTA"],
        "switches": clear["IDSW"],
        "misses": clear["CLR_FN"],
        "false_boxes": clear["CLR_FP"],
    }


@pytest.mark.parametrize("seed", range(3))
def test_parity_with_trackeval_on_made_up_scenes(tmp_path, scene, spoil, seed):
    truth = scene(seed=seed)
    found = spoil(truth, seed)
    scores = dataclasses.asdict(score(truth, found))
    expected = by_trackeval(tmp_path, truth, found, 40)
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("which", [0, 7, 14])
def test_parity_with_trackeval_on_real_sequences(tmp_path, real_data, spoil, which):
    path = sorted((real_data / "mot").glob("*/*/gt/gt.txt"))[which]
    truth = read_mot(path).boxes
    truth = truth.take(truth.frame < 150)
    found = spoil(truth, which, switches=6)
    frames = int(truth.frame.max()) + 1
    scores = dataclasses.asdict(score_tracking(pair(truth, found, np.arange(frames))))
    expected = by_trackeval(tmp_path, truth, found, frames)
    assert {name: scores[name] for name in expected} == pytest.approx(expected)
