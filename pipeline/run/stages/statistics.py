"""The stage `statistics`: periods, and what every player and team did in the game and in each of them."""

from __future__ import annotations

from pipeline.run.stages.counted_tracks import counted_tracks
from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.statistics import gathered, team_stats
from pipeline.understand.statistics import player_stats as stats


def compute_statistics(context: StageContext) -> StageOutput:
    """Add up seconds and metres."""
    tables, court_model, settings = context.tables, context.registration.court, context.settings.stats
    game = gathered.gather(
        tables["frames"],
        tables["detections"],
        counted_tracks(context),
        tables["identities"],
        tables["tracklets"],
        tables["players"],
        tables["positions"],
        court_model,
        settings,
    )
    return StageOutput(
        {
            "periods": game.periods,
            "player_stats": stats.player_stats(game, court_model, settings),
            "player_periods": stats.player_periods(game, court_model, settings),
            "team_stats": team_stats.team_stats(game, court_model),
            "team_periods": team_stats.team_periods(game, court_model),
        }
    )


STATISTICS_STAGE = Stage(
    "statistics",
    needs=("frames", "detections", "tracks", "identities", "tracklets", "players", "shots", "positions", "court"),
    gives=("periods", "player_stats", "player_periods", "team_stats", "team_periods"),
    function=compute_statistics,
    settings=("stats",),
)
