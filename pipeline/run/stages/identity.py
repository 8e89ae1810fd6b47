"""The stage `identity`: tracklets -> players, with roles, teams, numbers and confidence."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def identify_players(context: StageContext) -> StageOutput:
    """Group tracklets into people and say who they are."""
    from pipeline.understand.identity import identify

    tables = context.tables
    found = identify(
        TrackedGame.of(
            tables["frames"], tables["detections"], context.embeddings, context.feet_m, tables["split_tracks"]
        ),
        context.registration.court,
        context.settings.identify,
        number_reads=tables["number_reads"],
        roster=None if context.roster is None else pd.DataFrame([asdict(entry) for entry in context.roster]),
        corrections=context.corrections,
        former_ids=context.former,
        memory=context.memory,
    )
    return StageOutput(
        {
            "tracks": found.tracks,
            "identities": found.identities,
            "players": found.players,
            "tracklets": found.tracklets,
            "player_evidence": found.player_evidence,
            "number_votes": found.number_votes,
            "player_ids": found.player_ids,
        },
        {"warnings": list(found.warnings)},
    )


IDENTITY_STAGE = Stage(
    "identity",
    needs=("frames", "detections", "embeddings", "number_reads", "split_tracks", "court"),
    gives=("tracks", "identities", "players", "tracklets", "player_evidence", "number_votes", "player_ids"),
    goes_on_from=("player_ids", "former_player_ids"),
    function=identify_players,
    settings=("identify",),
    files=("roster", "corrections"),
)
