"""The stage `statistics`: periods, and what every player and team did in the game and in each of them."""

from __future__ import annotations

from pipeline.run.stages.counted_tracks import counted_tracks
from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def compute_statistics(context: StageContext) -> StageOutput:
    """Add up seconds and metres."""
    from pipeline.understand import statistics
    from pipeline.understand.game_clock import is_running
    from pipeline.understand.scoreboard import period_starts_s

    tables, settings = context.tables, context.settings.stats
    if not settings.periods:
        settings = settings.model_copy(update={"periods": period_starts_s(tables["clock"], tables["frames"])})
    found = statistics.compute_statistics(
        TrackedGame.of(tables["frames"], tables["detections"], tracks=counted_tracks(context)),
        tables["identities"],
        tables["tracklets"],
        tables["players"],
        tables["positions"],
        is_running(tables["clock"], tables["frames"]),
        context.registration.court,
        settings,
        context.memory,
    )
    return StageOutput(found.tables())


STATISTICS_STAGE = Stage(
    "statistics",
    needs=(
        "frames",
        "detections",
        "tracks",
        "identities",
        "tracklets",
        "players",
        "shots",
        "positions",
        "court",
        "clock",
    ),
    gives=("periods", "player_stats", "player_periods", "efforts", "team_stats", "team_periods"),
    function=compute_statistics,
    settings=("stats",),
)
