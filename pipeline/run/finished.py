"""Pictures and files made of a finished run when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

from pipeline.errors import InputError
from pipeline.play_by_play import Alignment, align, read_play_by_play
from pipeline.present.ball_play import all_events
from pipeline.present.csv_tables import csv_text, named, rounded
from pipeline.present.exports import EVENT_EXPORTS, EventExportName, ExportName, GameEvents, export, export_events
from pipeline.present.heat_maps.subjects import Direction, Subject, player_subject, team_subject
from pipeline.present.labels import find_person, people
from pipeline.present.on_court import OnCourt
from pipeline.run.context import RESULT_TABLES
from pipeline.run.loading import context_of, read_run, video_of
from pipeline.run.observer import Observer, Silence
from pipeline.store import RunDirectory, delivery, json_bytes, make_directory, write_bytes
from pipeline.tables import TableName

EXPORT_FOLDER = "exports"
ALIGNMENT_FOLDER = "play-by-play"
MAP_FOLDER = "maps"
SCORES = "evaluation.json"
"""What evaluate leaves in a run's directory."""
_TABLES: tuple[TableName, ...] = ("frames", "players", "positions", "periods", "court", "ball")


def on_court(run: Path) -> OnCourt:
    """Read where everybody was in a finished run.

    Raises:
        InputError: the run is not finished, or has no metres.
        TableError: a table of the run is missing or damaged.
    """
    context = context_of(run, names=_TABLES)
    tables = context.tables
    if tables["positions"].empty:
        raise InputError(f"{run} has no positions in metres: the court was neither found nor given (--calibration)")
    return OnCourt(
        frames=tables["frames"],
        players=tables["players"],
        positions=tables["positions"],
        periods=tables["periods"],
        registration=context.registration,
        max_gap_s=context.settings.stats.max_gap_s,
        ball=tables["ball"],
    )


def game_events(run: Path) -> GameEvents:
    """Read what happened in a finished run.

    Raises:
        InputError: the run is not finished.
        TableError: a table of the run is missing or damaged.
    """
    names: tuple[TableName, ...] = ("players", "events", "lineups", "stints", "play", "ball_events")
    directory = read_run(run).directory
    directory.check_whole([f"{name}.parquet" for name in names])
    tables = {str(name): directory.read_table(name) for name in names}
    events = all_events(tables.pop("events"), tables.pop("ball_events"))
    return GameEvents(**tables, events=events, title=run.name)


def write_alignment(run: Path, play_by_play: Path, out: Path | None = None) -> tuple[list[Path], Alignment]:
    """Lay an official play-by-play beside a finished run, and write what came of it.

    Args:
        run: output directory of `courtside analyze`.
        play_by_play: the file.
        out: folder; None for `play-by-play` in the run.

    Raises:
        InputError: the run is not finished, its clock was not read, or the file is no play-by-play.
        OutputError: a file cannot be written.
    """
    names: tuple[TableName, ...] = ("clock", "frames", "players", "stints", "events")
    directory = read_run(run).directory
    directory.check_whole([f"{name}.parquet" for name in names])
    clock, frames, players, stints, events = (directory.read_table(name) for name in names)
    official = read_play_by_play(play_by_play)
    if clock["clock_s"].isna().all():
        raise InputError(
            f"the game clock of {run} was not read, so that no event has a time in the video; say where the scoreboard is: "
            "courtside analyze --scoreboard X,Y,W,H"
        )
    found = align(official, clock, frames, players, stints, events[events["kind"] == "substitution"])
    files = {
        "events.csv": csv_text(rounded(named(found.events, players))).encode(),
        "players.csv": csv_text(rounded(named(found.names, players))).encode(),
        "disagreements.csv": csv_text(rounded(named(found.disagreements, players))).encode(),
    }
    return _write(run, ALIGNMENT_FOLDER, out, files), found


