"""Game-level identity: properties and cases counted by hand."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from pipeline.evaluation.boxes import NO_BOXES, IdentifiedBoxes, match, pair
from pipeline.evaluation.identity import (
    ABSENCE_BINS_S,
    AbsenceScores,
    IdentityScores,
    assign_identities,
    score_identity,
)


def score(truth: IdentifiedBoxes, found: IdentifiedBoxes, fps: float = 10.0) -> IdentityScores:
    frames = np.arange(int(truth.frame.max(initial=-1)) + 1)
    return score_identity(pair(truth, found, frames), frames / fps)


def test_perfect_input_scores_one(scene):
    truth = scene()
    scores = score(truth, dataclasses.replace(truth, identity=truth.identity + 40))
    shares = (scores.accuracy, scores.accuracy_when_found, scores.ari, scores.nmi, scores.purity, scores.coverage)
    assert shares == pytest.approx((1.0,) * 6)
    assert (scores.players_true, scores.players_found, scores.fragments_per_player) == (5, 5, 1.0)


@pytest.mark.parametrize("seed", range(4))
def test_renaming_changes_nothing(scene, spoil, seed):
    truth = scene(seed=seed)
    found = spoil(truth, seed)
    renamed = dataclasses.replace(found, identity=5000 - 3 * found.identity)
    a, b = dataclasses.asdict(score(truth, found)), dataclasses.asdict(score(truth, renamed))
    assert a.pop("absences") == b.pop("absences")
    assert a == pytest.approx(b)


def test_missed_boxes_count_against_the_accuracy_alone(scene):
    truth = scene(people=2, frames=10)
    scores = score(truth, truth.take((truth.identity == 1) | (truth.frame < 5)))
    assert scores.accuracy == pytest.approx(15 / 20)
    assert scores.accuracy_when_found == pytest.approx(1)


def test_splitting_lowers_coverage_and_not_purity(scene):
    truth = scene(people=3, frames=10)
    scores = score(truth, dataclasses.replace(truth, identity=truth.identity + 10 * (truth.frame >= 6)))
    assert scores.accuracy == pytest.approx(0.6)
    assert scores.purity == pytest.approx(1)
    assert scores.coverage == pytest.approx(0.6)
    assert (scores.players_found, scores.fragments_per_player) == (6, 2.0)
    assert scores.ari < 1


def test_merging_lowers_purity_and_not_coverage(scene):
    truth = scene(people=2, frames=10)
    apart = truth.take(((truth.identity == 1) & (truth.frame < 6)) | ((truth.identity == 2) & (truth.frame >= 6)))
    scores = score(apart, dataclasses.replace(apart, identity=np.full(len(apart), 3)))
    assert scores.accuracy == pytest.approx(0.6)
    assert scores.purity == pytest.approx(0.6)
    assert scores.coverage == pytest.approx(1)
    assert (scores.players_true, scores.players_found) == (2, 1)


def test_one_found_identity_serves_one_true_person_only(scene):
    """A majority vote would credit both halves of an exchanged pair; the one-to-one assignment does not."""
    truth = scene(people=2, frames=10)
    found = dataclasses.replace(truth, identity=np.where(truth.frame >= 4, 3 - truth.identity, truth.identity))
    pairing = pair(truth, found, np.arange(10))
    assert assign_identities(pairing, match(pairing)).found_of == {1: 2, 2: 1}
    assert score(truth, found).accuracy == pytest.approx(0.6)


def absent(scene, frames: int, start: int, stop: int) -> IdentifiedBoxes:
    truth = scene(people=1, frames=frames)
    return truth.take((truth.frame < start) | (truth.frame >= stop))


@pytest.mark.parametrize(
    ("start", "stop", "bin_index"), [(5, 6, 0), (5, 23, 0), (5, 24, 1), (5, 103, 1), (5, 104, 2), (5, 700, 3)]
)
def test_absences_are_binned_by_their_length(scene, start, stop, bin_index):
    """At 10 frames per second; the length is from the last box before to the first box after."""
    truth = absent(scene, 720, start, stop)
    kept = [a.kept for a in score(truth, truth).absences]
    assert kept == [int(k == bin_index) for k in range(4)]


def test_an_absence_loses_the_identity_when_it_changes(scene):
    truth = absent(scene, 60, 10, 40)
    found = dataclasses.replace(truth, identity=truth.identity + (truth.frame >= 40))
    absence = score(truth, found).absences[1]
    assert (absence.kept, absence.lost, absence.undecided) == (0, 1, 0)
    assert absence.kept_share == 0


def test_the_share_kept_is_of_those_kept_and_lost():
    assert AbsenceScores(0.0, 2.0, kept=3, lost=1, undecided=4).kept_share == 0.75


def test_a_neighbours_box_at_the_edge_of_an_absence_does_not_decide(scene):
    """The last box of who leaves the picture was often matched to somebody else's."""
    truth = absent(scene, 60, 10, 40)
    found = dataclasses.replace(truth, identity=truth.identity + np.isin(truth.frame, [9, 40]))
    absence = score(truth, found).absences[1]
    assert (absence.kept, absence.lost, absence.undecided) == (1, 0, 0)


def test_an_absence_is_undecided_when_nothing_is_found_after_it(scene):
    truth = absent(scene, 60, 10, 40)
    absence = score(truth, truth.take(truth.frame < 10)).absences[1]
    assert (absence.kept, absence.lost, absence.undecided) == (0, 0, 1)
    assert np.isnan(absence.kept_share)


def test_nothing_found_is_no_identity(scene):
    truth = scene()
    scores = score(truth, NO_BOXES)
    assert scores.accuracy == 0
    assert scores.players_found == 0
    assert np.isnan(scores.accuracy_when_found)
    assert np.isnan(scores.purity)


def test_nothing_true_is_nothing_to_measure():
    assert np.isnan(score(NO_BOXES, NO_BOXES).accuracy)


def test_absences_at_the_edges_of_a_bin_and_of_the_seconds_around():
    """The lower edge belongs to the bin; boxes three seconds before vote, earlier ones do not."""
    spans = [AbsenceScores(low, high, 0, 0, 0).span for low, high in pairwise(ABSENCE_BINS_S)]
    assert spans == ["0-2 s", "2-10 s", "10-60 s", "over a minute"]
    assert AbsenceScores(30.0, float("inf"), 0, 0, 0).span == "over 30 s"


@pytest.mark.parametrize(("early", "kept"), [(60, True), (30, False)])
def test_the_majority_of_three_seconds_decides(scene, early, kept):
    """Under another identity until `early` of 70 frames at 10 a second: of the 31 from 39 on, 21 or none."""
    truth = absent(scene, 140, 70, 100)
    found = dataclasses.replace(truth, identity=truth.identity + (truth.frame < early))
    after = dataclasses.replace(found, identity=found.identity + (truth.frame >= 100))
    absence = score(truth, after).absences[1]
    assert (absence.kept, absence.lost) == (int(kept), int(not kept))
