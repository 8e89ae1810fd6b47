"""The stage `tracking`: detections -> tracklets."""

from __future__ import annotations

from pipeline.run.stages.stage import Stage, StageContext, StageOutput
from pipeline.understand.game import TrackedGame


def track_people(context: StageContext) -> StageOutput:
    """Link the boxes of people on the court."""
    from pipeline.understand.tracking import track

    frames, detections, settings = context.tables["frames"], context.tables["detections"], context.settings
    game = TrackedGame.of(frames, detections, context.embeddings, context.feet_m)
    on_court = context.registration.on_court(detections, settings.court.margin_m)
    foot_covariance_m2 = context.registration.foot_covariance_m2(detections)
    linked = track(game, on_court, settings.track, context.image_size_px, foot_covariance_m2)
    return StageOutput({"raw_tracks": linked})


TRACKING_STAGE = Stage(
    "tracking",
    needs=("frames", "detections", "embeddings", "court"),
    gives=("raw_tracks",),
    function=track_people,
    settings=("track", "court"),
)
