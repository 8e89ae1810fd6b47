"""Where everybody was on the court, by period and in attacking direction, and which floor the camera saw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.geometry.court import Court
from pipeline.geometry.zones import turned
from pipeline.tables import BALL, HOMOGRAPHY_COLUMNS
from pipeline.understand.court import CourtRegistration
from pipeline.understand.statistics import attack_side

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

VIEW_EVERY_S = 1.0
"""The floor in view is read off one frame in so many seconds."""
VIEW_CELL_M = 0.5
VIEW_MARGIN_M = 2.0
"""Floor around the court of which it is known whether it was in view."""
_FRAMES_AT_ONCE = 100
"""Homographies that are applied together, for the memory's sake."""


@dataclass(frozen=True)
class OnCourt:
    """The tables of a run that are in metres."""

    frames: pd.DataFrame
    players: pd.DataFrame
    positions: pd.DataFrame
    periods: pd.DataFrame
    registration: CourtRegistration
    max_gap_s: float
    """The longest pause of the video that is bridged."""
    ball: pd.DataFrame = field(default_factory=BALL.empty)
    """Table `ball`; empty where it was not followed."""

    @property
    def court(self) -> Court:
        """The court that was played on."""
        return self.registration.court

    @property
    def teams_switch_ends(self) -> bool:
        """Say whether the teams switch ends in what was analysed."""
        return bool(self.periods["right_team"].nunique() > 1)

    def during(self, period: int | None) -> OnCourt:
        """Keep one period; None keeps everything.

        Raises:
            InputError: there is no such period.
        """
        if period is None:
            return self
        chosen = self.periods[self.periods["period"] == period]
        if chosen.empty:
            raise InputError(f"there is no period {period}; the run has {_listed(self.periods['period'])}")
        start_s, end_s = (float(chosen[name].iloc[0]) for name in ("start_s", "end_s"))
        frames, positions, ball = (
            table[table["time_s"].between(start_s, end_s, inclusive="left")]
            for table in (self.frames, self.positions, self.ball)
        )
        return replace(self, frames=frames, positions=positions, periods=chosen, ball=ball)

    def of(self, members: list[int]) -> pd.DataFrame:
        """Take the positions of some players, as filmed."""
        rows: pd.DataFrame = self.positions[self.positions["player_id"].isin(members)]
        return rows

    def attacking(self, members: list[int], team: str) -> pd.DataFrame:
        """Take the positions of some players of a team, turned so that it attacks the right basket.

        Times in which the direction is not known are left out.
        """
        rows = self.of(members)
        direction = self._direction(rows["time_s"].to_numpy(np.float64), team)
        place = rows[["x_m", "y_m"]].to_numpy(np.float64)
        place = np.where(direction[:, None] > 0, place, turned(self.court, place))
        ahead: pd.DataFrame = rows.assign(x_m=place[:, 0], y_m=place[:, 1])[direction != 0]
        return ahead

    def seen(self, points_m: Floats, team: str | None = None) -> Mask:
        """Say which places (n, 2) of the floor were ever in view.

        Args:
            points_m: places as filmed, or, where a team is named, as if it attacked the right basket.
            team: None as filmed.
        """
        right, left, unknown = self._views
        mask = right | left | unknown if team is None else self._ahead(right, left, team)
        rows, columns = mask.shape
        column, row = np.rint((points_m - self._corner_m) / VIEW_CELL_M - 0.5).astype(np.int64).T
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        return np.asarray(inside & mask[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)])

    def _ahead(self, right: Mask, left: Mask, team: str) -> Mask:
        """Join what was in view while a team attacked either basket, turned; the floor's grid is symmetric."""
        as_filmed, flipped = (right, left) if team == "A" or self.court.baskets == 1 else (left, right)
        return as_filmed | flipped[::-1, ::-1]

    @cached_property
    def _views(self) -> tuple[Mask, Mask, Mask]:
        """Squares (rows, columns) of the floor in view while team A attacked the right basket, the left one, and else."""
        low, size = self._corner_m, np.array([self.court.length_m, self.court.width_m])
        count = np.rint((size - 2 * low) / VIEW_CELL_M).astype(int)
        x, y = (low[k] + VIEW_CELL_M * (np.arange(count[k]) + 0.5) for k in (0, 1))
        places = np.stack(np.meshgrid(x, y), axis=-1)  # (rows, columns, 2)
        homographies = self._sampled_homographies()
        direction = self._direction(homographies["time_s"].to_numpy(np.float64), "A")
        found = [
            self._in_view(homographies[direction == s], places.reshape(-1, 2)).reshape(len(y), len(x))
            for s in (1, -1, 0)
        ]
        return found[0], found[1], found[2]

    @property
    def _corner_m(self) -> Floats:
        """Where the grid of the floor begins (2,): it has whole squares and lies symmetric about the court's centre."""
        size = np.array([self.court.length_m, self.court.width_m])
        squares = np.ceil((size + 2 * VIEW_MARGIN_M) / VIEW_CELL_M)
        corner: Floats = (size - squares * VIEW_CELL_M) / 2
        return corner

    def _direction(self, time_s: Floats, team: str) -> NDArray[np.int8]:
        """Say which basket a team attacks at each time (n,); on a court with one it is the left one."""
        if self.court.baskets == 1:
            return np.full(len(time_s), -1, np.int8)
        return attack_side(time_s, self.periods, team)

    def _sampled_homographies(self) -> pd.DataFrame:
        """Take homographies of frames about a second apart, or one of a fixed camera in each period."""
        registered = self.frames[["frame", "time_s"]].merge(self.registration.table, on="frame")
        if self.registration.fixed:
            first = np.searchsorted(registered["time_s"], self.periods["start_s"])
            return registered.iloc[np.unique([0, *first[first < len(registered)]])]
        step = np.floor(registered["time_s"] / VIEW_EVERY_S)
        homographies: pd.DataFrame = registered[step.diff().fillna(1.0) != 0]
        return homographies

    def _in_view(self, homographies: pd.DataFrame, points_m: Floats) -> Mask:
        """Say which places (n, 2) lie in the picture of any of these frames."""
        found = np.zeros(len(points_m), bool)
        places = np.column_stack([points_m, np.ones(len(points_m))])  # (n, 3)
        width, height = self.registration.image_size_px
        matrices = np.linalg.inv(homographies[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3))
        for start in range(0, len(matrices), _FRAMES_AT_ONCE):
            homogeneous = np.einsum("fij,nj->fni", matrices[start : start + _FRAMES_AT_ONCE], places[~found]).reshape(
                -1, 3
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                flat = np.where(homogeneous[:, 2:] > 0, homogeneous[:, :2] / homogeneous[:, 2:], np.nan)
                u, v = self.registration.lens.distort(flat).T
                inside = (u >= 0) & (u <= width) & (v >= 0) & (v <= height)
            found[~found] = inside.reshape(-1, int((~found).sum())).any(axis=0)
        return found


def _listed(values: pd.Series[int]) -> str:
    """List numbers for a message."""
    return ", ".join(str(value) for value in values) or "none"
