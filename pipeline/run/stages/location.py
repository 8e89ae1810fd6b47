"""The stage `location`: where everybody is on the court, in metres."""

from __future__ import annotations

from pipeline.run.stages.counted_tracks import counted_tracks
from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.location import stage as locate


def locate_players(context: StageContext) -> StageOutput:
    """Smooth the positions of everybody who counts."""
    tables = context.tables
    return StageOutput(
        {
            "positions": locate.locate(
                tables["frames"],
                tables["detections"],
                counted_tracks(context),
                tables["identities"],
                context.feet_m,
                context.settings.stats,
            )
        }
    )


LOCATION_STAGE = Stage(
    "location",
    needs=("frames", "detections", "tracks", "identities", "players", "shots", "court"),
    gives=("positions",),
    function=locate_players,
    settings=("stats",),
)
