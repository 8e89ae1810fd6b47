"""What is asked for: the video, the settings and the files beside it, checked before any work starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.config import CourtName, Settings, parse_settings
from pipeline.errors import InputError
from pipeline.run import given
from pipeline.store import RunDirectory

REPORTS = Path("reports")
CORRECTIONS = "corrections.csv"
"""In the output directory."""
_GAME_VIDEO, _GAME_CALIBRATION, _GAME_ROSTER = "video.mp4", "calibration.json", "roster.csv"


@dataclass(frozen=True)
class Job:
    """One analysis."""

    video: Path
    """A video file, or a directory with tables of `perceive` in place of one (see `given`)."""
    out: Path
    settings: Settings
    calibration: Path | None = None
    roster: Path | None = None
    corrections: Path | None = None
    """What a person corrected; see `pipeline.corrections`."""
    start_s: float = 0.0
    end_s: float | None = None
    device: str = "auto"
    fresh: bool = False

    @classmethod
    def of(
        cls,
        video: Path,
        *,
        out: Path | None = None,
        settings: Settings | None = None,
        court: CourtName | None = None,
        calibration: Path | None = None,
        roster: Path | None = None,
        corrections: Path | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        device: str = "auto",
        fresh: bool = False,
    ) -> Job:
        """Fill in what is not said.

        The directory of a rendered game stands for its video, or the tables it has in place of one, its calibration and
        its roster. Corrections that lie in the output directory are taken.

        Raises:
            InputError: the calibration or roster does not exist.
        """
        settings = settings or Settings()
        if court is not None:
            settings = settings.model_copy(update={"court": settings.court.model_copy(update={"court": court})})
        name = video.name if video.is_dir() else video.stem
        filmed = (video / _GAME_VIDEO).is_file()
        if filmed or given.is_given(video):
            calibration = calibration or _if_there(video / _GAME_CALIBRATION)
            roster = roster or _if_there(video / _GAME_ROSTER)
            video = video / _GAME_VIDEO if filmed else video
        out = out or REPORTS / name
        corrections = corrections or _if_there(out / CORRECTIONS)
        for path, what in ((calibration, "calibration"), (roster, "roster"), (corrections, "corrections")):
            if path is not None and not path.is_file():
                raise InputError(f"the {what} file {path} does not exist")
        return cls(video, out, settings, calibration, roster, corrections, start_s or 0.0, end_s, device, fresh)

    @property
    def has_pixels(self) -> bool:
        """Say whether there is a video, not tables in place of one."""
        return not given.is_given(self.video)


_FILES = ("video", "calibration", "roster", "corrections")


def remember(run: RunDirectory, job: Job) -> None:
    """Note in a run's directory what was asked for."""
    files = {name: None if (path := getattr(job, name)) is None else str(path.resolve()) for name in _FILES}
    asked = {"start_s": job.start_s, "end_s": job.end_s, "device": job.device}
    run.write_json("job", {**files, **asked, "settings": job.settings.model_dump(mode="json")})


def remembered(run: RunDirectory, out: Path) -> Job:
    """Make the job again that was noted in a run's directory `out`.

    Raises:
        InputError: nothing was noted.
        SettingsError: the settings are those of another version.
    """
    known = run.read_json("job")
    files = {name: None if known[name] is None else Path(known[name]) for name in _FILES}
    return Job(
        video=Path(known["video"]),
        out=out,
        settings=parse_settings(known["settings"], where=f"what {out} was made with"),
        calibration=files["calibration"],
        roster=files["roster"],
        corrections=files["corrections"] or _if_there(out / CORRECTIONS),
        start_s=known["start_s"],
        end_s=known["end_s"],
        device=known["device"],
    )


def _if_there(path: Path) -> Path | None:
    """Return the path if it is a file."""
    return path if path.is_file() else None
