"""What is said of the run itself: headline, how much was seen, versions and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.present.formats import clock, percent, rate, short_list
from pipeline.present.labels import Person, team_title
from pipeline.present.report.lanes import time_axis
from pipeline.present.results import Results
from pipeline.understand.shots import kinds_of_frames, seconds_by_kind


def title(results: Results) -> str:
    """Name the game: by its teams where a roster names both, else as its folder is called, else as its video."""
    names = [team_title(team, results.players) for team in ("A", "B")]
    if all(name != team_title(team) for name, team in zip(names, ("A", "B"), strict=True)):
        return " – ".join(names)
    return results.title or results.video.path.stem


def subtitle(results: Results) -> str:
    """Say what was analysed in one line."""
    video = results.video
    begin, end = time_axis(results.frames) if len(results.frames) else (results.start_s, results.start_s)
    size = f"{video.width_px} × {video.height_px} px"
    return f"{video.path.name} · {clock(begin)} to {clock(end)} of {clock(video.duration_s)} · {size} · {rate(video.fps)} frames per second"


def tiles(results: Results, persons: Sequence[Person]) -> list[tuple[str, str, str]]:
    """Choose the headline facts: (value, name, remark)."""
    players = [person for person in persons if person.role == "player"]
    teams = sorted({person.team for person in players if person.team is not None})
    split = " · ".join(f"{team_title(t, results.players)}: {sum(p.team == t for p in players)}" for t in teams)
    referees = len(persons) - len(players)
    return [
        _time_tile(results),
        (str(len(players)), "player" if len(players) == 1 else "players", split or "teams not distinguished"),
        (str(referees), "referee" if referees == 1 else "referees", "not counted as players"),
        _court_tile(results),
    ]


def _time_tile(results: Results) -> tuple[str, str, str]:
    """Say how much time counts, and how much of the video that is."""
    counted = seconds_by_kind(results.frames, results.shots)
    total, game = sum(counted.values()), counted.get("game", 0.0)
    if game == total:
        return clock(game), "of game", f"{len(results.frames):,} frames analysed".replace(",", "\u202f")
    rest = " and ".join(f"{kind}s" for kind in sorted(counted) if kind != "game")
    return clock(game), "of game", f"of {clock(total)} analysed; {rest} do not count"


def _court_tile(results: Results) -> tuple[str, str, str]:
    """Say whether and how often the court is known."""
    registration = results.registration
    if registration is None or not results.has_metres:
        return "none", "court calibration", "no metres, no heat maps"
    court = registration.court
    size = f"{rate(court.length_m)} × {rate(court.width_m)} m"
    game = results.frames["frame"][kinds_of_frames(results.frames, results.shots) == "game"]
    share = float(game.isin(registration.table["frame"]).mean()) if len(game) else 0.0
    return percent(share), "of the game on the court plan", f"{court.name.upper()} court, {size}"


def how_much_seen(results: Results) -> list[tuple[str, str]]:
    """Say how much of the game the numbers rest on: (what, how much)."""
    detections = results.detections
    people_rows = detections[detections["class"].isin(["player", "referee"])]
    linked = results.tracks.merge(results.identities, on="track_id", how="left")
    identified = int(linked["player_id"].notna().sum())
    found = [
        ("Boxes of people found", f"{len(people_rows):,}".replace(",", "\u202f")),
        ("of these in a track", _with_share(len(results.tracks), len(people_rows))),
        ("of these given to a player or referee", _with_share(identified, len(people_rows))),
    ]
    if results.registration is not None and results.has_metres:
        table = results.registration.table
        measured = int((table["source"] == "measured").sum())
        found.append(("Frames placed on the court plan", _with_share(len(table), len(results.frames))))
        found.append(("of these calibrated themselves, not carried by camera motion", str(measured)))
    if len(results.positions):
        bridged = int((results.positions["source"] == "bridged").sum())
        found.append(("Positions bridged over short gaps", _with_share(bridged, len(results.positions))))
    return found


def flat(facts: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Flatten nested facts to (name, text)."""
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += flat(value, f"{name} · ")
        elif isinstance(value, float):
            rows.append((name, f"{value:.4g}"))
        else:
            rows.append((name, short_list(value)))
    return rows


def _with_share(count: int, total: int) -> str:
    """Write a count with its share."""
    return f"{count:,} ({percent(count / total)})".replace(",", "\u202f") if total else str(count)
