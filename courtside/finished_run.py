"""A finished analysis as an object: tables, pictures, clips and heat maps."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from courtside.heat_maps import draw_heat_map
from pipeline.errors import InputError, TableError
from pipeline.run.loading import context_of, read_run, video_of
from pipeline.run.pictures import RunPictures
from pipeline.tables import ALL, HOMOGRAPHY_COLUMNS, TableName

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pipeline.config import Settings
    from pipeline.geometry.court import Court
    from pipeline.present.labels import Person
    from pipeline.run.context import RunContext
    from pipeline.video import VideoInfo

_BOX_COLUMNS = ("frame", "time_s", "player_id", "label", "team", "track_id", "x1", "y1", "x2", "y2", "confidence")


class Run:
    """A finished analysis, as `courtside.analyze` and `courtside.load` return it.

    Tables are tidy DataFrames, one row per fact, read when they are asked for; units stand in the names of the columns
    (`_s`, `_m`, `_mps`, `_px`). Missing is NaN. A player is named by id (`7`), or, where only one fits, by label (`"A23"`,
    `"A-P7"`), name (`"Nikola Jokic"`) or number (`"#23"`); a team by `"A"` or `"B"`.

    Args:
        out: output directory of the analysis.
        video: where its video is now; None: where it was.

    Raises:
        CourtsideError: the run is not finished, or was made by another version.
    """

    def __init__(self, out: Path, video: Path | None = None) -> None:
        self._noted = read_run(out)
        self._video = video

    @property
    def out(self) -> Path:
        """The output directory."""
        return self._noted.out

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.out / "report.html"

    @property
    def settings(self) -> Settings:
        """The settings that the run was made with."""
        return self._noted.settings

    @property
    def video(self) -> VideoInfo:
        """Size, rate and length of the video, as it was when it was analysed; `path` is its file name."""
        return self._noted.video

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as one would expect, most important first."""
        return self._noted.warnings

    @cached_property
    def tables(self) -> Mapping[TableName, pd.DataFrame]:
        """Every stored table by name, as the reference of tables lists them."""
        return _StoredTables(self)

    @cached_property
    def players(self) -> pd.DataFrame:
        """One row per player or referee: player_id, label, role, team, number, name, color."""
        players = self.tables["players"]
        labels = pd.Series({person.player_id: person.label for person in self._people}, dtype="str")
        table = players.assign(label=players["player_id"].map(labels))
        columns = ["player_id", "label", *(name for name in players.columns if name != "player_id")]
        return table[columns]

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Where everybody was, one row per player and frame: table `positions` with label and team."""
        return self._labelled(self.tables["positions"])

    @cached_property
    def boxes(self) -> pd.DataFrame:
        """Where everybody is in the picture, one row per player and frame.

        Columns frame, time_s, player_id, label, team, track_id, x1, y1, x2, y2 (px) and the confidence of the identity.
        """
        tables = self.tables
        rows = (
            tables["tracks"].merge(tables["identities"], on="track_id").merge(tables["detections"], on="detection_id")
        )
        rows = rows.merge(tables["frames"][["frame", "time_s"]], on="frame")
        rows = self._labelled(rows).sort_values(["frame", "player_id"], ignore_index=True)
        return rows[list(_BOX_COLUMNS)]

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """One row per tracklet of somebody known: track_id, player_id, label, team, start_s, end_s, boxes, confidence."""
        by_track = self.boxes.groupby("track_id", as_index=False)
        return by_track.agg(
            player_id=("player_id", "first"),
            label=("label", "first"),
            team=("team", "first"),
            start_s=("time_s", "min"),
            end_s=("time_s", "max"),
            boxes=("time_s", "size"),
            confidence=("confidence", "first"),
        )

    @cached_property
    def player_stats(self) -> pd.DataFrame:
        """One row per player: seconds, distance, speed, zones and the rest of table `player_stats`, with a label."""
        stats = self.tables["player_stats"]
        labels = self.players.set_index("player_id")["label"]
        return stats.assign(label=stats["player_id"].map(labels))[["player_id", "label", *stats.columns[1:]]]

    @property
    def team_stats(self) -> pd.DataFrame:
        """One row per team."""
        return self.tables["team_stats"]

    @property
    def periods(self) -> pd.DataFrame:
        """One row per period of the game."""
        return self.tables["periods"]

    @property
    def efforts(self) -> pd.DataFrame:
        """One row per sprint, hard acceleration and deceleration, and when everybody was fastest."""
        return self._labelled(self.tables["efforts"])

    @property
    def box_score(self) -> pd.DataFrame:
        """What each player did with the ball, sure events only; in the rows without a player, each team. Empty without the ball."""
        box = self.tables["box_score"]
        box.insert(2, "label", box["player_id"].map(self.players.set_index("player_id")["label"]))
        return box

    @property
    def matchups(self) -> pd.DataFrame:
        """One row per defender and opponent: for how long he guarded him in half-court play; `tables` has `guards`, `phases` and `team_tactics` too."""
        return self._labelled(self.tables["matchups"].drop(columns="team"))

    @property
    def lineups(self) -> pd.DataFrame:
        """One row per team and line-up, in order of time; `tables` has `stints`, `pairs`, `fives`, `play` and `clock` too."""
        return self.tables["lineups"]

    @property
    def events(self) -> pd.DataFrame:
        """One row per event, as `events.csv` lists them.

        Substitutions, points and periods where the scoreboard was read, and what was done with the ball where that was followed;
        `tables` has `touches`, `possessions`, `ball` and `flights` too.
        """
        from pipeline.present.ball_play import all_events

        return all_events(self.tables["events"], self.tables["ball_events"])

    @property
    def shots(self) -> pd.DataFrame:
        """One row per camera shot, and whether it shows the game, a close-up or a replay."""
        return self.tables["shots"]

    @property
    def court(self) -> Court:
        """The court that was played on: its size and lines, in metres."""
        return self._context.registration.court

    def court_at(self, frame: int) -> NDArray[np.float64] | None:
        """Return the homography (3, 3) of a frame, px of the picture without lens distortion -> metres on the court.

        Args:
            frame: number of an analysed frame.

        Returns:
            None where the court is not known.
        """
        rows = self.tables["court"]
        found = rows.loc[rows["frame"] == frame, list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64)
        return found[0].reshape(3, 3) if len(found) else None

    def player(self, who: int | str) -> int:
        """Return the id of a player.

        Args:
            who: id, number, name or label.

        Raises:
            CourtsideError: nobody fits, or several do.
        """
        if isinstance(who, str):
            from pipeline.present.labels import find_person

            return find_person(self._people, who).player_id
        if all(person.player_id != who for person in self._people):
            raise InputError(
                f"there is no player {who}; the run has {', '.join(str(person.player_id) for person in self._people) or 'none'}"
            )
        return who

    def frame(self, number: int, *, annotated: bool = False) -> NDArray[np.uint8]:
        """Decode an analysed frame.

        Args:
            number: column `frame` of the tables.
            annotated: draw who is who, as in the annotated video (without trails).

        Returns:
            (h, w, 3) RGB.

        Raises:
            CourtsideError: the frame was not analysed, or the video is not there.
        """
        return self._pictures.frame(number, annotated)

    def crops(self, player: int | str, count: int = 8) -> list[NDArray[np.uint8]]:
        """Cut out the clearest pictures of a player, spread over the time.

        Args:
            player: id, number, name or label.
            count: at most so many.

        Returns:
            Pictures (h, w, 3) RGB, in order of time.

        Raises:
            CourtsideError: there is no such player, or the video is not there.
        """
        return self._pictures.crops(self.player(player), count)

    def clip(
        self, player: int | str, start_s: float, end_s: float, out: str | Path | None = None, *, cropped: bool = False
    ) -> Path:
        """Write a stretch of the video with a player outlined, or cut to the place where the player is.

        Args:
            player: id, number, name or label.
            start_s: first second, on the clock of the video.
            end_s: first second that is left out.
            out: the MP4 file; None for one in `clips` in the output directory.
            cropped: a window around the player that follows, not the whole picture.

        Returns:
            The file.

        Raises:
            CourtsideError: the player is not in view then, or the video is not there.
        """
        who = self.player(player)
        return self._pictures.clip(who, (start_s, end_s), None if out is None else Path(out), cropped)

    def heatmap(
        self,
        who: int | str,
        ax: Axes | None = None,
        *,
        period: int | None = None,
        direction: Literal["filmed", "attacking"] = "filmed",
    ) -> Axes:
        """Draw where a player or a team spent the time.

        Args:
            who: a player by id, number, name or label; a team by 'A' or 'B'.
            ax: matplotlib axes to draw on; None for a new figure.
            period: one period; None for all.
            direction: as filmed, or turned so that the team attacks the right basket.

        Returns:
            The axes, in metres on the court.

        Raises:
            CourtsideError: there is no such player or period, or no position in it.
        """
        teams = set(self.tables["players"]["team"].dropna())
        subject = who if isinstance(who, str) and who in teams else self.player(who)
        return draw_heat_map(self.out, subject, ax, period, direction)

    def __repr__(self) -> str:
        """Say what this is in one line."""
        count = int((self.tables["players"]["role"] == "player").sum())
        return (
            f"<courtside.Run {str(self.out)!r}: {count} players, {self._analysed_s():.1f} s of {self.video.path.name}>"
        )

    def _repr_html_(self) -> str:
        """Show a summary in a notebook."""
        from pipeline.present.palette import player_colors

        colors = player_colors(self.tables["players"])
        rows = "".join(
            f'<tr><td><span style="display:inline-block;width:.8em;height:.8em;border-radius:50%;'
            f'background:{colors[int(row["player_id"])].hex}"></span> {_text(row["label"])}</td>'
            f"<td>{_text(row['team'])}</td><td>{_text(row['name'])}</td>"
            f"<td>{_rounded(row['seen_s'], 's')}</td><td>{_rounded(row['distance_m'], 'm')}</td></tr>"
            for row in self.player_stats.to_dict("records")
        )
        head = "".join(f"<th>{name}</th>" for name in ("player", "team", "name", "seen", "distance"))
        title = f"{html.escape(self.video.path.name)}, {self._analysed_s():.0f} s"
        return f"<div><b>{title}</b><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"

    def _analysed_s(self) -> float:
        times = self.tables["frames"]["time_s"]
        return float(times.iloc[-1] - times.iloc[0]) if len(times) else 0.0

    def _labelled(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Add label and team by player_id, behind it."""
        people = self.players[["player_id", "label", "team"]]
        joined = rows.merge(people, on="player_id", how="left")
        others = [name for name in rows.columns if name != "player_id"]
        return joined[["player_id", "label", "team", *others]]

    @cached_property
    def _people(self) -> list[Person]:
        from pipeline.present.labels import people

        return people(self.tables["players"])

    @cached_property
    def _context(self) -> RunContext:
        return context_of(self.out, names=("court",))

    @cached_property
    def _pictures(self) -> RunPictures:
        return RunPictures(self._noted, video_of(self._noted, self._video))


class UnknownTableError(TableError, KeyError):
    """There is no table of this name."""

    __str__ = Exception.__str__  # a KeyError puts its message in quotation marks


class _StoredTables(Mapping[TableName, pd.DataFrame]):
    """The tables of a run, each read when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self._directory = run._noted.directory
        self._read: dict[TableName, pd.DataFrame] = {}

    def __getitem__(self, name: TableName) -> pd.DataFrame:
        if name not in ALL:
            raise UnknownTableError(f"there is no table {name!r}; there are {', '.join(ALL)}")
        if name not in self._read:
            self._directory.check_whole([f"{name}.parquet"])
            self._read[name] = self._directory.read_table(name)
        return self._read[name].copy()

    def __iter__(self) -> Iterator[TableName]:
        return iter(ALL)

    def __len__(self) -> int:
        return len(ALL)

    def __repr__(self) -> str:
        return f"<tables of {self._directory.root}: {', '.join(ALL)}>"


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else html.escape(str(value))  # type: ignore[call-overload]


def _rounded(value: float, unit: str) -> str:
    return "" if pd.isna(value) else f"{value:.0f} {unit}"
