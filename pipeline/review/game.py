"""A game as the review page shows it: tables of a run, and what everybody is called and coloured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.filled_boxes import filled_boxes
from pipeline.schema import PERSON_CLASSES, TableName

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TABLES: tuple[TableName, ...] = (
    *("frames", "detections", "tracks", "identities", "players", "tracklets"),
    *("player_evidence", "number_votes", "shots", "periods", "positions"),
)
"""What the page needs of a run."""


@dataclass(frozen=True)
class Dress:
    """How a person is drawn: colours as #rrggbb."""

    fill: str
    ink: str
    """Of text on it."""


@dataclass(frozen=True)
class ReviewedGame:
    """Tables of a run, and what everybody is called."""

    tables: Mapping[TableName, pd.DataFrame]
    """Those of `TABLES`."""
    labels: Mapping[int, str]
    """Short label of each player, as everywhere."""
    dresses: Mapping[int, Dress]
    team_names: Mapping[str, str] = field(default_factory=dict)
    """What teams A and B are called, where they have a name."""

    @cached_property
    def time_s(self) -> Floats:
        """Timestamps (t,) of the analysed frames, s."""
        return self.tables["frames"]["time_s"].to_numpy(np.float64)

    @cached_property
    def boxes(self) -> pd.DataFrame:
        """Boxes of all tracklets of people, gaps of a few frames filled.

        Returns:
            track_id, row (of `frames`), x1, y1, x2, y2, quality, interpolated; by row, then track_id.
        """
        frames, detections = self.tables["frames"], self.tables["detections"]
        people = detections[detections["class"].isin(PERSON_CLASSES)]
        columns = ["detection_id", "frame", "x1", "y1", "x2", "y2", "score", "quality"]
        found = filled_boxes(self.tables["tracks"].merge(people[columns], on="detection_id"), frames)
        row = np.searchsorted(frames["frame"].to_numpy(np.int64), found["frame"].to_numpy(np.int64))
        found = found.assign(row=row)[["track_id", "row", "x1", "y1", "x2", "y2", "quality", "interpolated"]]
        return found.sort_values(["row", "track_id"], kind="stable", ignore_index=True)

    @cached_property
    def pieces(self) -> pd.DataFrame:
        """One row per tracklet, in order of its begin: what the time line shows.

        Returns:
            Columns of `tracklets` and `identities` (player_id 0 where nobody), begin_s, end_s.
        """
        boxes = self.boxes
        times = self.time_s[boxes["row"].to_numpy(np.int64)]
        spans = pd.Series(times).groupby(boxes["track_id"].to_numpy()).agg(["min", "max"])
        spans = spans.rename(columns={"min": "begin_s", "max": "end_s"}).rename_axis("track_id").reset_index()
        found = spans.merge(self.tables["tracklets"], on="track_id", how="left").merge(
            self.tables["identities"], on="track_id", how="left"
        )
        found["player_id"] = found["player_id"].fillna(0).astype("int64")
        return found.sort_values(["begin_s", "track_id"], kind="stable", ignore_index=True)

    @cached_property
    def worth(self) -> pd.Series:
        """How clear each box that was found is, by its place in `boxes`; larger is better."""
        found = self.boxes[~self.boxes["interpolated"]]
        tall = (found["y2"] - found["y1"]).to_numpy(np.float64)
        return found["quality"].fillna(0.0).astype("float64") + 1e-6 * tall

    @cached_property
    def clearest(self) -> pd.Series:
        """Place in `boxes` of the clearest box of each tracklet."""
        order = self.worth.sort_values(kind="stable").index
        tracks = self.boxes["track_id"].loc[order]
        return pd.Series(order, index=tracks).groupby(level=0).last()

    def pictured_s(self, track_id: int) -> float:
        """Return when the picture of a tracklet that is shown, its clearest, was taken, in seconds."""
        return float(self._pictured_s[track_id])

    @cached_property
    def _pictured_s(self) -> dict[int, float]:
        rows = self.boxes["row"].to_numpy(np.int64)[self.clearest.to_numpy(np.int64)]
        return dict(zip(self.clearest.index.tolist(), self.time_s[rows].tolist(), strict=True))

    def spread(self, player_id: int, count: int) -> pd.DataFrame:
        """Choose the clearest box in each of `count` equal stretches of a player's boxes, in order of time."""
        tracks = self.pieces.loc[self.pieces["player_id"] == player_id, "track_id"]
        boxes = self.boxes[self.boxes["track_id"].isin(tracks) & ~self.boxes["interpolated"]]
        stretch = np.arange(len(boxes)) * count // max(len(boxes), 1)
        best = self.worth.loc[boxes.index].groupby(stretch).idxmax()
        return boxes.loc[best]

    def spot(self, track_id: int, time_s: float | None = None) -> tuple[float, float, float]:
        """Return time in s and px of the middle of a box of a tracklet that was found.

        Args:
            track_id: which tracklet.
            time_s: the box nearest in time; None for the one half-way along.

        Raises:
            KeyError: there is no such tracklet.
        """
        own_boxes = self.boxes[(self.boxes["track_id"] == track_id) & ~self.boxes["interpolated"]]
        if own_boxes.empty:
            raise KeyError(track_id)
        times = self.time_s[own_boxes["row"].to_numpy(np.int64)]
        place = len(own_boxes) // 2 if time_s is None else int(np.abs(times - time_s).argmin())
        box = own_boxes.iloc[place]
        return float(times[place]), float(box["x1"] + box["x2"]) / 2, float(box["y1"] + box["y2"]) / 2
