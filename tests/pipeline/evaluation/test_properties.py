"""What must hold of the scores, whatever the scene."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.evaluation.boxes import IdentifiedBoxes, Pairing, pair
from pipeline.evaluation.identity import IdentityScores, score_identity
from pipeline.evaluation.tracking import TrackingScores, score_tracking

FPS = 10.0
SEEDS = st.integers(0, 100_000)
QUICK = settings(max_examples=25)


def scene(seed: int, persons: int = 4, frames: int = 24) -> IdentifiedBoxes:
    """People who walk apart from each other, each in view now and then, and at the start and the end."""
    rng = np.random.default_rng(seed)
    inside = rng.random((frames, persons)) < rng.uniform(0.4, 1.0)
    inside[[0, -1]] = True
    frame, person = np.nonzero(inside)
    left = 100.0 * person + 20 * np.sin(frame / 5 + person) + 200
    size = rng.uniform(30, 60, persons)
    boxes = np.column_stack([left, np.full(len(frame), 50.0), size[person], 2 * size[person]])
    return IdentifiedBoxes(frame.astype(np.int64), person.astype(np.int64) + 1, boxes)


def noisy(truth: IdentifiedBoxes, seed: int) -> IdentifiedBoxes:
    """What a tracker may say of a scene: misses, jitter, false boxes, exchanged and broken identities."""
    rng = np.random.default_rng(seed + 1)
    kept = np.flatnonzero(rng.random(len(truth)) < 0.8)
    found = truth.take(kept)
    boxes = found.xywh_px + rng.normal(0, 4, found.xywh_px.shape)
    identity = found.identity + 10 * (rng.random(len(kept)) < 0.2) + 20 * (found.frame > rng.integers(24))
    frames = np.unique(found.frame)
    extra = np.column_stack(
        [rng.uniform(0, 700, len(frames)), np.full(len(frames), 300.0), np.full((len(frames), 2), 40)]
    )
    return IdentifiedBoxes(
        np.concatenate([found.frame, frames]),
        np.concatenate([identity, np.full(len(frames), 99)]),
        np.vstack([boxes, extra]),
    )


def scores(truth: IdentifiedBoxes, found: IdentifiedBoxes) -> tuple[TrackingScores, IdentityScores]:
    pairing: Pairing = pair(truth, found, np.unique(truth.frame))
    return score_tracking(pairing), score_identity(pairing, pairing.frames / FPS)


def renamed(boxes: IdentifiedBoxes, seed: int) -> IdentifiedBoxes:
    """The same boxes, in another order, under other names."""
    rng = np.random.default_rng(seed + 2)
    names = np.unique(boxes.identity)
    other = rng.choice(100_000, size=len(names), replace=False)
    order = rng.permutation(len(boxes))
    identity = other[np.searchsorted(names, boxes.identity)]
    return IdentifiedBoxes(boxes.frame[order], identity[order], boxes.xywh_px[order])


@QUICK
@given(SEEDS)
def test_names_and_the_order_of_boxes_do_not_matter(seed: int) -> None:
    truth = scene(seed)
    found = noisy(truth, seed)
    plain = [asdict(part) for part in scores(truth, found)]
    other = [asdict(part) for part in scores(renamed(truth, seed), renamed(found, seed + 7))]
    for one, two in zip(plain, other, strict=True):
        absences = one.pop("absences", ()), two.pop("absences", ())
        assert absences[0] == absences[1]
        assert two == pytest.approx(one, nan_ok=True)


@QUICK
@given(SEEDS)
def test_the_truth_scores_one(seed: int) -> None:
    truth = scene(seed)
    tracking, identity = scores(truth, renamed(truth, seed))
    shares = [tracking.hota, tracking.deta, tracking.assa, tracking.loca, tracking.idf1, tracking.mota]
    shares += [identity.accuracy, identity.accuracy_when_found, identity.ari, identity.nmi, identity.purity]
    assert shares == pytest.approx([1.0] * len(shares))
    assert tracking.switches == tracking.misses == tracking.false_boxes == 0
    assert identity.players_found == identity.players_true
    assert identity.fragments_per_player == 1
    assert all(absence.lost == absence.undecided == 0 for absence in identity.absences)


@QUICK
@given(SEEDS, st.integers(2, 22))
def test_splitting_a_player_lowers_association_and_not_purity(seed: int, when: int) -> None:
    truth = scene(seed)
    split = np.where((truth.identity == 1) & (truth.frame >= when), 50, truth.identity)
    tracking, identity = scores(truth, IdentifiedBoxes(truth.frame, split, truth.xywh_px))
    assert tracking.deta == pytest.approx(1)
    assert tracking.switches == 1
    for share in (tracking.hota, tracking.assa, tracking.idf1, tracking.mota, identity.accuracy, identity.ari):
        assert share < 1
    assert identity.purity == pytest.approx(1)
    assert identity.coverage < 1
    assert identity.players_found == identity.players_true + 1
    assert identity.fragments_per_player == pytest.approx(1 + 1 / identity.players_true)


@QUICK
@given(SEEDS, st.integers(3, 21))
def test_merging_two_players_lowers_association_and_purity(seed: int, when: int) -> None:
    truth = scene(seed)
    gone = ((truth.identity == 1) & (truth.frame >= when)) | ((truth.identity == 2) & (truth.frame < when))
    truth = truth.take(np.flatnonzero(~gone))  # one is substituted for the other
    merged = np.where(truth.identity == 2, 1, truth.identity)
    tracking, identity = scores(truth, IdentifiedBoxes(truth.frame, merged, truth.xywh_px))
    assert tracking.deta == pytest.approx(1)
    for share in (tracking.hota, tracking.assa, tracking.idf1, identity.accuracy, identity.purity, identity.ari):
        assert share < 1
    assert identity.coverage == pytest.approx(1)
    assert identity.players_found == identity.players_true - 1


@QUICK
@given(SEEDS, st.floats(0.1, 0.9))
def test_missing_boxes_lower_detection_and_not_identity(seed: int, share: float) -> None:
    truth = scene(seed)
    rng = np.random.default_rng(seed)
    kept = rng.random(len(truth)) < share
    kept[truth.frame == 0] = True
    kept[-1] = False
    tracking, identity = scores(truth, truth.take(kept))
    assert tracking.deta < 1
    assert identity.accuracy == pytest.approx(kept.mean())
    assert identity.accuracy_when_found == identity.purity == pytest.approx(1)


@QUICK
@given(SEEDS)
def test_a_person_twice_in_a_frame_is_refused(seed: int) -> None:
    truth = scene(seed)
    twice = IdentifiedBoxes(truth.frame, np.where(truth.identity == 2, 1, truth.identity), truth.xywh_px)
    with pytest.raises(InputError, match="identity 1 is twice in frame 0"):
        score_tracking(pair(truth, twice, np.unique(truth.frame)))
