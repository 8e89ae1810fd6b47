"""The annotated video as a stage of its own: it may come with the report, later, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import PresentSettings
from pipeline.run.context import RESULT_TABLES
from pipeline.run.order import STAGE_NAMES
from pipeline.run.source_code.closure import code_fingerprint
from pipeline.store import RunDirectory, fingerprint

if TYPE_CHECKING:
    from pipeline.present.report.video_note import VideoNote

NAME = "video"
FILE = "annotated.mp4"
_DRAWN_BY = "pipeline.present.annotated_video.annotate"
_USED = ("video_fps", "trail_s")
"""Settings of presenting that the video rests on, besides its height."""
_SHOWN = (*(f"{name}.parquet" for name in (*RESULT_TABLES, "court")), "court.facts.json")
_NOTED: Mapping[str, tuple[type, ...]] = {
    "wanted_height_px": (int, type(None)),
    **dict.fromkeys(("width_px", "height_px"), (int,)),
    "fps": (int, float),
}
"""What is noted of a video that was drawn; a run of somebody else may say anything."""


def video_fingerprint(run: RunDirectory, settings: PresentSettings, height_px: int | None) -> str:
    """Fingerprint all that the video's content depends on: the tables that it may show, by what their stages noted of them.

    Args:
        run: the directory with the tables.
        settings: of presenting.
        height_px: largest height; None for the source's.
    """
    manifests = [run.manifest(stage) for stage in STAGE_NAMES]
    noted = {name: list(what) for manifest in manifests if manifest for name, what in manifest.outputs.items()}
    shown = {name: noted.get(name) for name in _SHOWN}
    used = {"height_px": height_px, **settings.model_dump(mode="json", include=set(_USED))}
    return fingerprint(shown, NAME, used, code_fingerprint(_DRAWN_BY))


def facts_of(run: RunDirectory) -> dict[str, Any] | None:
    """Return the facts of the video that lies in a run's directory; None where there is none, or not that one."""
    if run.manifest(NAME) is None or not run.json_path(f"{NAME}.facts").is_file():
        return None
    facts: Any = run.read_json(f"{NAME}.facts")
    is_ours = isinstance(facts, dict) and all(type(facts.get(name)) in kinds for name, kinds in _NOTED.items())
    noted: dict[str, Any] | None = facts if is_ours and run.published.are_whole([FILE]) else None
    return noted


def is_drawn(run: RunDirectory, stage_fingerprint: str) -> bool:
    """Say whether the run's video is what would be drawn now."""
    return facts_of(run) is not None and run.is_fresh(NAME, stage_fingerprint)


def note_of(run: RunDirectory, settings: PresentSettings, begin_s: float) -> VideoNote:
    """Say what the report has to say of the video, whatever its height.

    Args:
        run: its directory.
        settings: of presenting.
        begin_s: second of the source that was analysed first.
    """
    from pipeline.present.report.video_note import VideoNote

    facts, manifest = facts_of(run), run.manifest(NAME)
    if not (run.root / FILE).is_file():
        return VideoNote(run.root.name, None, False)
    if facts is None or manifest is None:
        return VideoNote(run.root.name, FILE, False, begin_s=begin_s)
    drawn = video_fingerprint(run, settings, facts["wanted_height_px"])
    size = f"{facts['width_px']} × {facts['height_px']} px, {facts['fps']:.4g} frames per second"
    return VideoNote(run.root.name, FILE, run.is_fresh(NAME, drawn), size, begin_s)


def video_path(run: RunDirectory) -> Path:
    """Return where a run's video is."""
    return run.root / FILE
