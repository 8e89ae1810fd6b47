"""The stage `ball_events`: touches, possessions, passes, turnovers, shots, rebounds, box score."""

from __future__ import annotations

from pipeline.run.stages.stage import TEAMS_OF_PLAYERS, Stage, StageContext, StageOutput


def compute_ball_events(context: StageContext) -> StageOutput:
    """Find what is done with the ball."""
    from pipeline.understand.ball_events import BallTables, find_ball_events

    tables = context.tables
    game = BallTables(
        tables["frames"],
        tables["players"],
        tables["positions"],
        tables["play"],
        tables["stints"],
        tables["clock"],
        tables["events"],
    )
    court = context.registration.court
    return StageOutput(find_ball_events(tables["ball"], tables["flights"], game, court))


BALL_EVENTS_STAGE = Stage(
    "ball_events",
    needs=(
        *("frames", "detections", "players", "positions", "court", "ball", "flights"),
        *("play", "stints", "clock", "events"),
    ),
    gives=("touches", "possessions", "ball_events", "box_score", "shot_zones"),
    function=compute_ball_events,
    columns=TEAMS_OF_PLAYERS,
)
