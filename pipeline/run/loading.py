"""A finished run, read from its directory. What lies there is data from strangers: it is checked, and names no file outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.config import Settings, parse_stored_settings
from pipeline.errors import InputError, TableError
from pipeline.roster import RosterEntry
from pipeline.run import given
from pipeline.run.context import RunContext
from pipeline.run.job import Job, video_noted
from pipeline.run.order import STAGE_NAMES
from pipeline.store import RunDirectory, hash_file, is_plain_file, read_json
from pipeline.tables import TableName
from pipeline.video import VideoInfo, probe

EVALUATED: tuple[TableName, ...] = (
    *("frames", "detections", "number_reads", "court", "raw_tracks", "split_tracks", "tracks"),
    *("identities", "players", "tracklets", "scoreboard_texts"),
)
"""The tables that stages are run on again."""
_LONGEST_SIDE_PX = 16_384
"""Of a picture: more than any video format has."""
_HASHED_BYTES = 64 << 20
"""A remembered video up to this size is compared by its hash, a larger one by its size."""


@dataclass(frozen=True)
class FinishedRun:
    """What `run.json` says of a finished run."""

    out: Path
    settings: Settings
    left_out: tuple[str, ...]
    """Settings of another version that nothing reads any more."""
    video: VideoInfo
    """As it was when it was analysed; `path` is its bare file name."""
    video_sha256: str
    start_s: float
    end_s: float | None
    warnings: tuple[str, ...]
    roster_sha256: str | None
    weights_sha256: dict[str, str]

    @property
    def has_pixels(self) -> bool:
        """Say whether the game had a video, not tables in place of one."""
        return self.video.codec != given.NO_CODEC

    @property
    def directory(self) -> RunDirectory:
        """Where its tables are."""
        return RunDirectory(self.out)


@dataclass(frozen=True)
class CorrectedRun:
    """A finished run of which only corrections are new."""

    noted: FinishedRun
    video: VideoInfo | None
    """Its video, where that is at hand: for pictures."""


def read_run(out: Path, begun: bool = False) -> FinishedRun:
    """Read what is known of a finished run.

    Args:
        out: output directory of `courtside analyze`.
        begun: whether it may be one that is not finished again since it was corrected.

    Raises:
        InputError: the run is not finished, or was made by another version, whose tables have other names.
        SettingsError: one of its settings has a value that cannot be.
    """
    path = out / "run.json"
    if not is_plain_file(path):
        raise InputError(f"{out} is not a finished output directory of courtside analyze: it has no run.json")
    missing = [name for name in STAGE_NAMES if RunDirectory(out).manifest(name) is None]
    if missing and not begun and is_plain_file(RunDirectory(out).json_path("relabel")):
        raise InputError(f"{out} is being corrected: its statistics are computed in a moment; repeat this then")
    if missing and not begun:
        raise InputError(
            f"{out} was not finished by this version of courtside (nothing is known of its stage '{missing[0]}'); "
            "analyse the video again"
        )
    noted = read_json(path)
    try:
        start_s, end_s = noted["interval_s"]
        settings, left_out = parse_stored_settings(noted["settings"], where=str(path))
        return FinishedRun(
            out=out,
            settings=settings,
            left_out=left_out,
            video=_video(noted["video"]),
            video_sha256=str(noted["video"]["sha256"]),
            start_s=float(start_s),
            end_s=None if end_s is None else float(end_s),
            warnings=tuple(str(warning) for warning in noted["warnings"]),
            roster_sha256=noted.get("roster_sha256"),
            weights_sha256={str(name): str(digest) for name, digest in noted["weights_sha256"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{path} is not that of courtside analyze: {type(error).__name__} {error}") from error


def context_of(
    out: Path, roster: tuple[RosterEntry, ...] | None = None, names: Sequence[TableName] = EVALUATED
) -> RunContext:
    """Lay a finished run's stored tables ready, so that stages can be run on them again.

    Args:
        out: output directory of `courtside analyze`.
        roster: the one that was given to the run; it is not kept there.
        names: which tables.

    Raises:
        InputError: the run is not finished.
        TableError: a table of the run is missing or damaged.
    """
    run = read_run(out)
    stored = [f"{name}.parquet" for name in names]
    run.directory.check_whole([*stored, "embeddings.npy", "court.facts.json"])
    job = Job(out, out, run.settings, start_s=run.start_s, end_s=run.end_s)
    context = RunContext(job, run.video, None, roster)
    context.tables = {name: run.directory.read_table(name) for name in names}
    context.embeddings = run.directory.read_array("embeddings", mmap=True)
    context.facts = {"court": run.directory.read_json("court.facts")}
    context.facts["present"] = {"jersey_colors": jersey_colors_of(run.directory)}
    return context


def jersey_colors_of(directory: RunDirectory) -> Any:
    """Read which colours the teams' jerseys had in the pictures of a run, as it says; empty where it says nothing."""
    return _presented(directory, "jersey_colors")


