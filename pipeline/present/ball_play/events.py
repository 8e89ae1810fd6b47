"""The events of clock and line-ups, and those of the ball, in one list."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.tables import BALL_EVENTS, EVENTS, Column

_SAME_BASKET_S = (-0.5, 7.0)
"""The scoreboard shows a basket so long after the shot."""


def all_events(events: pd.DataFrame, ball_events: pd.DataFrame) -> pd.DataFrame:
    """Put both tables together, in order of time; what one of them does not say is unknown.

    Args:
        events: table `events`.
        ball_events: table `ball_events`.
    """
    names = [*EVENTS.names, *(name for name in BALL_EVENTS.names if name not in EVENTS.names)]
    dtypes = {**ball_events.dtypes.to_dict(), **events.dtypes.to_dict()}
    parts = [part.reindex(columns=names).astype(dtypes) for part in (events, ball_events) if len(part)]
    if not parts:
        return events.reindex(columns=names).astype(dtypes)
    return pd.concat(parts, ignore_index=True).sort_values("time_s", kind="stable", ignore_index=True)


def event_columns() -> dict[str, Column]:
    """Say what the columns of `all_events` mean, by name."""
    columns = {column.name: column for column in EVENTS.columns}
    for column in BALL_EVENTS.columns:
        first = columns.setdefault(column.name, column)
        if first.meaning != column.meaning:
            meaning = f"{first.meaning}; of what is done with the ball: {column.meaning}"
            columns[column.name] = replace(first, meaning=meaning)
    return columns


def told_by_a_shot(events: pd.DataFrame) -> pd.Series:
    """Say which events are points of a basket that a sure made shot tells of as well, with who made it.

    Args:
        events: as `all_events` gives them.
    """
    is_made = (events["result"] == "made") & (events["result_status"] == "sure") & (events["status"] == "sure")
    shots = events[is_made & events["kind"].isin(["shot", "free-throw"])]

    def is_told(row: pd.Series) -> bool:
        late_s = row["time_s"] - shots.loc[shots["team"] == row["team"], "latest_s"]
        return bool(row["kind"] == "points" and late_s.between(*_SAME_BASKET_S).any())

    return pd.Series([is_told(row) for _, row in events.iterrows()], index=events.index, dtype=bool)
