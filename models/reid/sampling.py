"""Batches in which the hard pairs are certain: people who are on court together."""

from __future__ import annotations

import numpy as np

from models.reid.crops import CropSet, Ints


class CourtSampler:
    """Draws batches of `scenes` clips x up to `people` identities of the clip x `crops` crops of each.

    An identity's crops come from all clips it appears in, each clip as likely as the others.
    """

    def __init__(self, crops: CropSet, scenes: int, people: int, per_person: int) -> None:
        self._scenes = min(scenes, len(np.unique(crops.scene)))
        self._people = people
        self._per_person = per_person
        self._clips = np.unique(crops.scene)
        self._present = {clip: np.unique(crops.identity[crops.scene == clip]) for clip in self._clips}
        self._rows = {
            identity: [np.flatnonzero((crops.identity == identity) & (crops.scene == clip)) for clip in self._clips]
            for identity in np.unique(crops.identity)
        }
        self._rows = {identity: [rows for rows in parts if len(rows)] for identity, parts in self._rows.items()}

    def draw(self, rng: np.random.Generator) -> Ints:
        """Return the rows of one batch, `crops` rows of each identity in a run."""
        rows: list[int] = []
        taken: set[int] = set()
        for clip in rng.choice(self._clips, self._scenes, replace=False):
            present = [identity for identity in rng.permutation(self._present[clip]) if identity not in taken]
            for identity in present[: self._people]:
                taken.add(identity)
                parts = self._rows[identity]
                rows += [int(rng.choice(parts[rng.integers(len(parts))])) for _ in range(self._per_person)]
        return np.array(rows, np.int64)
