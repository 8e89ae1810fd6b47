"""What a finished run hands to `present`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.present.labels import Person, people
from pipeline.present.on_court import OnCourt
from pipeline.present.palette import Color, player_colors
from pipeline.understand.court import CourtRegistration
from pipeline.video import VideoInfo


@dataclass(frozen=True)
class Results:
    """The tables of a run, and the facts that the report shows."""

    video: VideoInfo
    settings: Settings
    start_s: float
    """First analysed second of the video."""
    end_s: float | None
    """First second no longer analysed; None: to the end."""
    frames: pd.DataFrame
    detections: pd.DataFrame
    tracks: pd.DataFrame
    identities: pd.DataFrame
    players: pd.DataFrame
    tracklets: pd.DataFrame
    player_evidence: pd.DataFrame
    number_votes: pd.DataFrame
    shots: pd.DataFrame
    positions: pd.DataFrame
    periods: pd.DataFrame
    player_stats: pd.DataFrame
    player_periods: pd.DataFrame
    efforts: pd.DataFrame
    team_stats: pd.DataFrame
    team_periods: pd.DataFrame
    clock: pd.DataFrame
    play: pd.DataFrame
    lineups: pd.DataFrame
    stints: pd.DataFrame
    pairs: pd.DataFrame
    fives: pd.DataFrame
    events: pd.DataFrame
    ball: pd.DataFrame
    touches: pd.DataFrame
    possessions: pd.DataFrame
    ball_events: pd.DataFrame
    box_score: pd.DataFrame
    shot_zones: pd.DataFrame
    phases: pd.DataFrame
    guards: pd.DataFrame
    matchups: pd.DataFrame
    team_tactics: pd.DataFrame
    embeddings: NDArray[np.float16]
    """(n, dim), row i of detection i; NaN rows unless a person; may be a memory map."""
    registration: CourtRegistration | None
    """None without a calibration: nothing is in metres then."""
    has_pixels: bool = True
    """False for a game given as tables: `video` then says the size of the picture, and cannot be read."""
    laid_out: Mapping[str, Any] = field(default_factory=dict)
    """The embedding map of the report before, as `EmbeddingMap.facts` gives it."""
    title: str = ""
    """What the game is called, as its folder is; empty where it has no name."""
    warnings: tuple[str, ...] = ()
    """Plain words, most important first."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the report shows: 'versions', 'seconds' (per stage), 'weights' and further facts of the run;
    values are text, numbers or mappings of these."""

    @cached_property
    def persons(self) -> list[Person]:
        """Everybody, in the order in which people are listed."""
        return people(self.players)

    @cached_property
    def colors(self) -> dict[int, Color]:
        """The drawing colour of everybody, by id."""
        return player_colors(self.players)

    @cached_property
    def time_of(self) -> dict[int, float]:
        """Second of the video of each frame."""
        return dict(zip(self.frames["frame"].tolist(), self.frames["time_s"].tolist(), strict=True))

    @property
    def on_court(self) -> OnCourt | None:
        """What is in metres; None without a registration."""
        if self.registration is None or not self.has_metres:
            return None
        return OnCourt(
            *(self.frames, self.players, self.positions, self.periods, self.registration),
            self.settings.stats.max_gap_s,
            self.ball,
        )

    @property
    def has_metres(self) -> bool:
        """Whether any frame has a place on the court."""
        return self.registration is not None and len(self.registration.table) > 0
