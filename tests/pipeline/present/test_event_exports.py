"""Events in formats of other programs, read back by real readers where there are any."""

import csv
import io
import json

import av
import pandas as pd
import pytest
from kloppy import sportscode

from pipeline.errors import InputError
from pipeline.present.exports import EVENT_EXPORTS, GameEvents, export_events
from pipeline.tables import ALL, conform

NAMES = ["Ann", "Bo <b>", "=Cy", "Di", "Ed", "Flo\x07"]


@pytest.fixture(scope="module")
def game() -> GameEvents:
    """Six players of A; Flo comes in for Ed after 60 s, then A scores two."""
    ids = range(1, 7)
    players = {
        "player_id": ids,
        "role": "player",
        "team": "A",
        "number": [str(k) for k in ids],
        "name": NAMES,
        "color": None,
    }
    five = {f"player_{k}": k for k in range(1, 6)}
    shared = {
        "team": "A",
        "confidence": 0.9,
        "seen_s": 50.0,
        "live_s": 40.0,
        "points_for": pd.NA,
        "points_against": pd.NA,
    }
    lineups = [
        {**shared, **five, "start_s": 0.0, "end_s": 60.0},
        {**shared, **five, "player_5": 6, "start_s": 60.0, "end_s": 100.0},
    ]
    stint = {"team": "A", "seen_s": 50.0, "bridged_s": 10.0, "live_s": 40.0, "confidence": 0.9}
    stints = [{**stint, "player_id": 5, "start_s": 0.0, "end_s": 60.0, "came_for": pd.NA, "left_for": 6}]
    event = {"team": "A", "confidence": 0.9, "status": "sure", "period": 2, "clock_s": 248.0}
    events = [
        {**event, "kind": "substitution", "time_s": 60.0, "player_id": 6, "partner_id": 5, "points": pd.NA},
        {**event, "kind": "points", "time_s": 62.0, "player_id": pd.NA, "partner_id": pd.NA, "points": 2},
        {
            **event,
            "kind": "points",
            "time_s": 70.0,
            "player_id": pd.NA,
            "partner_id": pd.NA,
            "points": 3,
            "status": "candidate",
        },
    ]
    timed = pd.DataFrame(events).assign(event_id=[1, 2, 3], earliest_s=59.0, latest_s=71.0)
    play = [{"start_s": 0.0, "end_s": 55.0, "state": "live", "by": "clock", "confidence": 1.0}]
    tables = {"players": pd.DataFrame(players), "events": timed, "lineups": pd.DataFrame(lineups)}
    tables |= {"stints": pd.DataFrame(stints), "play": pd.DataFrame(play)}
    return GameEvents(**{name: conform(name, table) for name, table in tables.items()}, title="final")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:Unclosed file:ResourceWarning")
@pytest.mark.parametrize("name", ["sportscode", "longomatch"])
def test_kloppy_reads_sportscode(game, name, tmp_path):
    ((file, text),) = export_events(game, name).items()
    (tmp_path / file).write_text(text, encoding="utf-8")
    codes = {(code.code, code.timestamp.total_seconds()): code for code in sportscode.load(tmp_path / file).records}
    change = codes["Substitution A", 57.0]
    assert change.end_timestamp.total_seconds() == 65.0
    assert (change.labels["In"], change.labels["Out"]) == ("A6 Flo\ufffd", "A5 Ed")
    assert change.labels["Clock"] == "4:08"
    assert codes["Line-up A", 60.0].labels["Player"][1] == "A2 Bo <b>"
    assert codes["On court A5 Ed", 0.0].end_timestamp.total_seconds() == 60.0
    assert codes["Ball in play", 0.0].labels == {"By": "clock"}


def test_dartfish_has_milliseconds_and_a_column_per_category(game):
    rows = list(csv.DictReader(io.StringIO(export_events(game, "dartfish")["dartfish.csv"])))
    change = next(row for row in rows if row["Name"] == "Substitution A")
    assert (change["Position"], change["Duration"], change["Team"]) == ("57000", "8000", "A")
    assert (change["In"], change["Out"], change["Period"]) == ("A6 Flo\ufffd", "A5 Ed", "2")
    lineup = next(row for row in rows if row["Name"] == "Line-up A")
    assert lineup["Player"] == "A1 Ann; A2 Bo <b>; A3 =Cy; A4 Di; A5 Ed"


def test_a_player_of_films_reads_the_subtitles(game, tmp_path):
    path = tmp_path / "events.srt"
    path.write_text(export_events(game, "srt")["events.srt"], encoding="utf-8")
    with av.open(str(path)) as film:
        packets = [p for p in film.demux(film.streams.subtitles[0]) if p.size]
        times = [(float(p.pts * p.time_base), float(p.duration * p.time_base)) for p in packets]
        texts = [bytes(p).decode() for p in packets]
    assert times == [(60.0, 2.0), (62.0, 4.0), (70.0, 4.0)]
    assert texts[0] == "Team A: A6 Flo\ufffd for A5 Ed"
    assert texts[2] == "Team A: 3 points (?)"


def test_the_play_by_play_has_what_is_sure(game):
    actions = json.loads(export_events(game, "nba")["playbyplay.json"])["game"]["actions"]
    assert [(a["actionType"], a["subType"], a["personId"]) for a in actions] == [
        ("substitution", "out", 5),
        ("substitution", "in", 6),
        ("2pt", "made", 0),
    ]
    assert actions[0]["clock"] == "PT04M08.00S"
    assert [a["videoTime"] for a in actions] == [60.0, 60.0, 62.0]


@pytest.mark.parametrize("name", list(EVENT_EXPORTS))
def test_nothing_to_export_is_said(name):
    empty = {table: ALL[table].empty() for table in ("players", "events", "lineups", "stints", "play")}
    with pytest.raises(InputError, match="no line-ups and no events"):
        export_events(GameEvents(**empty, title="x"), name)
