"""What is asked for: the video, the settings and the files beside it, checked before any work starts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from models.detector.foreign_files import check_weights_named
from pipeline.config import Settings, parse_stored_settings
from pipeline.errors import InputError, SettingsError
from pipeline.run import given
from pipeline.run.execution import Workers, check_workers
from pipeline.store import RunDirectory, is_sealed, remove_tree, seal, write_bytes

REPORTS = Path("reports")
CORRECTIONS = "corrections.csv"
"""In the output directory."""
_GAME_VIDEO, _GAME_CALIBRATION, _GAME_ROSTER = "video.mp4", "calibration.json", "roster.csv"
Kept = Literal["calibration", "roster"]
_FILES = ("calibration", "roster", "corrections")
_KEPT: dict[Kept, str] = {"calibration": "calibration.json", "roster": "roster.csv"}
"""Files that a run rests on, and the names of their copies in `work/`."""
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:[0-9]{1,3})?")


@dataclass(frozen=True)
class Job:
    """One analysis. This is the list of what can be asked for: the command line and `courtside.analyze` fill it in."""

    video: Path
    """A video file, or the directory of a rendered game, with its video or with tables in place of one (see `given`)."""
    out: Path | None = None
    """Output directory; None for `reports/NAME`."""
    settings: Settings = field(default_factory=Settings)
    calibration: Path | None = None
    """Court calibration (JSON); None: that of a rendered game, else the court is looked for."""
    roster: Path | None = None
    """CSV with the columns number, name, team; None: that of a rendered game, if it has one."""
    corrections: Path | None = None
    """What a person corrected, see `pipeline.corrections`; None: corrections.csv in the output directory, if it is there."""
    start_s: float = 0.0
    """First second of the video to be analysed."""
    end_s: float | None = None
    """First second no longer analysed; None or infinity: to the end."""
    device: str = "auto"
    """Where the networks run: auto, cpu, mps or cuda:N."""
    fresh: bool = False
    """Compute everything again; reuse nothing."""
    workers: Workers = "auto"
    """Processes that share the perception; auto: as many as cores and memory allow. Results are the same."""
    alongside: bool = False
    """Write into a directory that holds other files when it is first written to; they are left as they are."""
    allow_pickle: bool = False
    """Load a `.pt` file that the settings name, which runs whatever code it holds. Said anew for each run, never stored."""

    @property
    def directory(self) -> Path:
        """The output directory."""
        if self.out is not None:
            return self.out
        return REPORTS / (self.video.name if self.video.is_dir() else self.video.stem)

    @property
    def has_pixels(self) -> bool:
        """Say whether there is a video, not tables in place of one."""
        return not given.is_given(self.video)

    def completed(self) -> Job:
        """Return the job with what was left out filled in.

        The directory of a rendered game stands for its video, or the tables it has in place of one, its calibration and
        its roster. Corrections that lie in the output directory are taken.

        Raises:
            InputError: the calibration, roster or corrections file does not exist, or a name is no text.
            SettingsError: the device is not named as devices are, or the number of workers is none.
        """
        if _DEVICE.fullmatch(self.device) is None:
            raise SettingsError(f"there is no device {self.device!r}; name auto, cpu, mps, cuda or cuda:N")
        check_workers(self.workers)
        check_weights_named(self.settings, self.allow_pickle)
        out, video, calibration, roster = self.directory, self.video, self.calibration, self.roster
        filmed = (video / _GAME_VIDEO).is_file()
        if filmed or given.is_given(video):
            calibration = calibration or _if_there(video / _GAME_CALIBRATION)
            roster = roster or _if_there(video / _GAME_ROSTER)
            video = video / _GAME_VIDEO if filmed else video
        corrections = self.corrections or _of_run(out)
        for path in (video, out, calibration, roster, corrections):
            _check_name(path)
        for path, what in ((calibration, "calibration"), (roster, "roster"), (corrections, "corrections")):
            if path is not None and not path.is_file():
                raise InputError(f"the {what} file {path} does not exist")
        end_s = None if self.end_s == math.inf else self.end_s
        with_files = replace(self, calibration=calibration, roster=roster, corrections=corrections)
        return replace(with_files, video=video, out=out, end_s=end_s)


def remember(run: RunDirectory, job: Job, video_sha256: str) -> None:
    """Note in a run's directory what was asked for, and keep calibration and roster there.

    The path of the video is sealed: it is followed again only where this user wrote it.

    Args:
        run: the directory.
        job: what was asked for.
        video_sha256: hash of the video, or of the tables in place of one.
    """
    paths = {name: None if (path := getattr(job, name)) is None else str(path.resolve()) for name in ("video", *_FILES)}
    if job.corrections == run.root / CORRECTIONS:
        paths["corrections"] = None  # found there again
    for name in _KEPT:
        keep(run, name, getattr(job, name))
    mark = seal([paths["video"], video_sha256])
    asked = {"start_s": job.start_s, "end_s": job.end_s, "device": job.device}
    run.write_json("job", {**paths, "video_seal": mark, **asked, "settings": job.settings.model_dump(mode="json")})


def keep(run: RunDirectory, name: Kept, path: Path | None) -> None:
    """Keep a copy of a file that a run rests on in its directory.

    Args:
        run: the directory.
        name: what it is.
        path: the file; None: the run rests on none.

    Raises:
        InputError: it cannot be read.
    """
    copy = run.path / _KEPT[name]
    if path is None:
        remove_tree(copy)
    elif path != copy:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        write_bytes(copy, data)


def remembered(run: RunDirectory, calibration: Path | None = None, roster: Path | None = None) -> Job:
    """Make the job again that was noted in a run's directory, to correct the run; it names no file outside.

    Args:
        run: the directory.
        calibration: that of a run of an earlier version, which kept none.
        roster: likewise.

    Raises:
        InputError: nothing was noted, nothing that can be read, or a file is not kept.
        SettingsError: one of the settings has a value that cannot be.
    """
    noted = run.read_json("job")
    try:
        named = {name: noted[name] for name in _KEPT}
        job = Job(
            video=run.root,
            out=run.root,
            settings=parse_stored_settings(noted["settings"], f"what {run.root} was made with")[0],
            start_s=float(noted["start_s"]),
            end_s=None if noted["end_s"] is None else float(noted["end_s"]),
            device=str(noted["device"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        where = run.json_path("job")
        raise InputError(f"{where} is not that of courtside analyze: {type(error).__name__} {error}") from error
    return replace(
        job,
        calibration=calibration or _kept(run, "calibration", named["calibration"]),
        roster=roster or _kept(run, "roster", named["roster"]),
        corrections=_of_run(run.root),
    )


def video_noted(run: RunDirectory, video_sha256: str) -> Path | None:
    """Return where a run's video was; None if this user did not write that.

    Args:
        run: the directory.
        video_sha256: hash of the video.
    """
    noted = run.read_json("job")
    if not isinstance(noted, dict) or not isinstance(noted.get("video"), str):
        return None
    return Path(noted["video"]) if is_sealed([noted["video"], video_sha256], noted.get("video_seal")) else None


def _kept(run: RunDirectory, name: Kept, path: object) -> Path | None:
    """Return the copy of a file that a run was made with; None if it was made without.

    Raises:
        InputError: there was one, and it is not kept.
    """
    copy = run.path / _KEPT[name]
    if path is None:
        return None
    if copy.is_symlink() or not copy.is_file():
        raise InputError(f"{run.root} was made with the {name} {path} and does not keep it; give it with --{name} FILE")
    return copy


def _check_name(path: Path | None) -> None:
    """Refuse a path that is no text: it could stand in no file that a run leaves.

    Raises:
        InputError: it is none.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"the name {path} holds bytes that are not UTF-8 text; rename it") from error


def _of_run(out: Path) -> Path | None:
    """Return the corrections that lie in an output directory, if any do.

    Raises:
        InputError: they are no plain file: a link could lead anywhere.
    """
    path = out / CORRECTIONS
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise InputError(f"{path} is a link or no file; name the corrections with --corrections FILE, or remove it")
    return _if_there(path)


def _if_there(path: Path) -> Path | None:
    """Return the path if it is a file."""
    return path if path.is_file() else None
