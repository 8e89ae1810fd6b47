"""A made-up game: ten players and two referees on a FIBA court, seen by a camera that scales metres to px."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Settings, parse_settings
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from pipeline.present.results import Results
from pipeline.tables import (
    ALL,
    HOMOGRAPHY_COLUMNS,
    MOTION_COLUMNS,
    NUMBER_VOTES,
    PLAYER_EVIDENCE,
    PLAYER_STATS,
    POSITIONS,
    TEAM_STATS,
    TableName,
    conform,
)
from pipeline.understand.court import CourtRegistration
from pipeline.video import VideoInfo

WIDTH_PX, HEIGHT_PX = 320, 180
FPS = 30.0
FRAMES = 24
METRE_PX = 10.0
SHIFT_PX = np.array([20.0, 20.0])
IDS = np.array([*range(1, 11), 101, 102])


@dataclass(frozen=True)
class Picture:
    """A decoded frame."""

    time_s: float
    image: np.ndarray


def feet_m(seconds: float) -> np.ndarray:
    """Everybody's place (12, 2) in metres: each on a circle of its own."""
    angle = 0.5 * seconds + IDS
    centre = np.column_stack([4 + 20 * (np.arange(12) / 11), 3 + 9 * ((np.arange(12) * 5) % 12) / 11])
    return centre + 1.5 * np.column_stack([np.cos(angle), np.sin(angle)])


def pictures() -> Iterator[Picture]:
    """The made-up video."""
    for frame in range(FRAMES):
        yield Picture(frame / FPS, np.full((HEIGHT_PX, WIDTH_PX, 3), (60 + frame, 110, 150), np.uint8))


def frames_table() -> pd.DataFrame:
    frames = pd.DataFrame({"frame": np.arange(FRAMES), "time_s": np.arange(FRAMES) / FPS, "shot": 0})
    for name, value in zip(MOTION_COLUMNS, np.eye(3).ravel(), strict=True):
        frames[name] = value
    frames.loc[0, list(MOTION_COLUMNS)] = np.nan
    return conform("frames", frames)


def detections_table(frames: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for frame, seconds in zip(frames["frame"], frames["time_s"], strict=True):
        for who, (x, y) in zip(IDS, feet_m(seconds) * METRE_PX + SHIFT_PX, strict=True):
            kind = "referee" if who > 100 else "player"
            rows.append((frame, x - 6, y - 30, x + 6, y, 0.9, kind, 0.5 + 0.4 * np.sin(frame + who)))
        rows.append((frame, 150.0, 80.0, 156.0, 86.0, 0.6, "ball", np.nan))
    columns = ["frame", "x1", "y1", "x2", "y2", "score", "class", "quality"]
    table = pd.DataFrame(rows, columns=columns).assign(jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    return conform("detections", table.assign(detection_id=np.arange(len(table))))


def players_table(names: dict[int, str]) -> pd.DataFrame:
    return conform(
        "players",
        pd.DataFrame(
            {
                "player_id": IDS,
                "role": ["player"] * 10 + ["referee"] * 2,
                "team": ["A"] * 5 + ["B"] * 5 + [None] * 2,
                "number": ["0", "00", "4", "23", None, "7", "8", "12", "44", None, None, None],
                "name": [names.get(int(who)) for who in IDS],
                "color": ["#c8b9ae"] * 5 + ["#30507a"] * 5 + ["#808080"] * 2,
            }
        ),
    )


def shots_table() -> pd.DataFrame:
    whole = {"shot": [0], "first_frame": 0, "last_frame": FRAMES - 1, "kind": "game", "reason": None}
    return conform("shots", pd.DataFrame(whole | {"repeats_from_s": np.nan, "speed": np.nan}))


def positions_table(frames: pd.DataFrame) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"player_id": IDS, "frame": frame, "time_s": seconds, "x_m": xy[:, 0], "y_m": xy[:, 1]})
        for frame, seconds in zip(frames["frame"], frames["time_s"], strict=True)
        for xy in [feet_m(seconds)]
    ]
    return conform(
        "positions", pd.concat(parts).assign(speed_mps=0.75, position_sd_m=0.1, speed_sd_mps=0.2, source="seen")
    )


def stats_table(players: pd.DataFrame, metres: bool) -> pd.DataFrame:
    table = players[["player_id", "role", "team", "number", "name"]].copy()
    for column in PLAYER_STATS.columns:
        if column.name not in table.columns:
            table[column.name] = pd.NA if column.dtype == "Int64" else np.nan
    seen = {"first_s": 0.0, "last_s": 0.8, "seen_s": 0.8, "bridged_s": 0.0, "on_court_s": 0.8, "confidence": 0.9}
    located = {"located_s": 0.8, "distance_m": 12.345678, "mean_speed_mps": 1.5, "top_speed_mps": 6.25, "sprints": 1}
    zones = {"walk_s": 0.4, "jog_s": 0.2, "run_s": 0.1, "sprint_s": 0.1}
    return conform("player_stats", table.assign(**seen, **(located | zones if metres else {})))


