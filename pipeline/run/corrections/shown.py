"""The tracklets of a run as a person sees them, and places on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.corrections import Spot
from pipeline.errors import InputError
from pipeline.understand.features.corrections import TrackletAtSpot
from pipeline.understand.features.overlaps import simultaneous_tracklets
from pipeline.understand.game import TrackedGame


class ShownTracklets:
    """Tracklets, split where corrections say so; their boxes are in order of time."""

    def __init__(self, game: TrackedGame) -> None:
        """Take the tracklets of a game."""
        self._game = game

    def time_s(self, track_id: int) -> NDArray[np.float64]:
        """Return the times (n,) of a tracklet's boxes.

        Raises:
            InputError: there is no such tracklet.
        """
        return self._game.box_time_s[self._rows(track_id)]

    def length(self, track_id: int) -> int:
        """Count the boxes of a tracklet."""
        return len(self._rows(track_id))

    def length_s(self, track_id: int) -> float:
        """Return the time from the first box of a tracklet to its last."""
        time_s = self.time_s(track_id)
        return float(time_s[-1] - time_s[0])

    def middle(self, track_id: int) -> Spot:
        """Return a spot half-way along a tracklet."""
        return self.spot(track_id, self.length(track_id) // 2)

    def spot_at(self, track_id: int, time_s: float | None) -> Spot:
        """Return the spot of a tracklet that is nearest in time; None: half-way along."""
        if time_s is None:
            return self.middle(track_id)
        return self.spot(track_id, int(np.abs(self.time_s(track_id) - time_s).argmin()))

    def spot(self, track_id: int, at: int) -> Spot:
        """Return the middle of the box of a tracklet's, by its place in the tracklet."""
        row = int(self._rows(track_id)[at])
        x1, y1, x2, y2 = self._game.xyxy_px[row].tolist()
        return Spot(float(self._game.box_time_s[row]), (x1 + x2) / 2, (y1 + y2) / 2)

    def at(self, spots: Sequence[Spot]) -> list[int]:
        """Find the tracklets at places; -1 for nobody."""
        points = np.array([(spot.x_px, spot.y_px) for spot in spots]).reshape(-1, 2)
        found = self._at_spot.at(np.array([spot.time_s for spot in spots]), points)
        return [int(track_id) for track_id in found]

    def together(self, first: int, second: int, from_s: float = -np.inf, to_s: float = np.inf) -> bool:
        """Say whether two tracklets are in the picture together between two times, and so cannot be one person."""
        track_id, pairs = self._simultaneous
        i, j = np.searchsorted(track_id, [first, second])
        times = self._times_together(first, second) if pairs[i, j] else np.zeros(0)
        return bool(((times >= from_s) & (times <= to_s)).any())

    def first_together_s(self, first: int, second: int) -> float:
        """Return when two tracklets are in the picture together first."""
        return float(self._times_together(first, second)[0])

    def _times_together(self, first: int, second: int) -> NDArray[np.float64]:
        first_rows, second_rows = (self._game.box_frame_row[self._rows(track_id)] for track_id in (first, second))
        return self._game.time_s[np.intersect1d(first_rows, second_rows)]

    @cached_property
    def _simultaneous(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        return simultaneous_tracklets(self._game)

    @cached_property
    def _at_spot(self) -> TrackletAtSpot:
        return TrackletAtSpot(self._game)

    @cached_property
    def _boxes(self) -> dict[int, NDArray[np.int64]]:
        """Rows of the boxes of each tracklet, in order of time."""
        row, owner = self._game.tracked_rows, self._game.tracks["track_id"].to_numpy(np.int64)
        order = np.lexsort((self._game.box_frame[row], owner))
        track_id, start = np.unique(owner[order], return_index=True)
        return dict(zip(track_id.tolist(), np.split(row[order], start[1:]), strict=True))

    def _rows(self, track_id: int) -> NDArray[np.int64]:
        if track_id not in self._boxes:
            raise InputError(f"there is no tracklet {track_id}; it may have been split since")
        return self._boxes[track_id]


@dataclass(frozen=True)
class MovedPart:
    """Tracklets, or parts of them, that are to be somebody else's."""

    spots: Mapping[int, Spot]
    """A place on each."""
    owner: int | None
    """Whose they are; None: nobody's."""
    whole: Collection[int]
    """Those that are moved whole."""
    heir: Spot | None = None
    """A place on what is left of a tracklet of which a part is moved; None: all are moved whole."""
    from_s: float = -np.inf
    to_s: float = np.inf
