"""Reads become evidence: the right owner, the right number, and no single mistake that wins."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.numbers.texts import ONES, TENS, TEXTS, index_of
from pipeline.tables import MOTION_COLUMNS, NUMBER_READS, ONES_COLUMNS, TENS_COLUMNS, conform
from pipeline.understand.features.numbers import (
    NumberEvidence,
    added_up,
    independent_share,
    number_evidence,
    owners_of_numbers,
    read_log_likelihoods,
    seen_as,
)
from pipeline.understand.game import TrackedGame

FPS = 10.0


def reads(
    texts: list[str], legible: float = 1.0, sure: float = 0.98, first_id: int = 0, mirrored: float = 0.0
) -> pd.DataFrame:
    """Reads of these texts, each digit with that certainty."""
    place = np.array([index_of(text) for text in texts], dtype=np.int64)
    tens, ones = np.full((len(texts), 11), (1 - sure) / 10), np.full((len(texts), 10), (1 - sure) / 9)
    tens[np.arange(len(texts)), TENS[place]] = sure
    ones[np.arange(len(texts)), ONES[place]] = sure
    table = pd.DataFrame(np.column_stack([tens, ones]), columns=pd.Index([*TENS_COLUMNS, *ONES_COLUMNS]))
    ids = first_id + np.arange(len(texts))
    return conform("number_reads", table.assign(detection_id=ids, legible=legible, mirrored=mirrored))


def frames(count: int) -> pd.DataFrame:
    table = pd.DataFrame({"frame": range(count), "time_s": np.arange(count) / FPS, "shot": 0})
    return conform("frames", table.assign(**dict.fromkeys(MOTION_COLUMNS, np.nan)))


def boxes(rows: list[tuple[int, str, float, float, float, float]]) -> pd.DataFrame:
    """Detections of (frame, class, x1, y1, x2, y2)."""
    table = pd.DataFrame(rows, columns=["frame", "class", "x1", "y1", "x2", "y2"])
    table = table.assign(detection_id=range(len(rows)), score=0.9, quality=np.nan)
    return conform("detections", table.assign(**dict.fromkeys(("jersey_l", "jersey_a", "jersey_b"), np.nan)))


def seen(track: list[tuple[float, str]], legible: float = 1.0) -> NumberEvidence:
    """Evidence of one tracklet whose number is read at these times, s."""
    times = sorted({round(at * FPS) for at, _ in track})
    people = [(frame, "player", 0.0, 0.0, 40.0, 100.0) for frame in times]
    numbers = [(round(at * FPS), "number", 15.0, 25.0, 25.0, 40.0) for at, _ in track]
    linked = pd.DataFrame({"detection_id": range(len(people)), "track_id": 5})
    game = TrackedGame.of(frames(times[-1] + 1), boxes([*people, *numbers]), tracks=conform("tracks", linked))
    return number_evidence(game, reads([text for _, text in track], legible, first_id=len(people)), np.array([5]))


def test_two_reads_apart_in_time_are_beyond_doubt_and_one_is_not() -> None:
    assert seen([(0.0, "23")]).best(1000).tolist() == [-1]
    assert seen([(0.0, "23"), (3.0, "23")]).best(1000).tolist() == [23]


def test_reads_of_one_moment_count_once() -> None:
    moment = seen([(0.0, "23")] * 5).log_likelihood
    assert moment == pytest.approx(seen([(0.0, "23")]).log_likelihood)


def test_one_bad_read_never_wins() -> None:
    mistaken = seen([(0.0, "23"), (2.0, "28"), (4.0, "23")])
    assert mistaken.posterior().argmax(axis=1).tolist() == [23]
    sure = seen([(float(at), "23") for at in range(0, 8, 2)] + [(8.0, "28")])
    assert sure.best(1000).tolist() == [23]


def test_one_bad_view_never_wins_however_long() -> None:
    """Eight reads in a row agree on a wrong text, as a fold makes them."""
    fold = [(at / 4, "28") for at in range(8)]
    assert seen(fold).best(1000).tolist() == [-1]
    mistaken = seen([*fold, (20.0, "23"), (30.0, "23")])
    assert mistaken.best(10).tolist() == [23]


def test_what_is_not_legible_says_nothing() -> None:
    assert np.abs(seen([(0.0, "23"), (3.0, "23")], legible=0.0).log_likelihood).max() == 0


def test_a_hidden_digit_speaks_for_both_places_and_not_against() -> None:
    partial = seen([(0.0, "3")]).log_likelihood[0]
    unrelated = partial[45]
    assert partial[3] > partial[23] > unrelated
    assert partial[23] == pytest.approx(partial[32], abs=0.2)
    both = seen([(0.0, "3"), (2.0, "23"), (4.0, "3"), (6.0, "23"), (8.0, "23")])
    assert both.best(1000).tolist() == [23]


def test_one_digit_through_one_view_may_be_half_of_a_number() -> None:
    """However often a 3 is read in three seconds, it may be the 3 of 23; a second and a third view decide."""
    view = [(at / 4, "3") for at in range(12)]
    assert seen(view).best(20).tolist() == [-1]
    views = [(start + at, text) for start in (0.0, 10.0, 20.0) for at, text in view]
    assert seen(views).best(1000).tolist() == [3]
    assert seen([*views, (30.0, "23"), (40.0, "23"), (50.0, "23")]).posterior().argmax(axis=1).tolist() == [23]


def test_zero_and_double_zero_are_two_numbers() -> None:
    evidence = seen([(float(at), "00") for at in range(0, 8, 2)])
    assert [TEXTS[text] for text in evidence.best(1000)] == ["00"]


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12), st.floats(0, 1), st.floats(0.2, 0.999))
def test_no_read_counts_against_a_text_for_more_than_the_floor(texts: list[str], legible: float, sure: float) -> None:
    evidence = read_log_likelihoods(reads(texts, legible, sure))
    assert evidence.min() >= np.log(0.1) - 1e-6
    assert evidence.max() <= np.log(101)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 20)), min_size=1, max_size=40))
def test_votes_are_shared_and_never_grow(pairs: list[tuple[int, float]]) -> None:
    row, time_s = (np.array(column) for column in zip(*sorted(pairs), strict=True))
    share = independent_share(row, time_s.astype(np.float64), np.ones(len(row)))
    assert (share > 0).all()
    assert (share <= 1).all()
    for tracklet in np.unique(row):
        span = np.ptp(time_s[row == tracklet])
        assert share[row == tracklet].sum() <= 2 * span / 0.5 + 1.001


def test_what_a_text_may_be_seen_as_is_a_probability() -> None:
    assert seen_as().sum(axis=1) == pytest.approx(np.ones(101))
    assert seen_as()[index_of("00"), index_of("0")] == pytest.approx(0.1)


MATE = (0, "player", 200.0, 0.0, 240.0, 100.0)
WHO: list[tuple[str, list[tuple[int, str, float, float, float, float]], list[int]]] = [
    ("alone", [(0, "player", 0, 0, 40, 100), MATE], [1]),
    ("another stands there too", [(0, "player", 0, 0, 40, 100), (0, "player", 5, 0, 45, 110)], []),
    ("found twice, as referee as well", [(0, "player", 0, 0, 40, 100), (0, "referee", 0, 0, 40, 101)], [1]),
    ("on the legs", [(0, "player", 0, -60, 40, 40), MATE], []),
    ("in another frame", [(1, "player", 0, 0, 40, 100), MATE], []),
    ("too large for him", [(0, "player", 0, 15, 40, 50), MATE], []),
]


@pytest.mark.parametrize(("people", "owner"), [row[1:] for row in WHO], ids=[row[0] for row in WHO])
def test_a_number_belongs_to_the_only_torso_it_lies_on(
    people: list[tuple[int, str, float, float, float, float]], owner: list[int]
) -> None:
    table = boxes([*people, (0, "number", 15.0, 25.0, 25.0, 40.0)])
    tracked = [0, 1] if people[1] == MATE or people[1][1] == "player" else [0]
    tracks = pd.DataFrame({"detection_id": tracked, "track_id": [t + 1 for t in tracked]})
    found = owners_of_numbers(table, reads(["7"], first_id=2), conform("tracks", tracks))
    assert found["track_id"].tolist() == owner
    assert found["detection_id"].tolist() == [2] * len(owner)


def peaked(text: list[int], height: float) -> NumberEvidence:
    values = np.zeros((len(text), 101))
    values[np.arange(len(text)), text] = height
    return NumberEvidence(np.arange(len(text)), values, (values > 0).astype(np.int64))


def test_contradictions_need_two_that_are_sure() -> None:
    evidence = peaked([23, 23, 32], 20)
    with_unread = NumberEvidence(
        np.arange(4),
        np.vstack([evidence.log_likelihood, np.zeros(101)]),
        np.vstack([evidence.votes, np.zeros((1, 101), dtype=np.int64)]),
    )
    pairs = set(zip(*(side.tolist() for side in with_unread.contradictions(1000)), strict=True))
    assert pairs == {(0, 2), (1, 2), (2, 0), (2, 1)}
    agreement = with_unread.agreement()
    assert agreement[0, 1] == pytest.approx(np.log(101), abs=0.01)
    assert agreement[3] == pytest.approx(np.zeros(4), abs=1e-9)


def test_a_persons_tracklets_add_up() -> None:
    people = peaked([23, 23, 32, 5], 5).of_groups(np.array([0, 0, 1, -1]), 2)
    assert people.log_likelihood[0, 23] == 10
    assert people.log_likelihood[1, 32] == 5
    assert people.best(100).tolist() == [23, -1]
    assert people.votes[:, [23, 32, 5]].tolist() == [[2, 0, 0], [0, 1, 0]]


def test_a_roster_helps_and_does_not_decide() -> None:
    listed = ["4", "23"]
    close = NumberEvidence(np.array([1]), np.zeros((1, 101)), np.zeros((1, 101), dtype=np.int64))
    close.log_likelihood[0, [23, 28]] = 11.0, 12.0
    assert close.best(10).tolist() == [-1]
    assert close.expecting(listed).best(10).tolist() == [23]
    assert peaked([28], 25).expecting(listed).best(1000).tolist() == [28]
    assert peaked([0], 0).expecting(["4"]).best(1000).tolist() == [-1]


def test_numbers_in_a_mirror_are_no_evidence() -> None:
    """Reads of a mirrored game: most are seen to be so, some are taken for another number (25 for 25)."""
    row, time_s = np.repeat(np.arange(10), 4), np.tile(np.arange(0.0, 16.0, 4.0), 10)
    plain, mirror = reads(["25"] * 40, 0.9), reads(["25"] * 40, 0.15, mirrored=0.7)
    track_id = np.arange(1, 11)
    assert added_up(track_id, row, time_s, plain).best(1000).tolist() == [25] * 10
    in_mirror = added_up(track_id, row, time_s, mirror)
    assert in_mirror.mirrored
    assert in_mirror.best(1.1).tolist() == [-1] * 10
    odd = pd.concat([plain.iloc[:36], mirror.iloc[36:]], ignore_index=True)  # one player's only
    assert not added_up(track_id, row, time_s, odd).mirrored
    assert not added_up(track_id, row, time_s, plain.assign(legible=0.0)).mirrored


def test_without_reads_nothing_is_known() -> None:
    tracks = conform("tracks", pd.DataFrame({"detection_id": [0], "track_id": [1]}))
    game = TrackedGame.of(frames(1), boxes([(0, "player", 0, 0, 40, 100)]), tracks=tracks)
    none = number_evidence(game, NUMBER_READS.empty(), np.array([1]))
    assert none.log_likelihood.tolist() == [[0.0] * 101]
    assert not len(none.contradictions(2)[0])
