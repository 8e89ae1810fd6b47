"""The stages behind perception, as data: what each needs, gives, and depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.corrections import Correction
from pipeline.errors import SettingsError
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from pipeline.roster import RosterEntry
from pipeline.run.job import Job
from pipeline.tables import TableName
from pipeline.understand.court import CourtRegistration, register_court
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify
from pipeline.understand.location import lineup_tracks, locate
from pipeline.understand.shots import classify_shots, live_tracks
from pipeline.understand.splitting import split_tracklets
from pipeline.understand.statistics import compute_statistics
from pipeline.understand.tracking import track
from pipeline.video import VideoInfo


@dataclass
class RunContext:
    """What lies ready for the stages: the job, its video, and the tables made so far."""

    job: Job
    video: VideoInfo
    calibration: Calibration | None
    roster: tuple[RosterEntry, ...] | None
    corrections: tuple[Correction, ...] = ()
    tables: dict[TableName, pd.DataFrame] = field(default_factory=dict)
    embeddings: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 1), dtype=np.float16))
    """(n, dim), row i of detection i; a memory map."""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a stage found out that is no table, by stage; plain data."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.job.settings

    @property
    def image_size_px(self) -> tuple[int, int]:
        """Width, height of the picture as displayed."""
        return self.video.width_px, self.video.height_px

    @cached_property
    def registration(self) -> CourtRegistration:
        """The table `court` with what lies beside it."""
        found = self.facts["court"]
        lens = Lens(tuple(found["lens"]["center_px"]), found["lens"]["scale_px"], found["lens"]["lam"])
        return CourtRegistration(
            self.tables["court"],
            lens,
            COURTS[found["court"]],
            self.image_size_px,
            found["fixed"],
            tuple(found["warnings"]),
        )

    @cached_property
    def feet_m(self) -> NDArray[np.float64]:
        """(n, 2) metres per detection; NaN where unknown."""
        return self.registration.feet_m(self.tables["detections"])

    def counted_tracks(self) -> pd.DataFrame:
        """The rows of `tracks` that count in seconds and metres: those of shots of the game, and of who is on court."""
        tables = self.tables
        game = TrackedGame.of(tables["frames"], tables["detections"], feet_m=self.feet_m, tracks=tables["tracks"])
        return lineup_tracks(
            game.with_tracks(live_tracks(game, tables["shots"])),
            tables["identities"],
            tables["players"],
            self.registration.court,
            self.settings.stats.max_absence_s,
        )


@dataclass(frozen=True)
class Output:
    """What a stage gives."""

    tables: Mapping[TableName, pd.DataFrame]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One step of understanding."""

    name: str
    needs: tuple[TableName, ...]
    gives: tuple[TableName, ...]
    function: Callable[[RunContext], Output]
    settings: tuple[str, ...]
    """The sections of the settings that the result depends on, besides those of the stages before."""
    files: Callable[[Job], tuple[Path | None, ...]] = lambda _: ()
    """Files that the result depends on."""
    code: tuple[str, ...] = ()
    """Folders and files of the package whose code makes the result."""


def _court(context: RunContext) -> Output:
    tables = (context.tables["frames"], context.tables["court_points"], context.tables["detections"])
    found = register_court(*tables, context.calibration, context.image_size_px, context.settings.court)
    lens = {"center_px": list(found.lens.center_px), "scale_px": found.lens.scale_px, "lam": found.lens.lam}
    facts = {"lens": lens, "court": found.court.name, "fixed": found.fixed, "warnings": list(found.warnings)}
    return Output({"court": found.table}, facts)


def _track(context: RunContext) -> Output:
    frames, detections, settings = context.tables["frames"], context.tables["detections"], context.settings
    game = TrackedGame.of(frames, detections, context.embeddings, context.feet_m)
    on_court = context.registration.on_court(detections, settings.court.margin_m)
    foot_covariance_m2 = context.registration.foot_covariance_m2(detections)
    return Output({"raw_tracks": track(game, on_court, settings.track, context.image_size_px, foot_covariance_m2)})


def _purify(context: RunContext) -> Output:
    tables, settings = context.tables, context.settings
    game = TrackedGame.of(
        tables["frames"], tables["detections"], context.embeddings, context.feet_m, tables["raw_tracks"]
    )
    return Output({"split_tracks": split_tracklets(game, settings.track, settings.identify, context.corrections)})