def laid_out_of(directory: RunDirectory) -> Any:
    """Read the embedding map of a run's report; empty where it has none."""
    found = _presented(directory, "laid_out")
    return found if isinstance(found, dict) else {}


def _presented(directory: RunDirectory, name: str) -> Any:
    """Read a fact of presenting; empty where there is none."""
    try:
        facts: Any = directory.read_json("present.facts")
    except TableError:
        return {}
    return facts.get(name, {}) if isinstance(facts, dict) else {}


def video_of(run: FinishedRun, video: Path | None = None) -> VideoInfo:
    """Find the video of a finished run.

    Args:
        run: the run.
        video: where the video is now; None: where it was, if the file there is the same.

    Raises:
        InputError: there is no such file, it is another one than was analysed, or the game has no pixels.
    """
    if not run.has_pixels:
        raise InputError(f"{run.out} has no pictures: the game was given as tables, without a video")
    if video is not None:
        return _same_picture(run, probe(video / "video.mp4" if video.is_dir() else video))
    path = video_noted(run.directory, run.video_sha256)
    advice = "say where the video is, with --source FILE, or courtside.load(..., video=...)"
    if path is None:
        raise InputError(f"{run.out} was not made by this user on this machine; {advice}")
    if not path.is_file():
        raise InputError(f"{run.out} has no pictures: its video {path} is not there any more; {advice}")
    size = path.stat().st_size
    if size != run.video.size_bytes or (size <= _HASHED_BYTES and hash_file(path) != run.video_sha256):
        raise InputError(f"{path} is not the video that {run.out} was made of; {advice}")
    return _same_picture(run, probe(path))


def _same_picture(run: FinishedRun, video: VideoInfo) -> VideoInfo:
    """Refuse a video whose picture has another size.

    Raises:
        InputError: it has.
    """
    sizes = [(info.width_px, info.height_px) for info in (video, run.video)]
    if sizes[0] != sizes[1]:
        found, expected = ("x".join(map(str, size)) for size in sizes)
        raise InputError(f"{video.path} has a picture of {found} px, the video of {run.out} had {expected}")
    return video


def _video(noted: dict[str, Any]) -> VideoInfo:
    """Make what is known of the video out of run.json.

    Raises:
        ValueError: a size, rate or length that no video has.
    """
    size = int(noted["width_px"]), int(noted["height_px"])
    if not (
        all(1 <= side <= _LONGEST_SIDE_PX for side in size) and float(noted["fps"]) > 0 <= float(noted["duration_s"])
    ):
        raise ValueError(f"a video of {size[0]}x{size[1]} px, {noted['fps']} fps and {noted['duration_s']} s")
    return VideoInfo(
        path=Path(Path(str(noted["file"])).name),
        width_px=size[0],
        height_px=size[1],
        fps=float(noted["fps"]),
        start_s=0.0,
        duration_s=float(noted["duration_s"]),
        codec=str(noted["codec"]),
        pixel_format="",
        has_audio=False,
        rotation_deg=0,
        time_base=Fraction(1, 90_000),
        start_pts=0,
        size_bytes=int(noted["size_bytes"]),
    )