def game_tables(stats: pd.DataFrame, metres: bool) -> dict[str, pd.DataFrame]:
    """One period, in which team A attacks the right basket."""
    periods = pd.DataFrame({"period": [1], "start_s": 0.0, "end_s": 0.8, "right_team": "A", "agreement": 0.9})
    teams = pd.DataFrame({"team": ["A", "B"], "players": 5, "distance_m": 60.0, "attacks": 1})
    for column in TEAM_STATS.columns:
        if column.name not in teams.columns:
            teams[column.name] = 2.0 if column.name != "offence_share" else 0.5
    teams = teams if metres else teams.iloc[:0]
    return {
        "periods": conform("periods", periods),
        "player_stats": stats,
        "player_periods": conform("player_periods", stats.assign(period=1)),
        "efforts": efforts_table(stats, metres),
        "team_stats": conform("team_stats", teams),
        "team_periods": conform("team_periods", teams.assign(period=1)),
        **lineup_tables(),
    }


def efforts_table(stats: pd.DataFrame, metres: bool) -> pd.DataFrame:
    """One sprint each, in which everybody was fastest."""
    if not metres or stats.empty:
        return ALL["efforts"].empty()
    sprint = stats[["player_id", "top_speed_mps"]].assign(kind="sprint", start_s=0.1, end_s=0.7)
    both = pd.concat([sprint, sprint.assign(kind="top-speed", start_s=0.2, end_s=0.5)])
    return conform("efforts", both)


def lineup_tables() -> dict[str, pd.DataFrame]:
    """Nobody is known to be on the floor."""
    names: tuple[TableName, ...] = (
        *("clock", "play", "lineups", "stints", "pairs", "fives", "events"),
        *("ball", "touches", "possessions", "ball_events", "box_score"),
        *("shot_zones", "phases", "guards", "matchups", "team_tactics"),
    )
    return {str(name): ALL[name].empty() for name in names}


def registration_of(frames: pd.DataFrame) -> CourtRegistration:
    table = frames[["frame"]].copy()
    matrix = np.array([[1 / METRE_PX, 0, -2.0], [0, 1 / METRE_PX, -2.0], [0, 0, 1.0]])
    for name, value in zip(HOMOGRAPHY_COLUMNS, matrix.ravel(), strict=True):
        table[name] = value
    return CourtRegistration(
        table=conform("court", table.assign(error_px=1.0, source="measured")),
        lens=Lens(),
        court=COURTS["fiba"],
        image_size_px=(WIDTH_PX, HEIGHT_PX),
        fixed=True,
        warnings=(),
    )


def embeddings_of(detections: pd.DataFrame) -> np.ndarray:
    """One axis of the embedding per person; the ball has none."""
    vectors = np.full((len(detections), 16), np.nan, np.float16)
    person = np.flatnonzero(detections["class"] != "ball")
    vectors[person] = np.eye(16)[np.tile(np.arange(len(IDS)), FRAMES)]
    return vectors


def made_up_video(path: Path) -> VideoInfo:
    return VideoInfo(
        path=path,
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        fps=FPS,
        start_s=0.0,
        duration_s=FRAMES / FPS,
        codec="h264",
        pixel_format="yuv420p",
        has_audio=False,
        rotation_deg=0,
        time_base=Fraction(1, 90_000),
        start_pts=0,
        size_bytes=1000,
    )


def tracklets_table(people: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame({"track_id": IDS, "seen_s": 0.8, "role": people["role"], "team": people["team"]})
    blank = dict.fromkeys(
        ("team_confidence", "number_confidence", "likeliest_confidence", "runner_up_confidence"), np.nan
    )
    return conform("tracklets", table.assign(**blank, number=None, likeliest=pd.NA, runner_up=pd.NA))


@pytest.fixture
def make_results() -> Callable[..., Results]:
    """Make results of the game: with or without metres, with the first so many people, with names."""

    def make(
        metres: bool = True,
        players: int = 12,
        names: dict[int, str] | None = None,
        settings: Settings | None = None,
        path: Path = Path("game.mp4"),
        warnings: tuple[str, ...] = (),
    ) -> Results:
        frames = frames_table()
        detections = detections_table(frames)
        people = players_table(names or {})
        tracked = detections[detections["class"] != "ball"]
        track_id = np.tile(IDS, FRAMES)
        tracks = pd.DataFrame({"detection_id": tracked["detection_id"].to_numpy(), "track_id": track_id})
        identities = pd.DataFrame({"track_id": IDS, "player_id": IDS, "confidence": 0.9})
        keep = slice(players)
        located = positions_table(frames) if metres else POSITIONS.empty()
        return Results(
            video=made_up_video(path),
            settings=settings or parse_settings({"present": {"crops_per_player": 3}}),
            start_s=0.0,
            end_s=None,
            frames=frames,
            detections=detections,
            tracks=conform("tracks", tracks),
            identities=conform("identities", identities[keep]),
            players=people[keep],
            tracklets=tracklets_table(people),
            player_evidence=PLAYER_EVIDENCE.empty(),
            number_votes=NUMBER_VOTES.empty(),
            shots=shots_table(),
            positions=located[located["player_id"].isin(IDS[keep])].reset_index(drop=True),
            **game_tables(stats_table(people, metres)[keep], metres),
            embeddings=embeddings_of(detections),
            registration=registration_of(frames) if metres else None,
            warnings=warnings,
            facts={"versions": {"courtside": "0.1.0"}, "seconds": {"track": 1.23456}},
        )

    return make


@pytest.fixture
def source() -> Callable[[], Iterator[Picture]]:
    """The made-up video's frames."""
    return pictures
