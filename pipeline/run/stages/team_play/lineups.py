"""The stage `lineups`: who is on the floor, substitutions, stints, and live time."""

from __future__ import annotations

from pipeline.run.stages.stage import TEAMS_OF_PLAYERS, Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def compute_lineups(context: StageContext) -> StageOutput:
    """Find who is on the floor when."""
    from pipeline.understand import lineups
    from pipeline.understand.location import off_court
    from pipeline.understand.shots import kinds_of_frames, live_tracks

    tables = context.tables
    game = TrackedGame.of(tables["frames"], tables["detections"], feet_m=context.feet_m, tracks=tables["tracks"])
    found = lineups.find_lineups(
        game.with_tracks(live_tracks(game, tables["shots"])),
        kinds_of_frames(tables["frames"], tables["shots"]) == "game",
        tables["frames"]["frame"].isin(tables["court"]["frame"]).to_numpy(),
        off_court(context.feet_m, context.registration.court),
        tables["identities"],
        tables["players"],
        tables["positions"],
        tables["clock"],
        tables["periods"],
        context.registration.court,
    )
    return StageOutput(found.tables())


LINEUPS_STAGE = Stage(
    "lineups",
    needs=(
        "frames",
        "detections",
        "tracks",
        "identities",
        "players",
        "shots",
        "positions",
        "court",
        "clock",
        "periods",
    ),
    gives=("play", "lineups", "stints", "pairs", "fives", "events"),
    function=compute_lineups,
    columns=TEAMS_OF_PLAYERS,
)
