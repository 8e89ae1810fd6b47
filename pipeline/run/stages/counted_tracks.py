"""The tracked boxes that count in seconds and metres."""

from __future__ import annotations

import pandas as pd

from pipeline.run.stages.stage import StageContext
from pipeline.understand.location import lineup
from pipeline.understand.shots import stage as shot_kinds


def counted_tracks(context: StageContext) -> pd.DataFrame:
    """Return the rows of `tracks` that count: those of shots of the game, and of who is on court."""
    tables, absence_s = context.tables, context.settings.stats.max_absence_s
    shown = shot_kinds.of_the_game(tables["frames"], tables["detections"], tables["tracks"], tables["shots"])
    people = (tables["identities"], tables["players"])
    court_model = context.registration.court
    return lineup.of_the_lineup(
        tables["frames"], tables["detections"], shown, *people, context.feet_m, court_model, absence_s
    )