def write_annotated(
    run: Path,
    height_px: int | None = None,
    out: Path | None = None,
    video: Path | None = None,
    observer: Observer | None = None,
) -> Path:
    """Draw the annotated video of a finished run.

    Args:
        run: output directory of `courtside analyze`.
        height_px: largest height; None for that of the settings.
        out: the MP4 file; None for `annotated.mp4` in the run, which the report then names.
        video: where the source is now; None: where it was.
        observer: follows the progress.

    Raises:
        InputError: the run is not finished, has no pixels, or its video is not there.
        OutputError: the file cannot be written.
    """
    from pipeline.present.annotated_video.annotate import write_video  # heavy, and for this alone
    from pipeline.run.publishing import draw_video, note_video
    from pipeline.run.stages import video as video_stage
    from pipeline.run.stages.runner import StageRunner

    noted, observer = read_run(run), observer or Silence()
    source = video_of(noted, video)
    context = context_of(run, names=(*RESULT_TABLES, "court"))
    context.video = source
    if noted.directory.json_path("perceive.facts").is_file():
        context.facts["perceive"] = noted.directory.read_json(
            "perceive.facts"
        )  # where scoreboards are, which nothing should cover
    settings = noted.settings.present
    height_px = settings.video_height_px if height_px is None else height_px
    if out is not None:
        make_directory(out.parent)
        observer.begin(video_stage.NAME, None, "frames")
        write_video(context.results(), out, height_px, observer.advance)
        observer.end("")
        return out
    with RunDirectory.opened(run) as directory:
        drawn = draw_video(context, StageRunner(directory, observer), height_px)
        note_video(directory, settings, noted.start_s)
    return drawn


def write_export(run: Path, name: ExportName | EventExportName, out: Path | None = None) -> list[Path]:
    """Write the positions, or the events and line-ups, of a finished run in a format of another program.

    Args:
        run: output directory of `courtside analyze`.
        name: which format.
        out: folder; None for `exports` in the run.

    Raises:
        InputError: the run is not finished, or has nothing of the kind.
        OutputError: a file cannot be written.
    """
    if name in EVENT_EXPORTS:
        texts = export_events(game_events(run), cast("EventExportName", name))
    else:
        texts = export(on_court(run), cast("ExportName", name), run.name)
    return _write(run, EXPORT_FOLDER, out, {file: text.encode() for file, text in texts.items()})


def write_map(
    run: Path,
    who: int | str,
    versus: int | str | None = None,
    period: int | None = None,
    direction: Direction = "filmed",
    kind: Literal["png", "svg"] = "png",
    out: Path | None = None,
) -> Path:
    """Draw a heat map of a finished run, or a comparison of two.

    Args:
        run: output directory of `courtside analyze`.
        who: a player by id or by what he is called, or a team by name.
        versus: whom to compare with.
        period: one period; None for all.
        direction: as filmed, or turned so that the team attacks the right basket.
        kind: of the picture.
        out: file; None for one in `maps` in the run, named after what it shows.

    Raises:
        InputError: the run is not finished, or has no such player, team, period or position.
        OutputError: the file cannot be written.
    """
    from pipeline.present.heat_maps.figures import figure_bytes, picture  # matplotlib is slow to import

    game = on_court(run)
    subject = _subject(game, who)
    compared = None if versus is None else _subject(game, versus)
    sigma_m = read_run(run).settings.present.heatmap_sigma_m
    figure = picture(game, subject, compared, period, direction, sigma_m)
    parts = [subject.file_stem, *(["versus", compared.file_stem] if compared is not None else [])]
    parts += [
        *([f"period-{period}"] if period is not None else []),
        *(["attacking"] if direction == "attacking" else []),
    ]
    data = figure_bytes(figure, kind)
    if out is None:
        return _write(run, MAP_FOLDER, None, {f"{'-'.join(parts)}.{kind}": data})[0]
    make_directory(out.parent)
    write_bytes(out, data)
    return out


def keep_scores(run: Path, scores: dict[str, Any], insert: Callable[[Path], bool]) -> bool:
    """Keep the scores of a run in its directory, and show them in its report.

    Args:
        run: output directory of `courtside analyze`.
        scores: plain data.
        insert: puts them into a report, and says whether it has a place for them.

    Returns:
        Whether the report shows them.

    Raises:
        OutputError: they cannot be written.
    """
    with RunDirectory.opened(run) as directory:
        directory.published.publish("scores", SCORES, json_bytes(scores))
        return directory.published.amend("report.html", insert)


def _subject(game: OnCourt, who: int | str) -> Subject:
    """Find a player, or a team: what is one letter."""
    if isinstance(who, str) and len(who) == 1 and who.isalpha():
        return team_subject(game, who.upper())
    if isinstance(who, str):
        who = find_person(people(game.players), who).player_id
    return player_subject(game, who)


def _write(run: Path, folder: str, out: Path | None, files: dict[str, bytes]) -> list[Path]:
    """Write files whole or not at all; never over what is not ours.

    Args:
        run: the output directory.
        folder: of the run, which they are published in if no other is named.
        out: another folder.
        files: contents by name.
    """
    with delivery(run, folder, out) as place, place.writing(list(files)) as staging:
        for name, data in files.items():
            write_bytes(staging / name, data)
    return [place.shown / name for name in files]
