"""Bounds on the number of players from a roster that lists everybody."""

from __future__ import annotations

import pandas as pd

from pipeline.config import IdentifySettings
from pipeline.geometry.court import Court
from pipeline.understand.features.teams import TEAMS


def is_complete(roster: pd.DataFrame | None, court: Court) -> bool:
    """Tell whether a roster lists two teams, both able to play: then nobody else can be there.

    Example:
        >>> from pipeline.geometry.court import COURTS
        >>> home, guests = pd.DataFrame({"team": ["Home"] * 4}), pd.DataFrame({"team": ["Guests"] * 3})
        >>> both = pd.concat([home, guests])
        >>> [is_complete(roster, COURTS["3x3"]) for roster in (None, home, both)], is_complete(both, COURTS["fiba"])
        ([False, False, True], False)
    """
    if roster is None:
        return False
    sizes = roster["team"].value_counts()
    return len(sizes) == len(TEAMS) and bool((sizes >= court.team_size).all()) and bool(roster["team"].notna().all())


def bounded(settings: IdentifySettings, roster: pd.DataFrame) -> IdentifySettings:
    """Bound the number of players by a complete roster."""
    most = min(settings.max_players, len(roster))
    return settings.model_copy(update={"max_players": most, "min_players": min(settings.min_players, most)})


def surplus_warnings(players: pd.DataFrame, roster: pd.DataFrame) -> tuple[str, ...]:
    """Say in plain words where more players were found than a complete roster lists."""
    count = int((players["role"] == "player").sum())
    if count <= len(roster):
        return ()
    return (f"{count} players were found, and the roster lists {len(roster)}: some are one person, or not listed",)
