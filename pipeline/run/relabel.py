"""Corrections of a finished run: written to its `corrections.csv`, and everything behind identity computed again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.corrections import Action, Correction, Spot, as_csv, parse_corrections, read_corrections, video_tag
from pipeline.errors import InputError, TableError
from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.job import CORRECTIONS, keep, remembered
from pipeline.run.loading import CorrectedRun, FinishedRun, read_run, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.store import RunDirectory, hash_file, remove_tree, write_bytes
from pipeline.understand.features.corrections import check_corrections
from pipeline.understand.game import TrackedGame
from pipeline.video import VideoInfo

_PENDING = "relabel"
_TABLES = ("frames", "detections", "split_tracks", "identities", "players")
_LEAST_LOCKED_S = 0.5
"""Shorter tracklets of a player are not locked to him."""


@dataclass(frozen=True)
class Relabel:
    """What to correct, in terms of the run's player numbers; None leaves it alone."""

    merge: tuple[int, int] | None = None
    """Two players who are one."""
    move: tuple[int, float, int] | None = None
    """Player, time in s, player: who is shown as the first at that time is the second."""
    split: tuple[int, float] | None = None
    """Player and time in s: from then on his tracklet shows somebody else."""
    name: tuple[int, str] | None = None
    number: tuple[int, str] | None = None
    team: tuple[int, str] | None = None
    nobody: int | None = None
    """A player who is none: a coach, a spectator."""
    lock: int | None = None
    """A player whose tracklets are all his, whatever else changes."""


@dataclass(frozen=True)
class _Pending:
    """A correction that is being carried out, noted so that the same command goes on after it was stopped."""

    asked: Any
    """What was asked for, as JSON has it."""
    text: str
    """The file of corrections with it."""
    before_sha256: str
    """Hash of that file without it."""

    @classmethod
    def of(cls, asked: Relabel, text: str, run: RunDirectory) -> _Pending:
        return cls(_plain(asked), text, _hash(run.root / CORRECTIONS))

    @classmethod
    def read(cls, run: RunDirectory) -> _Pending | None:
        """Read what was interrupted, and see that its corrections are in the file; None if nothing was."""
        path = run.json_path(_PENDING)
        if path.is_symlink() or not path.is_file():
            return None
        try:
            pending = cls(**run.read_json(_PENDING))
            pending.text.encode()
        except (TableError, TypeError, AttributeError):
            return None
        if _hash(run.root / CORRECTIONS) == pending.before_sha256:
            write_bytes(run.root / CORRECTIONS, pending.text.encode())
        return pending

    def write(self, run: RunDirectory) -> None:
        """Note it, and write the file."""
        run.write_json(_PENDING, asdict(self))
        write_bytes(run.root / CORRECTIONS, self.text.encode())


@dataclass(frozen=True)
class GivenAgain:
    """Files that a run does not keep, or names in vain; None: as the run has them."""

    video: Path | None = None
    """Where the video is now."""
    calibration: Path | None = None
    roster: Path | None = None


def relabel(run: Path, asked: Relabel, observer: Observer | None = None, files: GivenAgain | None = None) -> Analysis:
    """Correct a finished run.

    The video is not needed: the annotated video stays as it is until `courtside video` or `courtside analyze` draws it anew,
    and where the source is not at hand the report has no pictures of players. No file outside the run is read but those
    given here, and the video where it was if this user made the run.

    Args:
        run: output directory of `courtside analyze`.
        asked: what to correct.
        observer: follows the progress.
        files: what the run does not keep.

    Raises:
        InputError: not a finished run, no such player, or a correction that contradicts an earlier one (nothing is
            written then).
    """
    observer, files = observer or Silence(), files or GivenAgain()
    directory = RunDirectory(run)
    pending = _Pending.read(directory)
    noted = read_run(run, begun=pending is not None)
    _check_corrections_lie_here(directory)
    job = remembered(directory, files.calibration, files.roster)
    corrected = CorrectedRun(noted, _video(noted, files.video, observer))
    if noted.left_out:
        observer.warn(f"{', '.join(noted.left_out)}: no longer settings, left out")
    if pending is None:
        _Pending.of(asked, _corrections_with(directory, noted, asked), directory).write(directory)
    elif pending.asked != _plain(asked):
        analyze_job(job, observer, corrected=corrected)
        remove_tree(directory.json_path(_PENDING))
        raise InputError(
            f"{run}: an earlier correction was interrupted, and is carried out now; look who is who, and correct again"
        )
    analysis = analyze_job(replace(job, corrections=run / CORRECTIONS), observer, corrected=corrected)
    if files.calibration is not None:
        keep(directory, "calibration", files.calibration)
    if files.roster is not None:
        keep(directory, "roster", files.roster)
    remove_tree(directory.json_path(_PENDING))
    return analysis


def _plain(asked: Relabel) -> Any:
    """Return what is asked for as JSON gives it back."""
    return json.loads(json.dumps(asdict(asked)))


def _check_corrections_lie_here(run: RunDirectory) -> None:
    """Refuse a run whose corrections are somewhere else.

    Raises:
        InputError: they are.
    """
    named = run.read_json("job").get("corrections")
    here = run.root / CORRECTIONS
    if named is not None and not (Path(str(named)).name == CORRECTIONS and here.is_file()):
        raise InputError(f"{run.root} was made with --corrections {named}; edit that file, or analyse without it first")


def _video(noted: FinishedRun, given: Path | None, observer: Observer) -> VideoInfo | None:
    """Find the video for the pictures of players; say so where it is not at hand."""
    if given is not None:
        return video_of(noted, given)
    if not noted.has_pixels:
        return None
    try:
        return video_of(noted)
    except InputError as error:
        observer.warn(f"the report has no pictures of players: {error}")
        return None


