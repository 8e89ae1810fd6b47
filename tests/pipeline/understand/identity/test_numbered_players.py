"""Players get the number that was read on them, and a name from the roster; contradicting numbers keep people apart."""

import numpy as np
import pandas as pd
import pytest

from models.numbers.texts import ONES, TENS, index_of
from pipeline.config import IdentifySettings
from pipeline.tables import ONES_COLUMNS, TENS_COLUMNS, conform
from tests.pipeline.understand.identity.test_stage import Scene, Tracklet, player_of, scene


def with_numbers(made: Scene, worn: dict[int, str], every: int = 5) -> tuple[Scene, pd.DataFrame]:
    """Print each tracklet's number on its torso and read it in every so many-th frame."""
    boxes = made.game.detections.merge(made.game.tracks, on="detection_id")
    shown = boxes[boxes["track_id"].isin(worn) & (boxes["frame"] % every == 0)]
    first = len(made.game.detections)
    ids = np.arange(first, first + len(shown))
    left = shown["x1"].to_numpy()
    number = shown.drop(columns="track_id").assign(
        **{"class": "number"}, x1=left + 12, x2=left + 28, y1=225.0, y2=240.0, detection_id=ids
    )
    number[["quality", "jersey_l", "jersey_a", "jersey_b"]] = np.nan
    detections = conform("detections", pd.concat([made.game.detections, number], ignore_index=True))
    place = np.array([index_of(worn[track]) for track in shown["track_id"]], dtype=np.int64)
    tens, ones = np.full((len(shown), 11), 0.002), np.full((len(shown), 10), 0.002)
    each = np.arange(len(shown))
    tens[each, TENS[place]], ones[each, ONES[place]] = 0.98, 0.98
    columns = pd.Index([*TENS_COLUMNS, *ONES_COLUMNS])
    reads = pd.DataFrame(np.column_stack([tens, ones]), columns=columns).assign(
        detection_id=ids, legible=0.98, mirrored=0.0
    )
    vectors = np.vstack(
        [made.game.embeddings, np.full((len(shown), made.game.embeddings.shape[1]), np.nan, np.float16)]
    )
    feet = np.vstack([made.game.feet_m, np.full((len(shown), 2), np.nan)])
    return made.but(detections=detections, embeddings=vectors, feet_m=feet), conform("number_reads", reads)


ROSTER = pd.DataFrame({"number": ["4", "7", "00"], "name": ["Ada", "Bea", "Cleo"], "team": ["A", "B", "B"]})


def test_players_have_the_number_that_was_read_and_a_name() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "00", 3: "23"})
    players = made.identify(number_reads=reads, roster=ROSTER).players
    found = {
        team: dict(zip(rows["number"].fillna("-"), rows["name"].fillna("-"), strict=True))
        for team, rows in players.groupby("team")
    }
    assert found == {"A": {"4": "Ada", "23": "-"}, "B": {"00": "Cleo", "-": "Bea"}}  # the only one left for B's last
    assert dict(zip(players["name"].dropna(), players["name_from"].dropna(), strict=True)) == {
        "Ada": "roster",
        "Cleo": "roster",
        "Bea": "inferred",
    }


def test_nobody_is_named_where_two_rows_are_left_or_not_everybody_was_seen() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "00", 3: "23"})
    more = pd.concat([ROSTER, pd.DataFrame({"number": ["9"], "name": ["Dee"], "team": ["B"]})], ignore_index=True)
    players = made.identify(number_reads=reads, roster=more).players
    assert set(players["name"].dropna()) == {"Ada", "Cleo"}


def test_teams_are_called_as_the_roster_calls_them() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "00", 3: "23"})
    roster = ROSTER.assign(team=ROSTER["team"].map({"A": "Lions", "B": "Bears"}))
    players = made.identify(number_reads=reads, roster=roster).players
    assert players.groupby("team")["team_name"].first().to_dict() == {"A": "Lions", "B": "Bears"}


def test_one_read_is_not_enough_for_a_number() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(2)]), {1: "4"}, every=100)
    assert len(reads) == 1
    players = made.identify(number_reads=reads).players
    assert players["number"].isna().all()


@pytest.mark.parametrize("teams", [("Home", "Guests"), (None, None), ("B", "A")])
def test_teams_of_the_roster_may_have_other_names(teams: tuple[str | None, str | None]) -> None:
    """Team A is the one in the lighter jersey, which a roster need not know; the numbers tell."""
    roster = ROSTER.assign(team=[teams[0], teams[1], teams[1]])
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "00", 4: "7"})
    players = made.identify(number_reads=reads, roster=roster).players
    assert set(players["name"].dropna()) == {"Ada", "Bea", "Cleo"}


def test_a_name_needs_the_right_team() -> None:
    roster = pd.DataFrame(
        {"number": ["4", "4", "7"], "name": ["Ada", "Dora", "Bea"], "team": ["Home", "Guests", "Home"]}
    )
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "4"})
    unknown = made.identify(number_reads=reads, roster=roster).players
    assert unknown["name"].isna().all()  # either team may be Home
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(4)]), {1: "4", 2: "4", 3: "7"})
    players = made.identify(number_reads=reads, roster=roster).players
    named = dict(zip(zip(players["team"], players["number"], strict=True), players["name"], strict=True))
    assert (named["A", "4"], named["A", "7"], named["B", "4"]) == ("Ada", "Bea", "Dora")


