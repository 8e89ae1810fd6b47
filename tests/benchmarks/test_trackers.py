"""The compared trackers link what is easy to link, on boxes that they are given."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.trackers import TRACKERS, FrameBoxes

PEOPLE, FRAMES = 4, 30


def walk() -> Iterator[FrameBoxes]:
    """Four people walking side by side, far apart; row = frame * people + person."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(PEOPLE, 16)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    for frame in range(FRAMES):
        left = 50 + 150.0 * np.arange(PEOPLE) + 2 * frame
        xyxy_px = np.column_stack([left, np.full(PEOPLE, 100.0), left + 40, np.full(PEOPLE, 220.0)]).astype(np.float32)
        rows = frame * PEOPLE + np.arange(PEOPLE)
        image = np.zeros((360, 800, 3), np.uint8)
        yield FrameBoxes(rows, xyxy_px, np.full(PEOPLE, 0.9, np.float32), embeddings, image, (800, 360))


def need_packages_of(name: str) -> None:
    """Skip where a tracker's package is not installed."""
    for start, package in (
        ("ByteTrack", "lap"),
        ("BoT-SORT", "lap"),
        ("ARC-SORT", "arcsort"),
        ("roboflow", "trackers"),
    ):
        if name.startswith(start):
            pytest.importorskip(package)


@pytest.mark.parametrize("name", TRACKERS)
def test_four_people_keep_four_identities(name):
    need_packages_of(name)
    linked = dict(TRACKERS[name](walk()))
    assert len(linked) >= PEOPLE * (FRAMES - 4)  # some trackers wait before they confirm
    identities = [{identity for row, identity in linked.items() if row % PEOPLE == person} for person in range(PEOPLE)]
    assert [len(found) for found in identities] == [1] * PEOPLE
    assert len(set.union(*identities)) == PEOPLE


@pytest.mark.parametrize("name", TRACKERS)
def test_frames_without_boxes_are_no_trouble(name):
    need_packages_of(name)
    empty = FrameBoxes(
        np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 16), np.float32),
        np.zeros((360, 800, 3), np.uint8), (800, 360),
    )  # fmt: skip
    assert list(TRACKERS[name]([empty] * 3)) == []
