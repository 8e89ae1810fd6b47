"""What a run has made so far, and what of it each stage may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.corrections import Correction
from pipeline.geometry.calibration import Calibration
from pipeline.roster import RosterEntry
from pipeline.run.given import NO_CODEC
from pipeline.run.job import Job
from pipeline.run.order import UNDERSTAND
from pipeline.run.stages.stage import BoxesOnCourt, Stage, StageContext, StageOutput, registration_of
from pipeline.tables import TableName
from pipeline.understand.memory import Memory
from pipeline.video import VideoInfo

if TYPE_CHECKING:
    from pipeline.present.results import Results
    from pipeline.understand.court import CourtRegistration

RESULT_TABLES: tuple[TableName, ...] = (
    *("frames", "detections", "tracks", "identities", "players", "tracklets", "player_evidence", "number_votes"),
    *("shots", "positions", "periods", "player_stats", "player_periods", "efforts", "team_stats", "team_periods"),
    *("clock", "play", "lineups", "stints", "pairs", "fives", "events"),
    *("ball", "touches", "possessions", "ball_events", "box_score"),
    *("shot_zones", "phases", "guards", "matchups", "team_tactics"),
)


@dataclass
class RunContext:
    """The job, its video and its given files, and the tables made so far."""

    job: Job
    video: VideoInfo
    calibration: Calibration | None = None
    roster: tuple[RosterEntry, ...] | None = None
    corrections: tuple[Correction, ...] = ()
    input_sha256: str = ""
    """Hash of the video, or of the tables in place of one."""
    weights_sha256: dict[str, str] = field(default_factory=dict)
    """Hashes of the weights that perceived it, by network."""
    video_is_there: bool = True
    """Whether the video can be read, if the game has one."""
    perceives: bool = True
    """Whether a video that was perceived otherwise is perceived again."""
    tables: dict[TableName, pd.DataFrame] = field(default_factory=dict)
    embeddings: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 1), dtype=np.float16))
    """(n, dim), row i of detection i; a memory map."""
    former: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    """What a stage goes on from, by stage."""
    memories: dict[str, Memory] | None = None
    """What each stage computed of the game before, where it is corrected again and again."""
    marks: dict[str, str] = field(default_factory=dict)
    """Fingerprint of each stage so far."""
    content: dict[str, Any] = field(default_factory=dict)
    """Size and hash of each file that the stages so far have left, by name."""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a stage found out that is no table, by stage; plain data."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.job.settings

    @property
    def has_pixels(self) -> bool:
        """Say whether the game has a video, not tables in place of one."""
        return self.video.codec != NO_CODEC

    @property
    def has_pictures(self) -> bool:
        """Say whether the game has a video that can be read."""
        return self.has_pixels and self.video_is_there

    @property
    def image_size_px(self) -> tuple[int, int]:
        """Width, height of the picture as displayed."""
        return self.video.width_px, self.video.height_px

    @cached_property
    def registration(self) -> CourtRegistration:
        """The table `court` with what lies beside it; to be asked for once the court was looked for."""
        graphics_px = self.facts.get("perceive", {}).get("graphics_px", ())
        return registration_of(self.tables["court"], self.facts["court"], self.image_size_px, graphics_px)

    @cached_property
    def on_court(self) -> BoxesOnCourt:
        """Where the boxes stand on the court; likewise."""
        return BoxesOnCourt(self.tables["detections"], self.registration)

    @property
    def feet_m(self) -> NDArray[np.float64]:
        """Foot points (n, 2) of the detections, m; NaN where unknown."""
        return self.on_court.feet_m

    def inputs_of(self, stage: Stage) -> StageContext:
        """Return what a stage declares, and nothing else."""
        return StageContext(
            stage,
            self.tables,
            self.settings,
            self.image_size_px,
            embeddings=self.embeddings,
            on_court=self.on_court if "court" in stage.needs else None,
            files={"calibration": self.calibration, "roster": self.roster, "corrections": self.corrections},
            former=self.former.get(stage.name),
            memory=None if self.memories is None else self.memories.setdefault(stage.name, Memory()),
        )

    def output_of(self, stage: Stage) -> StageOutput:
        """Run a stage on what it declares."""
        return stage.function(self.inputs_of(stage))

    def complete(self, start: str, end: str | None = None) -> RunContext:
        """Run the stages from `start` to `end` (None: the last) again, and keep their tables here.

        Returns:
            The context itself.
        """
        names = [stage.name for stage in UNDERSTAND]
        stop = len(names) if end is None else names.index(end) + 1
        for stage in UNDERSTAND[names.index(start) : stop]:
            self.tables |= self.output_of(stage).tables
        return self

    def results(self, warnings: tuple[str, ...] = (), facts: Mapping[str, Any] | None = None) -> Results:
        """Bundle the tables for `present`.

        Args:
            warnings: in plain words, most important first.
            facts: what else the report shows.
        """
        from pipeline.present.jerseys import with_jersey_colors
        from pipeline.present.results import Results

        tables = {name: self.tables[name] for name in RESULT_TABLES}
        before = self.facts.get("present", {})
        colors = before.get("jersey_colors", {})
        return Results(
            video=self.video,
            settings=self.settings,
            start_s=self.job.start_s,
            end_s=self.job.end_s,
            **(tables | {"players": with_jersey_colors(tables["players"], colors)}),
            embeddings=self.embeddings,
            registration=self.registration if self.calibration is not None or len(self.tables["court"]) else None,
            has_pixels=self.has_pictures,
            title=self.job.directory.absolute().name,
            warnings=warnings,
            facts=facts or {},
            laid_out=before.get("laid_out", {}),
        )
