"""The stage `tactics`: phases of offence and defence, spacing, who guards whom."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput


def compute_tactics(context: StageContext) -> StageOutput:
    """Find what the teams do."""
    from pipeline.understand.tactics import TacticsInput, find_tactics

    tables = context.tables
    game = TacticsInput(
        tables["players"],
        tables["positions"],
        tables["periods"],
        tables["play"],
        tables["stints"],
        tables["ball"],
        tables["possessions"],
    )
    return StageOutput(find_tactics(game, context.registration.court))


TACTICS_STAGE = Stage(
    "tactics",
    needs=("detections", "players", "positions", "periods", "court", "play", "stints", "ball", "possessions"),
    gives=("phases", "guards", "matchups", "team_tactics"),
    function=compute_tactics,
)
