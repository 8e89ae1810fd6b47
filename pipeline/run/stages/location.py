"""The stage `location`: where everybody is on the court, in metres."""

from __future__ import annotations

from pipeline.run.stages.counted_tracks import counted_tracks
from pipeline.run.stages.stage import TEAMS_OF_PLAYERS, Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def locate_players(context: StageContext) -> StageOutput:
    """Smooth the positions of everybody who counts."""
    from pipeline.understand.location import locate

    tables = context.tables
    game = TrackedGame.of(tables["frames"], tables["detections"], feet_m=context.feet_m, tracks=counted_tracks(context))
    return StageOutput({"positions": locate(game, tables["identities"], context.settings.stats, context.memory)})


LOCATION_STAGE = Stage(
    "location",
    needs=("frames", "detections", "tracks", "identities", "players", "shots", "court"),
    gives=("positions",),
    function=locate_players,
    settings=("stats",),
    columns=TEAMS_OF_PLAYERS,
)
