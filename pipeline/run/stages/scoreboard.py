"""The stage `scoreboard`: words on the scoreboard -> period, clocks and score."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput


def read_scoreboard(context: StageContext) -> StageOutput:
    """Say what the scoreboard shows in each frame."""
    from pipeline.understand import scoreboard

    return StageOutput({"clock": scoreboard.read_clock(context.tables["scoreboard_texts"], context.tables["frames"])})


SCOREBOARD_STAGE = Stage(
    "scoreboard",
    needs=("frames", "scoreboard_texts"),
    gives=("clock",),
    function=read_scoreboard,
)
