"""The stage `court`: court points, or a calibration, and camera motion -> a homography per frame."""

from __future__ import annotations

from pipeline.geometry.court import off_the_book_m
from pipeline.run.stages.stage import Stage, StageContext, StageOutput


def find_court(context: StageContext) -> StageOutput:
    """Register the court in every frame."""
    from pipeline.understand.court import register_court

    found = register_court(
        context.tables["frames"],
        context.tables["court_points"],
        context.tables["detections"],
        context.calibration,
        context.image_size_px,
        context.settings.court,
    )
    lens = {"center_px": list(found.lens.center_px), "scale_px": found.lens.scale_px, "lam": found.lens.lam}
    size_m = off_the_book_m(found.court)
    facts = {
        "lens": lens,
        "court": found.court.name,
        "court_size_m": size_m,
        "fixed": found.fixed,
        "warnings": list(found.warnings),
    }
    return StageOutput({"court": found.table}, facts)


COURT_STAGE = Stage(
    "court",
    needs=("frames", "detections", "court_points"),
    gives=("court",),
    function=find_court,
    settings=("court",),
    files=("calibration",),
)
