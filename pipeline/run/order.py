"""The order of the stages behind perception."""

from __future__ import annotations

from pipeline.errors import SettingsError
from pipeline.run.stages.ball_play import BALL_EVENTS_STAGE, BALL_STAGE
from pipeline.run.stages.court import COURT_STAGE
from pipeline.run.stages.identity import IDENTITY_STAGE
from pipeline.run.stages.location import LOCATION_STAGE
from pipeline.run.stages.scoreboard import SCOREBOARD_STAGE
from pipeline.run.stages.shots import SHOTS_STAGE
from pipeline.run.stages.splitting import SPLITTING_STAGE
from pipeline.run.stages.stage import InputName, Stage
from pipeline.run.stages.statistics import STATISTICS_STAGE
from pipeline.run.stages.team_play.lineups import LINEUPS_STAGE
from pipeline.run.stages.team_play.tactics import TACTICS_STAGE
from pipeline.run.stages.tracking import TRACKING_STAGE
from pipeline.tables import TableName

PERCEIVED: tuple[TableName, ...] = ("frames", "detections", "number_reads", "court_points", "scoreboard_texts")
"""The tables of perception; the embeddings lie beside them."""
UNDERSTAND: tuple[Stage, ...] = (
    COURT_STAGE,
    TRACKING_STAGE,
    SPLITTING_STAGE,
    IDENTITY_STAGE,
    SHOTS_STAGE,
    SCOREBOARD_STAGE,
    LOCATION_STAGE,
    STATISTICS_STAGE,
    LINEUPS_STAGE,
    BALL_STAGE,
    BALL_EVENTS_STAGE,
    TACTICS_STAGE,
)
STAGE_NAMES = ("perceive", *(stage.name for stage in UNDERSTAND), "present")


def check_chain(
    stages: tuple[Stage, ...] = UNDERSTAND, given: tuple[InputName, ...] = (*PERCEIVED, "embeddings")
) -> None:
    """Check, before a frame is decoded, that every stage finds what it needs.

    Raises:
        SettingsError: a stage needs a table that no stage before it gives.
    """
    available: set[InputName] = set(given)
    for stage in stages:
        missing = [name for name in stage.needs if name not in available]
        if missing:
            raise SettingsError(f"the stage '{stage.name}' needs {missing}, which no stage before it gives")
        available |= set(stage.gives)
