"""The stage `splitting`: tracklets -> tracklets of one person each, linked over short gaps."""

from __future__ import annotations

import pandas as pd

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand import identity as identify
from pipeline.understand.splitting import gap_linking as stitch


def split_tracklets(context: StageContext) -> StageOutput:
    """Split, link over gaps, split again, then split where a person said so."""
    frames, detections, settings = context.tables["frames"], context.tables["detections"], context.settings

    def cut(tracks: pd.DataFrame) -> pd.DataFrame:
        return identify.make_pure(frames, detections, context.embeddings, tracks, context.feet_m, settings.identify)

    joined = stitch.stitch(frames, detections, context.embeddings, cut(context.tables["raw_tracks"]), settings.track)
    return StageOutput({"split_tracks": identify.split_as_wished(frames, detections, cut(joined), context.corrections)})


SPLITTING_STAGE = Stage(
    "splitting",
    needs=("frames", "detections", "embeddings", "raw_tracks", "court"),
    gives=("split_tracks",),
    function=split_tracklets,
    settings=("track", "identify"),
    files=("corrections",),
)
