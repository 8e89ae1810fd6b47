"""Writing clips of a finished run, a reel of them, and a table of what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from pipeline.errors import InputError
from pipeline.present.ball_play import all_events
from pipeline.present.clips import Clip, Wanted, find_highlights, index_table, merged, named_clips
from pipeline.present.csv_tables import csv_text, rounded
from pipeline.present.labels import Person, find_person, people, slug
from pipeline.run.loading import FinishedRun, context_of, read_run, video_of
from pipeline.run.observer import Observer
from pipeline.run.pictures import CLIP_FOLDER
from pipeline.run.stages import video as video_stage
from pipeline.store import delivery, make_directory, write_bytes
from pipeline.tables import TableName
from pipeline.understand.game import usual_step_s
from pipeline.video import VideoInfo, VideoPiece, join, probe, write_piece

_TABLES: tuple[TableName, ...] = (
    *("frames", "detections", "tracks", "identities", "players", "player_ids"),
    *("efforts", "stints", "events", "ball_events"),
)


@dataclass(frozen=True)
class ClipsAsked:
    """What is asked for."""

    players: tuple[str, ...] = ()
    """As they are called, or ids."""
    wanted: Wanted = field(default_factory=Wanted)
    """Its players are those named here."""
    before_s: float = 2.0
    after_s: float = 2.0
    reel: bool = False
    """One file with all of them as well."""


@dataclass(frozen=True)
class ClipFiles:
    """What was written."""

    files: tuple[Path, ...]
    """The clips, the reel and the index."""
    copied: int
    """Clips whose packets could be taken as they are."""
    notes: tuple[str, ...]
    """What somebody should know."""


@dataclass(frozen=True)
class _ClipSource:
    """A video that clips are cut from."""

    video: VideoInfo
    start_s: float
    """Second of the source that it begins with."""
    notes: tuple[str, ...] = ()


def write_clips(
    run: Path,
    asked: ClipsAsked,
    observer: Observer,
    out: Path | None = None,
    source: Path | None = None,
    plain: bool = False,
) -> ClipFiles:
    """Cut clips of a finished run.

    They are cut from the annotated video, if there is one, else from the source.

    Args:
        run: output directory of `courtside analyze`.
        asked: what is to be seen.
        observer: follows the progress.
        out: folder; None for `clips` in the run.
        source: where the source is now; None: where it was. If it is given, clips are cut from it.
        plain: cut them from the source, without names on it.

    Raises:
        InputError: the run is not finished, there is no such player or moment, or the video is not there.
        OutputError: a file in the way is not ours (nothing is cut then), or one cannot be written.
    """
    noted = read_run(run)
    context = context_of(run, names=_TABLES)
    tables = {str(name): table for name, table in context.tables.items()}
    tables["events"] = all_events(tables["events"], tables.pop("ball_events"))
    persons = people(tables["players"])
    ids = tables["player_ids"]
    retired = frozenset(ids.loc[~ids["current"], "player_id"].tolist())
    found = list(dict.fromkeys(find_person(persons, who, retired) for who in asked.players))
    wanted = replace(asked.wanted, players=tuple(person.player_id for person in found))
    footage = _footage(noted, source, plain)
    moments = find_highlights(tables, wanted)
    limits_s = _limits_s(run, tables["frames"])
    work = _ClipWriter(noted, footage, {person.player_id: person for person in persons}, observer)
    clips = named_clips(merged(moments, asked.before_s, asked.after_s, limits_s), work.persons)
    if not clips:
        raise InputError(
            f"{run} was analysed from {limits_s[0]:.1f} s to {limits_s[1]:.1f} s: nothing of this lies there"
        )
    together = merged(moments, asked.before_s, asked.after_s, limits_s, apart=False) if asked.reel else []
    stem = _stem(found, wanted)
    names = [*(f"{name}.mp4" for name in clips), *([f"{stem}-reel.mp4"] if together else []), f"{stem}.csv"]
    with delivery(run, CLIP_FOLDER, out) as place, place.writing(names) as folder:
        return work.write(clips, together, stem, folder, place.shown)


@dataclass(frozen=True)
class _ClipWriter:
    """Cuts the clips of one run."""

    noted: FinishedRun
    footage: _ClipSource
    persons: Mapping[int, Person]
    observer: Observer

    def write(self, clips: dict[str, Clip], together: list[Clip], stem: str, folder: Path, shown: Path) -> ClipFiles:
        """Write clips, reel and index.

        Args:
            clips: by name.
            together: those of the reel; none: no reel.
            stem: names the reel and the index.
            folder: where they are written.
            shown: where they will be.
        """
        make_directory(folder)
        pieces: dict[str, VideoPiece] = {}
        self.observer.begin(CLIP_FOLDER, len(clips) + len(together), "clips")
        for number, (name, clip) in enumerate(clips.items(), start=1):
            pieces[name] = self._cut(clip, folder / f"{name}.mp4")
            self.observer.advance(number)
        names = [f"{name}.mp4" for name in clips]
        starts_s = {name: piece.start_s + self.footage.start_s for name, piece in pieces.items()}
        index = index_table(clips, starts_s, self.persons)
        if together:
            written = {(clip.start_s, clip.end_s): pieces[name] for name, clip in clips.items()}
            self._write_reel(together, written, folder / f"{stem}-reel.mp4")
            names.append(f"{stem}-reel.mp4")
        write_bytes(folder / f"{stem}.csv", csv_text(_columns(index)).encode())
        self.observer.end("")
        copied = sum(piece.copied for piece in pieces.values())
        return ClipFiles(tuple(shown / name for name in (*names, f"{stem}.csv")), copied, self.footage.notes)

    def _cut(self, clip: Clip, path: Path, anew: bool = False) -> VideoPiece:
        """Write one clip, its pictures encoded anew if that is asked for."""
        choice = self.noted.settings.present.video_encoder
        start_s, end_s = (time_s - self.footage.start_s for time_s in (clip.start_s, clip.end_s))
        return write_piece(self.footage.video, max(start_s, 0.0), end_s, path, choice, anew)

    def _write_reel(self, together: list[Clip], written: Mapping[tuple[float, float], VideoPiece], path: Path) -> None:
        """Join the clips; those of several people at once are shown once."""
        spare = [path.with_name(f".part-{number}.mp4") for number in range(1, len(together) + 1)]
        parts: list[VideoPiece] = []
        try:
            for number, (clip, spot) in enumerate(zip(together, spare, strict=True), start=1):
                parts.append(written.get((clip.start_s, clip.end_s)) or self._cut(clip, spot))
                self.observer.advance(number)
            if not all(part.copied for part in parts):  # packets of the source do not join with those of our encoder
                shown = zip(together, parts, spare, strict=True)
                parts = [self._cut(clip, spot, anew=True) if part.copied else part for clip, part, spot in shown]
            join([part.path for part in parts], path)
        finally:
            for spot in spare:
                spot.unlink(missing_ok=True)


def _limits_s(run: Path, frames: pd.DataFrame) -> tuple[float, float]:
    """Return the first second that was analysed, and the first behind it: the last frame is shown until then.

    Raises:
        InputError: none was.
    """
    times_s = frames["time_s"]
    if times_s.empty:
        raise InputError(f"{run} has no frames: there is nothing to cut")
    return float(times_s.iloc[0]), float(times_s.iloc[-1]) + usual_step_s(frames)


def _footage(noted: FinishedRun, source: Path | None, plain: bool) -> _ClipSource:
    """Choose what is cut: the annotated video that is ours and whole, else the source.

    Raises:
        InputError: there is neither.
    """
    directory = noted.directory
    if source is None and not plain and video_stage.facts_of(directory) is not None:
        note = video_stage.note_of(directory, noted.settings.present, noted.start_s)
        older = (
            "annotated.mp4 was drawn before the last changes: its names are those of that time; courtside video "
            f"{noted.out} draws it anew"
        )
        video = probe(video_stage.video_path(directory))
        return _ClipSource(video, noted.start_s, () if note.current else (older,))
    none = "there is no annotated video: the clips show the source, without names"
    return _ClipSource(video_of(noted, source), 0.0, () if source is not None or plain else (none,))


def _stem(persons: list[Person], wanted: Wanted) -> str:
    """Name the reel and the index by what was asked for."""
    who = "-".join(slug(person.code) for person in persons) or "game"
    what = [*(["sprints"] if wanted.sprints else []), *(["shifts"] if wanted.shifts else []), *map(slug, wanted.events)]
    times = [
        f"{word}-{int(time_s) // 60:03d}m{int(time_s) % 60:02d}s"
        for word, time_s in (("from", wanted.from_s), ("to", wanted.to_s))
        if time_s is not None
    ]
    return "-".join([who[:60], *(what or ([] if times else ["in-view"])), *times])


def _columns(index: pd.DataFrame) -> pd.DataFrame:
    """Round the times to what a picture's time is."""
    return rounded(index).round({"in_clip_s": 2, "start_s": 2, "end_s": 2})
