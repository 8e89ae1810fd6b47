"""Made pictures of made people: every identity has a colour of its own, on noise."""

from collections.abc import Callable

import numpy as np
import pytest

from models.reid.data.crops import CropSet, Entry, cut, pack


def made_crops(games: int = 2, clips: int = 2, people: int = 4, frames: int = 6, seed: int = 0) -> CropSet:
    """Clips in which all people are seen in every frame; identities are numbered over all clips."""
    rng = np.random.default_rng(seed)
    names = [f"game-{g}-q1-0{c}" for g in range(games) for c in range(clips)]
    entries = []
    for scene in range(len(names)):
        for person in range(people):
            color = rng.integers(0, 256, 3)
            for frame in range(frames):
                picture = rng.integers(0, 256, (60, 40, 3)).astype(np.uint8)
                picture[10:50, 10:30] = np.clip(color + rng.normal(0, 8, (40, 20, 3)), 0, 255)
                image, box = cut(picture, (10, 10, 30, 50), 0.2)
                entries.append(Entry(image, box, scene * people + person, person, scene, 30 * frame))
    return pack(entries, names, [name.rpartition("-q")[0] for name in names], "made")


@pytest.fixture
def make_crops() -> Callable[..., CropSet]:
    return made_crops
