"""Batches in which the hard pairs are certain: people who are on court together."""

from __future__ import annotations

import numpy as np

from models.reid.data.crops import CropSet, Ints


class CourtSampler:
    """Draws batches of `scenes` clips x up to `people` identities of the clip x `crops` crops of each.

    A crop of an identity is from the clip itself with probability `home`, else from any clip it appears in, each clip as
    likely as the others: people are to be told from those beside them, and found again elsewhere.
    """

    def __init__(self, crops: CropSet, scenes: int, people: int, per_person: int, home: float = 0.5) -> None:
        self._scenes = min(scenes, len(np.unique(crops.scene)))
        self._people = people
        self._per_person = per_person
        self._home = home
        self._clips = np.unique(crops.scene)
        self._present = {clip: np.unique(crops.identity[crops.scene == clip]) for clip in self._clips}
        self._rows = {
            int(identity): {
                int(clip): np.flatnonzero((crops.identity == identity) & (crops.scene == clip))
                for clip in np.unique(crops.scene[crops.identity == identity])
            }
            for identity in np.unique(crops.identity)
        }

    def draw(self, rng: np.random.Generator) -> Ints:
        """Return the rows of one batch, `crops` rows of each identity in a run."""
        rows: list[int] = []
        taken: set[int] = set()
        for clip in rng.choice(self._clips, self._scenes, replace=False):
            present = [identity for identity in rng.permutation(self._present[clip]) if identity not in taken]
            for identity in present[: self._people]:
                taken.add(identity)
                rows += [self._crop(int(identity), int(clip), rng) for _ in range(self._per_person)]
        return np.array(rows, np.int64)

    def _crop(self, identity: int, clip: int, rng: np.random.Generator) -> int:
        """Draw one row of an identity that is present in `clip`."""
        clips = self._rows[identity]
        if rng.random() >= self._home:
            clip = int(rng.choice(list(clips)))
        return int(rng.choice(clips[clip]))
