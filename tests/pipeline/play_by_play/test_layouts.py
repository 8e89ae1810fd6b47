"""Play-by-plays as they are published, in small."""

import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.play_by_play import OfficialEvent, read_play_by_play

OURS = "Period,Clock,Team,Player,Event,Number,Points\n2,4:08,SAS,Trey Lyles,2pt made,41,2\n2,4:00.5,SAS,,time-out,,\n"
NBA_V2 = (
    "GAME_ID,EVENTNUM,EVENTMSGTYPE,PERIOD,PCTIMESTRING,PLAYER1_NAME,PLAYER1_TEAM_ABBREVIATION,PLAYER2_NAME\n"
    "1,2,12,1,12:00,,,\n1,7,8,1,6:31,Lonnie Walker,SAS,Derrick White\n1,9,1,1,6:20,Derrick White,SAS,\n"
)
NBA_LIVE = {
    "meta": {},
    "game": {
        "gameId": "1",
        "actions": [
            {"period": 1, "clock": "PT06M31.00S", "actionType": "substitution", "subType": "in", "teamTricode": "SAS", "playerName": "White", "personId": 4},
            {"period": 1, "clock": "PT00M05.40S", "actionType": "3pt", "subType": "Jump Shot", "shotResult": "Made", "teamTricode": "OKC", "playerName": "Gallinari"},
        ],
    },
}  # fmt: skip
FIBA = {
    "tm": {"1": {"name": "Novellara"}, "2": {"name": "Lugo"}},
    "pbp": [
        {"gt": "03:00", "period": 1, "periodType": "OVERTIME", "tno": 2, "firstName": "Ugo", "familyName": "Neri", "shirtNumber": "7", "actionType": "2pt", "subType": "layup", "success": 1, "scoring": 1},
        {"gt": "09:12", "period": 1, "periodType": "REGULAR", "tno": 1, "firstName": "Aldo", "familyName": "Bianchi", "shirtNumber": "12", "actionType": "substitution", "subType": "out", "success": 1, "scoring": 0},
    ],
}  # fmt: skip
EUROLEAGUE = {
    "TeamA": "X",
    "FirstQuarter": [
        {"PLAYTYPE": "BP", "CODETEAM": "", "PLAYER": None, "DORSAL": None, "MARKERTIME": ""},
        {"PLAYTYPE": "2FGM", "CODETEAM": "ULK       ", "PLAYER": "DE COLO, NANDO", "DORSAL": "1", "MARKERTIME": "09:45"},
    ],
    "SecondQuarter": [{"PLAYTYPE": "IN", "CODETEAM": "ULK", "PLAYER": "VESELY, JAN", "DORSAL": "24", "MARKERTIME": "08:00"}],
}  # fmt: skip


def events_of(tmp_path: Path, name: str, content: str | dict) -> list[OfficialEvent]:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return list(read_play_by_play(path))


def test_ours(tmp_path):
    assert events_of(tmp_path, "a.csv", OURS) == [
        OfficialEvent(2, 248.0, "SAS", "Trey Lyles", "41", "2pt made", 2),
        OfficialEvent(2, 240.5, "SAS", "", "", "time-out"),
    ]


def test_the_nba(tmp_path):
    first, second, third = events_of(tmp_path, "v2.csv", NBA_V2)
    assert first == OfficialEvent(1, 391.0, "SAS", "Lonnie Walker", "", "out")
    assert second == OfficialEvent(1, 391.0, "SAS", "Derrick White", "", "in")
    assert third.event == "made"
    change, shot = events_of(tmp_path, "live.json", NBA_LIVE)
    assert (change.event, change.clock_s, change.player) == ("in", 391.0, "White")
    assert (shot.event, shot.clock_s, shot.team) == ("3pt made", 5.4, "OKC")


def test_fiba_live_stats(tmp_path):
    change, shot = events_of(tmp_path, "data.json", FIBA)
    assert change == OfficialEvent(1, 552.0, "Novellara", "Aldo Bianchi", "12", "out")
    assert shot == OfficialEvent(5, 180.0, "Lugo", "Ugo Neri", "7", "2pt made")


def test_the_euroleague(tmp_path):
    assert events_of(tmp_path, "pbp.json", EUROLEAGUE) == [
        OfficialEvent(1, 585.0, "ULK", "Nando De Colo", "1", "2fgm"),
        OfficialEvent(2, 480.0, "ULK", "Jan Vesely", "24", "in"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("period,clock,team,event\n1,banana,A,shot\n", "line 2: clock 'banana': expected M:SS"),
        ("period,clock,team,event\n0,5:00,A,shot\n", "line 2: period '0'"),
        ("period,clock\n1,5:00\n", "no column 'team'"),
        ("period,clock,team,event\n", "no events"),
        ('{"other": 1}', "no play-by-play that is known"),
        ('{"game": {"actions": [1]}}', "not as such files are"),
        ('{"game": ', "line 1"),
        ("period,clock,team,event\n1,٤:٠٠,A,shot\n", "line 2: clock"),
        ("period,clock,team,event\n1,5:75,A,shot\n", "line 2: clock"),
        ("period,clock,team,event\n1,99:00,A,shot\n", "line 2: clock"),
        ("period,clock,team,event,points\n1,5:00,A,shot,two\n", "line 2: points 'two'"),
        ("period,clock,team,event\n" + "1,5:00,A,shot\n" * 10_001, "more than 10000 events"),
        (
            "period,clock,team,player,event\n" + "".join(f"1,5:00,A,{k},shot\n" for k in range(201)),
            "more than 200 people",
        ),
        ("period,clock,team,event\n1,5:00,A," + "x" * 201, "more than 200 characters"),
    ],
)
def test_what_is_none_is_said_in_one_line(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as raised:
        events_of(tmp_path, "x.csv", content)
    assert "\n" not in str(raised.value)


def test_a_number_that_is_none_is_left_out_of_what_people_may_paste_into_a_shell(tmp_path):
    rows = "".join(f"1,5:00,A,Ann,in,{number}\n" for number in ("#7", "00", "7; reboot", "$(id)", "C", "123"))
    events = events_of(tmp_path, "a.csv", "period,clock,team,player,event,number\n" + rows)
    assert [event.number for event in events] == ["7", "00", "", "", "", ""]
