"""The stage `tracking`: detections -> tracklets."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.court import registration as court
from pipeline.understand.tracking import stage as track
from pipeline.understand.tracking.court_kalman import Feet


def track_people(context: StageContext) -> StageOutput:
    """Link the boxes of people on the court."""
    frames, detections, settings = context.tables["frames"], context.tables["detections"], context.settings.track
    on_court = court.on_court(detections, context.registration, context.settings.court.margin_m)
    feet = Feet(context.feet_m, court.foot_spread(detections, context.registration))
    linked = track.track(frames, detections, context.embeddings, on_court, settings, context.image_size_px, feet)
    return StageOutput({"raw_tracks": linked})


TRACKING_STAGE = Stage(
    "tracking",
    needs=("frames", "detections", "embeddings", "court"),
    gives=("raw_tracks",),
    function=track_people,
    settings=("track", "court"),
)
