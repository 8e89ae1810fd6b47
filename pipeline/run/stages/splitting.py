"""The stage `splitting`: tracklets -> tracklets of one person each, linked over short gaps."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def split_tracklets(context: StageContext) -> StageOutput:
    """Split, link over gaps, and split again."""
    from pipeline.understand import splitting

    tables, settings = context.tables, context.settings
    game = TrackedGame.of(
        tables["frames"], tables["detections"], context.embeddings, context.feet_m, tables["raw_tracks"]
    )
    tracks = splitting.split_tracklets(game, settings.track, settings.identify)
    return StageOutput({"split_tracks": tracks})


SPLITTING_STAGE = Stage(
    "splitting",
    needs=("frames", "detections", "embeddings", "raw_tracks", "court"),
    gives=("split_tracks",),
    function=split_tracklets,
    settings=("track", "identify"),
)
