"""Places in the video: whose box is there, and which tracklets corrections split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.corrections import Correction, Spot
from pipeline.corrections.lines import AFTER
from pipeline.tables import conform
from pipeline.understand.game import TrackedGame

_NEAR_S = 0.5
"""A spot is looked for in the analysed frame nearest to its time, if one is so near, s."""


class TrackletAtSpot:
    """Finds the tracklets at spots of the video."""

    def __init__(self, game: TrackedGame) -> None:
        """Index the boxes of a game's tracklets by frame."""
        row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy(np.int64)
        order = np.argsort(game.box_frame[row], kind="stable")
        self._box_frame, self._xyxy_px = game.box_frame[row][order], game.xyxy_px[row][order]
        self._owner = owner[order]
        self._time_s, self._frame = game.time_s, game.frame

    def __call__(self, spot: Spot) -> int | None:
        """Return the id of the tracklet whose box holds the spot, the one whose middle is nearest; None for nobody."""
        found = self.at(np.array([spot.time_s]), np.array([[spot.x_px, spot.y_px]]))[0]
        return int(found) if found >= 0 else None

    def at(self, time_s: NDArray[np.float64], point_px: NDArray[np.float64]) -> NDArray[np.int64]:
        """Find the tracklets at many spots.

        Args:
            time_s: (k,)
            point_px: (k, 2)

        Returns:
            Track ids (k,), -1 for nobody.
        """
        found = np.full(len(time_s), -1, dtype=np.int64)
        if not len(self._time_s):
            return found
        later = np.clip(np.searchsorted(self._time_s, time_s), 1, max(len(self._time_s) - 1, 1))
        later = np.minimum(later, len(self._time_s) - 1)
        earlier = np.maximum(later - 1, 0)
        nearer = np.abs(self._time_s[earlier] - time_s) <= np.abs(self._time_s[later] - time_s)
        nearest = np.where(nearer, earlier, later)
        near = np.abs(self._time_s[nearest] - time_s) <= _NEAR_S
        first = np.searchsorted(self._box_frame, self._frame[nearest])
        count = np.where(near, np.searchsorted(self._box_frame, self._frame[nearest], side="right") - first, 0)
        spot = np.repeat(np.arange(len(time_s)), count)  # (c,) of each candidate box
        box = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        low, high, point = self._xyxy_px[box, :2], self._xyxy_px[box, 2:], point_px[spot]
        off = np.linalg.norm((low + high) / 2 - point, axis=1)
        inside = ((low <= point) & (point <= high)).all(axis=1)
        order = np.lexsort((off[inside], spot[inside]))
        owner, spots = self._owner[box[inside]][order], spot[inside][order]
        spots, chosen = np.unique(spots, return_index=True)
        found[spots] = owner[chosen]
        return found


def split_where_corrected(game: TrackedGame, corrections: Sequence[Correction]) -> pd.DataFrame:
    """Split the tracklets that corrections say go over to somebody else.

    Returns:
        A link table; the part of a tracklet that what was said of the whole does not stay with gets a number above all others.
    """
    for correction in corrections:
        if correction.action != "split" or correction.second_spot is None or game.tracks.empty:
            continue
        tracklet_at = TrackletAtSpot(game)
        after, before = tracklet_at(correction.spot), tracklet_at(correction.second_spot)
        if after is None or after != before:
            continue
        time_s, track_id = game.box_time_s[game.tracked_rows], game.tracks["track_id"]
        is_later = time_s >= correction.spot.time_s - game.step_s / 2
        leaves = (track_id.to_numpy() == after) & (is_later != (correction.value == AFTER))
        fresh = int(track_id.max()) + 1
        game = game.with_tracks(conform("tracks", game.tracks.assign(track_id=np.where(leaves, fresh, track_id))))
    return game.tracks
