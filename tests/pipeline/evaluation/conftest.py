"""Made-up scenes with known identities."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.evaluation.boxes import IdentifiedBoxes


def walkers(people: int = 5, frames: int = 40, seed: int = 0) -> IdentifiedBoxes:
    """People who cross each other on straight paths, one box per person and frame; identities from 1."""
    rng = np.random.default_rng(seed)
    start, speed = rng.uniform(0, 400, (people, 2)), rng.uniform(-6, 6, (people, 2))
    frame = np.repeat(np.arange(frames), people)
    person = np.tile(np.arange(people), frames)
    xy = start[person] + speed[person] * frame[:, None]
    return IdentifiedBoxes(frame, person + 1, np.column_stack([xy, np.full(len(xy), 30.0), np.full(len(xy), 80.0)]))


@pytest.fixture
def scene() -> Callable[..., IdentifiedBoxes]:
    """The maker of scenes."""
    return walkers


def spoiled(boxes: IdentifiedBoxes, seed: int = 1, switches: int = 4) -> IdentifiedBoxes:
    """Boxes as a tracker would give them: jitter, misses, false boxes, two identities exchanged at some frames."""
    rng = np.random.default_rng(seed)
    identity = boxes.identity.copy()
    for at in rng.choice(np.unique(boxes.frame), switches, replace=False):
        a, b = rng.choice(np.unique(boxes.identity), 2, replace=False)
        later, before = boxes.frame >= at, identity.copy()
        identity[later & (before == a)], identity[later & (before == b)] = b, a
    kept = rng.random(len(boxes)) > 0.1
    jittered = boxes.xywh_px + rng.normal(0, 2.0, (len(boxes), 4))
    false_frames = np.unique(boxes.frame)[::7]
    false_boxes = np.column_stack([rng.uniform(0, 400, (len(false_frames), 2)), np.full((len(false_frames), 2), 40.0)])
    return IdentifiedBoxes(
        np.concatenate([boxes.frame[kept], false_frames]),
        np.concatenate([identity[kept], np.full(len(false_frames), 900)]),
        np.vstack([jittered[kept], false_boxes]),
    )


@pytest.fixture
def spoil() -> Callable[..., IdentifiedBoxes]:
    """The maker of a tracker's imperfect output."""
    return spoiled