def _corrections_with(directory: RunDirectory, noted: FinishedRun, asked: Relabel) -> str:
    """Return the text of the run's file of corrections with what is asked for.

    Raises:
        InputError: nothing is asked for, there is no such player, or it contradicts an earlier one.
    """
    file = directory.root / CORRECTIONS
    before = read_corrections(file, noted.video_sha256) if file.is_file() else ()
    spots = _Spots(directory)
    tag = video_tag(noted.video_sha256)
    new = [replace(correction, video=tag) for correction in spots.corrections(asked)]
    if not new:
        raise InputError("nothing to correct: say what, for example --merge 3 7 or --name 4 'A. Smith'")
    standing = {as_csv([correction]) for correction in before}
    text = as_csv([*before, *(correction for correction in new if as_csv([correction]) not in standing)])
    spots.check(parse_corrections(text, file))
    return text


def _hash(file: Path) -> str:
    """Return the hash of a file; '' if it is not there."""
    return hash_file(file) if file.is_file() else ""


class _Spots:
    """Finds places in the video that stand for a run's players."""

    def __init__(self, run: RunDirectory) -> None:
        run.check_whole([f"{name}.parquet" for name in _TABLES])
        self.frames, self.detections, self.tracks = (
            run.read_table(name) for name in ("frames", "detections", "split_tracks")
        )
        self.players = run.read_table("players")
        boxes = self.tracks.merge(self.detections, on="detection_id").merge(
            self.frames[["frame", "time_s"]], on="frame"
        )
        self.boxes = boxes.merge(run.read_table("identities"), on="track_id").sort_values("frame")

    def corrections(self, asked: Relabel) -> list[Correction]:
        """Put what is asked for in terms of places."""
        found: list[Correction] = []
        if asked.merge is not None:
            found.append(Correction("same", self._of(asked.merge[0]), self._of(asked.merge[1])))
        if asked.move is not None:
            found += self._move(*asked.move)
        if asked.split is not None:
            found.append(Correction("split", *self._around(*asked.split)))
        for action in ("name", "number", "team"):
            given: tuple[int, str] | None = getattr(asked, action)
            if given is not None:
                found.append(Correction(_action(action), self._of(given[0]), None, given[1]))
        if asked.nobody is not None:
            found.append(Correction("nobody", self._of(asked.nobody)))
        if asked.lock is not None:
            longest, *shorter = self._tracklets(asked.lock)
            found += [
                Correction("same", _middle(longest), _middle(tracklet))
                for tracklet in shorter
                if _length_s(tracklet) >= _LEAST_LOCKED_S
            ]
        return found

    def check(self, corrections: Sequence[Correction]) -> None:
        """Refuse contradictions.

        Raises:
            InputError: names the line.
        """
        check_corrections(TrackedGame.of(self.frames, self.detections, tracks=self.tracks), corrections)

    def _tracklets(self, player: int) -> list[pd.DataFrame]:
        """Return a player's tracklets, the longest first.

        Raises:
            InputError: no such player.
        """
        boxes = self.boxes[self.boxes["player_id"] == player]
        if boxes.empty:
            listed = ", ".join(str(player_id) for player_id in self.players["player_id"])
            raise InputError(f"there is no player {player}; the run has {listed}")
        return sorted((tracklet for _, tracklet in boxes.groupby("track_id")), key=len, reverse=True)

    def _of(self, player: int) -> Spot:
        """Return a spot on a player."""
        return _middle(self._tracklets(player)[0])

    def _at(self, player: int, time_s: float) -> pd.DataFrame:
        """Return the tracklet that a player has at a time.

        Raises:
            InputError: he is not seen then.
        """
        for tracklet in self._tracklets(player):
            if tracklet["time_s"].iloc[0] <= time_s <= tracklet["time_s"].iloc[-1]:
                return tracklet
        raise InputError(f"player {player} is not in view at {time_s:g} s")

    def _move(self, player: int, time_s: float, to: int) -> list[Correction]:
        moved = self._at(player, time_s)
        moved_id = moved["track_id"].iloc[0]
        rest = [tracklet for tracklet in self._tracklets(player) if tracklet["track_id"].iloc[0] != moved_id]
        cannot_link = [Correction("apart", _middle(moved), _middle(rest[0]))] if rest else []
        return [Correction("same", _middle(moved), self._of(to)), *cannot_link]

    def _around(self, player: int, time_s: float) -> tuple[Spot, Spot]:
        """Return the spots in a player's tracklet from a time on, and just before it."""
        tracklet = self._at(player, time_s)
        later = tracklet["time_s"].to_numpy() >= time_s
        if later.all() or not later.any():
            raise InputError(
                f"player {player} has one tracklet that begins or ends at {time_s:g} s: there is nothing to split"
            )
        first = int(later.argmax())
        return _spot(tracklet.iloc[first]), _spot(tracklet.iloc[first - 1])


def _action(name: str) -> Action:
    """Give an action its type."""
    return {"name": "name", "number": "number", "team": "team"}[name]  # type: ignore[return-value]


def _middle(tracklet: pd.DataFrame) -> Spot:
    """Return a spot half-way along a tracklet."""
    return _spot(tracklet.iloc[len(tracklet) // 2])


def _length_s(tracklet: pd.DataFrame) -> float:
    return float(tracklet["time_s"].iloc[-1] - tracklet["time_s"].iloc[0])


def _spot(box: pd.Series) -> Spot:
    """Return the middle of a box."""
    return Spot(float(box["time_s"]), float(box["x1"] + box["x2"]) / 2, float(box["y1"] + box["y2"]) / 2)
