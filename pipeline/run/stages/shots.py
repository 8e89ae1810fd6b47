"""The stage `shots`: which camera shots show the game, and which a close-up or a replay."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def classify_shots(context: StageContext) -> StageOutput:
    """Name the kind of every shot."""
    from pipeline.understand import shots

    tables = context.tables
    game = TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["tracks"])
    found = shots.classify_shots(game, tables["identities"], tables["court"], context.memory)
    return StageOutput({"shots": found})


SHOTS_STAGE = Stage(
    "shots",
    needs=("frames", "detections", "tracks", "identities", "court"),
    gives=("shots",),
    function=classify_shots,
)
