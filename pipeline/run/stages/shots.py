"""The stage `shots`: which camera shots show the game, and which a close-up or a replay."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.tables import TableName
from pipeline.understand.shots import stage as shot_kinds


def classify_shots(context: StageContext) -> StageOutput:
    """Name the kind of every shot."""
    names: tuple[TableName, ...] = ("frames", "detections", "tracks", "identities", "court")
    return StageOutput({"shots": shot_kinds.shot_kinds(*(context.tables[name] for name in names))})


SHOTS_STAGE = Stage(
    "shots",
    needs=("frames", "detections", "tracks", "identities", "court"),
    gives=("shots",),
    function=classify_shots,
)