def test_two_look_alikes_with_different_numbers_stay_two() -> None:
    tracklets = [Tracklet(0, 0, 150), Tracklet(0, 170, 320), Tracklet(1, 0, 320)]
    same, alike = with_numbers(scene(tracklets), {1: "4", 2: "4"}), with_numbers(scene(tracklets), {1: "4", 2: "5"})
    for (made, reads), people in ((same, 2), (alike, 3)):
        identities, players = made.identify(number_reads=reads)[:2]
        assert len(players) == people
        owners = player_of(identities, 3)
        assert (owners[0] == owners[1]) == (people == 2)


def test_two_team_mates_who_stand_there_together_do_not_wear_one_number() -> None:
    """Players 0 and 2 are of one team, 1 of the other: what is read on both mates is a stripe, or one of them is misread."""
    tracklets = [Tracklet(0, 0, 320), Tracklet(2, 0, 320), Tracklet(1, 0, 320)]
    made, reads = with_numbers(scene(tracklets), {1: "11", 2: "11", 3: "11"})
    players = made.identify(number_reads=reads).players
    assert players.groupby("team")["number"].count().to_dict() == {"A": 0, "B": 1}
    few = reads.index[(reads["tens_1"] > 0.9) & (np.arange(len(reads)) % 3 == 1)][
        2:
    ]  # of the second, all but two reads
    players = made.identify(number_reads=conform("number_reads", reads.drop(few))).players
    assert players.groupby("team")["number"].count().to_dict() == {"A": 1, "B": 1}


def test_a_mirrored_video_is_said_to_be_one() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 320) for p in range(4)]), {p + 1: str(20 + p) for p in range(4)})
    found = made.identify(number_reads=conform("number_reads", reads.assign(legible=0.1, mirrored=0.8)))
    assert found.players["number"].isna().all()
    assert "as if the video were mirrored" in found.warnings[0]
    assert not made.identify(number_reads=reads).warnings


def test_referees_have_no_number_of_a_player() -> None:
    made, reads = with_numbers(scene([Tracklet(p, 0, 40) for p in range(3)], referees=frozenset({2})), {3: "23"})
    players = made.identify(number_reads=reads).players
    assert players.loc[players["role"] == "referee", "number"].isna().all()


SQUADS = pd.DataFrame(
    {
        "number": ["4", "5", "6", "7", "8", "4", "9", "10", "11", "12"],
        "name": [f"Home {n}" for n in range(5)] + [f"Guest {n}" for n in range(5)],
        "team": ["A"] * 5 + ["B"] * 5,
    }
)


def test_a_number_that_nobody_is_listed_with_keeps_nobody_apart() -> None:
    """One player, read as 10 for half of the time and rather as 18 for the other: nobody is listed with 18."""
    tracklets = [Tracklet(1, 0, 100), Tracklet(1, 120, 220), Tracklet(0, 0, 220)]
    made, reads = with_numbers(scene(tracklets), {1: "10", 2: "18"})
    ones = reads["ones_8"] > 0.9
    reads = conform("number_reads", reads.assign(ones_0=reads["ones_0"].where(~ones, 0.3)))
    assert len(made.identify(number_reads=reads).players) == 3
    found = made.identify(number_reads=reads, roster=SQUADS)
    assert len(found.players) == 2
    assert found.players["number"].dropna().tolist() == ["10"]


def test_no_more_players_are_found_than_a_roster_of_both_teams_lists() -> None:
    """Twelve tracklets, one after the other, that look like twelve people: ten can be there, but not of one team alone."""
    made = scene([Tracklet(p, 50 * p, 50 * p + 45) for p in range(12)])
    home = SQUADS[SQUADS["team"] == "A"]
    for roster, count in ((None, 12), (SQUADS, 10), (home, 12), (SQUADS.assign(team=None), 12)):
        assert len(made.identify(IdentifySettings(min_player_s=1.0), roster=roster).players) == count


def test_more_players_than_the_roster_lists_are_told_of() -> None:
    made = scene([Tracklet(p, 0, 45) for p in range(12)])
    assert "12 players were found, and the roster lists 10" in made.identify(roster=SQUADS).warnings[0]


def test_a_roster_of_one_team_says_nothing_of_the_other() -> None:
    """Team B's 18 is read a little doubtfully; the home team has a 10 and no 18."""
    tracklets = [Tracklet(p, 0, 60) for p in range(4)]
    made, reads = with_numbers(scene(tracklets), {1: "4", 2: "18", 3: "10"})
    doubtful = (reads["ones_8"] > 0.9) & (reads["tens_1"] > 0.9)
    reads = conform("number_reads", reads.assign(ones_0=reads["ones_0"].where(~doubtful, 0.4)))
    home = SQUADS.assign(number=[*SQUADS["number"][:4], "10", *SQUADS["number"][5:]])
    home = home[home["team"] == "A"]
    worn = made.identify(IdentifySettings(number_odds=10.0), number_reads=reads, roster=home).players
    assert set(worn.loc[worn["team"] == "B", "number"].dropna()) == {"18"}
    assert set(worn.loc[worn["team"] == "A", "name"].dropna()) == {"Home 0", "Home 4"}
