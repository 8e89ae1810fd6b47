"""Corrections of a finished run: written to its `corrections.csv`, and everything behind identity computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipeline.corrections import Action, Correction, Spot, as_csv, parse_corrections, read_corrections
from pipeline.errors import InputError
from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.given import NO_CODEC
from pipeline.run.job import CORRECTIONS, remembered
from pipeline.run.loading import read_run
from pipeline.run.observer import Observer, Silence
from pipeline.store import RunDirectory, write_bytes
from pipeline.understand.features.corrections import check_corrections
from pipeline.understand.game import TrackedGame

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


def relabel(run: Path, asked: Relabel, observer: Observer | None = None) -> Analysis:
    """Correct a finished run.

    The video is not needed: the annotated video stays as it is until `courtside video` or `courtside analyze` draws it anew,
    and where the source is not there any more the report has no pictures of players.

    Args:
        run: output directory of `courtside analyze`.
        asked: what to correct.
        observer: follows the progress.

    Raises:
        InputError: not a finished run, no such player, or a correction that contradicts an earlier one (nothing is
            written then).
    """
    noted, observer = read_run(run), observer or Silence()
    job = remembered(RunDirectory(run))
    if noted.video.codec == NO_CODEC and not job.video.exists():
        raise InputError(f"{run} was made of {job.video}, which is not there any more")
    if noted.left_out:
        observer.warn(f"{', '.join(noted.left_out)}: no longer settings, left out")
    file = run / CORRECTIONS
    if job.corrections is not None and job.corrections.resolve() != file.resolve():
        raise InputError(
            f"{run} was made with --corrections {job.corrections}; edit that file, or analyse without it first"
        )
    before = read_corrections(file) if file.is_file() else ()
    new = _Spots(RunDirectory(run)).corrections(asked)
    if not new:
        raise InputError("nothing to correct: say what, for example --merge 3 7 or --name 4 'A. Smith'")
    text = as_csv([*before, *new])
    _Spots(RunDirectory(run)).check(parse_corrections(text, file))
    write_bytes(file, text.encode())
    return analyze_job(replace(job, corrections=file), observer, corrected=noted)


class _Spots:
    """Finds places in the video that stand for a run's players."""

    def __init__(self, run: RunDirectory) -> None:
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
