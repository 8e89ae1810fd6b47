"""The tracked boxes that count in seconds and metres."""

from __future__ import annotations

import pandas as pd

from pipeline.run.stages.stage import StageContext
from pipeline.understand.game import TrackedGame


def counted_tracks(context: StageContext) -> pd.DataFrame:
    """Return the rows of `tracks` that count: those of shots of the game, and of who is on court."""
    from pipeline.understand.location import lineup_tracks
    from pipeline.understand.shots import live_tracks

    tables = context.tables
    game = TrackedGame.of(tables["frames"], tables["detections"], feet_m=context.feet_m, tracks=tables["tracks"])
    return lineup_tracks(
        game.with_tracks(live_tracks(game, tables["shots"])),
        tables["identities"],
        tables["players"],
        context.registration.court,
        context.settings.stats.max_absence_s,
    )