def _identify(context: RunContext) -> Output:
    given = context.tables
    game = TrackedGame.of(
        given["frames"], given["detections"], context.embeddings, context.feet_m, given["split_tracks"]
    )
    found = identify(
        game,
        context.registration.court,
        context.settings.identify,
        number_reads=given["number_reads"],
        roster=None if context.roster is None else pd.DataFrame([asdict(entry) for entry in context.roster]),
        corrections=context.corrections,
    )
    tables: Mapping[TableName, pd.DataFrame] = {
        "tracks": found.tracks,
        "identities": found.identities,
        "players": found.players,
        "tracklets": found.tracklets,
        "player_evidence": found.player_evidence,
        "number_votes": found.number_votes,
    }
    return Output(tables, {"warnings": list(found.warnings)})


def _shots(context: RunContext) -> Output:
    tables = context.tables
    game = TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["tracks"])
    return Output({"shots": classify_shots(game, tables["identities"], tables["court"])})


def _locate(context: RunContext) -> Output:
    tables = context.tables
    game = TrackedGame.of(
        tables["frames"], tables["detections"], feet_m=context.feet_m, tracks=context.counted_tracks()
    )
    return Output({"positions": locate(game, tables["identities"], context.settings.stats)})


def _stats(context: RunContext) -> Output:
    tables = context.tables
    found = compute_statistics(
        TrackedGame.of(tables["frames"], tables["detections"], tracks=context.counted_tracks()),
        tables["identities"],
        tables["tracklets"],
        tables["players"],
        tables["positions"],
        context.registration.court,
        context.settings.stats,
    )
    return Output(found.tables())


GIVEN_BY_PERCEIVE: tuple[TableName, ...] = ("frames", "detections", "number_reads", "court_points")
UNDERSTAND: tuple[Stage, ...] = (
    Stage(
        "court",
        needs=("frames", "detections", "court_points"),
        gives=("court",),
        function=_court,
        settings=("court",),
        files=lambda job: (job.calibration,),
        code=(
            "geometry",
            *(f"understand/{name}.py" for name in ("court", "carry", "automatic", "court_gate", "sightings", "shots")),
        ),
    ),
    Stage(
        "track",
        needs=("frames", "detections", "court"),
        gives=("raw_tracks",),
        function=_track,
        settings=("track",),
        code=tuple(
            f"understand/{name}.py"
            for name in ("track", "association", "appearance", "camera", "kalman", "court_motion", "overlap")
        ),
    ),
    Stage(
        "purify",
        needs=("frames", "detections", "raw_tracks", "court"),
        gives=("split_tracks",),
        function=_purify,
        settings=("track", "identify"),
        files=lambda job: (job.corrections,),
        code=(
            "understand/identify",
            *(f"understand/{name}.py" for name in ("stitch", "ends", "camera", "kits", "appearance", "numbers")),
        ),
    ),
    Stage(
        "identify",
        needs=("frames", "detections", "number_reads", "split_tracks", "court"),
        gives=("tracks", "identities", "players", "tracklets", "player_evidence", "number_votes"),
        function=_identify,
        settings=("identify",),
        files=lambda job: (job.roster, job.corrections),
        code=("understand/identify", "understand/numbers.py", "understand/appearance.py", "understand/kits.py"),
    ),
    Stage(
        "shots",
        needs=("frames", "detections", "tracks", "identities", "court"),
        gives=("shots",),
        function=_shots,
        settings=(),
        code=("understand/shot_kinds.py", "understand/replays.py"),
    ),
    Stage(
        "locate",
        needs=("frames", "detections", "tracks", "identities", "players", "shots", "court"),
        gives=("positions",),
        function=_locate,
        settings=("stats",),
        code=("understand/lineup.py", "understand/locate.py", "understand/smoothing.py"),
    ),
    Stage(
        "stats",
        needs=("frames", "detections", "tracks", "identities", "tracklets", "players", "shots", "positions", "court"),
        gives=("periods", "player_stats", "player_periods", "team_stats", "team_periods"),
        function=_stats,
        settings=("stats",),
        code=tuple(
            f"understand/{name}.py"
            for name in ("lineup", "gathered", "play", "periods", "stats", "efforts", "team_stats", "timeline")
        ),
    ),
)


def check_chain(stages: tuple[Stage, ...] = UNDERSTAND, given: tuple[TableName, ...] = GIVEN_BY_PERCEIVE) -> None:
    """Check, before a frame is decoded, that every stage finds its tables.

    Raises:
        SettingsError: a stage needs a table that no stage before it gives.
    """
    there = set(given)
    for stage in stages:
        missing = [name for name in stage.needs if name not in there]
        if missing:
            raise SettingsError(f"the stage '{stage.name}' needs {missing}, which no stage before it gives")
        there |= set(stage.gives)
