"""What the report says of identities: who is unknown, why two people are not one, which shots count, the embedding map."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.present.embedding_map import LEAST_TRACKLETS, embedding_map_of
from pipeline.present.labels import people
from pipeline.present.report.embedding_map import color_in_map, embedding_map_figure
from pipeline.present.report.evidence import evidence_of
from pipeline.present.report.shots import shots_section
from pipeline.present.report.time import MOST_CUTS, time_section
from pipeline.present.results import Results
from pipeline.tables import conform
from pipeline.understand.shots import seconds_by_kind

Make = Callable[..., Results]


def evidence_table(**changes: object) -> pd.DataFrame:
    """Player 1 and whom he is taken for."""
    row = {"player_id": 1, "tracklets": 3, "team_confidence": 0.97, "number_confidence": 0.9}
    row |= {"nearest": 7, "nearest_log_odds": -3.0, "together_s": 0.6, "kept_apart_by": "together"}
    return conform("player_evidence", pd.DataFrame([row | changes]))


def votes_table() -> pd.DataFrame:
    rows = {"player_id": 1, "number": ["0", "8", "6"], "reads": [12, 3, 0], "probability": [0.95, 0.04, 0.01]}
    return conform("number_votes", pd.DataFrame(rows))


def shots_of(results: Results, kinds: list[str]) -> pd.DataFrame:
    """Divide the frames evenly."""
    bounds = np.linspace(0, len(results.frames), len(kinds) + 1).astype(int)
    replay = [kind == "replay" for kind in kinds]
    rows = {"shot": range(len(kinds)), "first_frame": bounds[:-1], "last_frame": bounds[1:] - 1, "kind": kinds}
    told = {"reason": [None if kind == "game" else "because" for kind in kinds]}
    past = {"repeats_from_s": np.where(replay, 0.1, np.nan), "speed": np.where(replay, 0.5, np.nan)}
    return conform("shots", pd.DataFrame(rows | told | past))


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("together", "both are in the picture at once, for 0.6 s"),
        ("jersey", "their jerseys have different colours"),
        ("number", "they wear different numbers"),
        ("reach", "nobody could have got from one place to the other in time"),
        ("correction", "a correction says so"),
        ("evidence", "that they are two is 20 times likelier"),
    ],
)
def test_why_two_are_kept_apart_is_said_in_words(make_results: Make, reason: str, text: str) -> None:
    results = replace(make_results(), player_evidence=evidence_table(kept_apart_by=reason), number_votes=votes_table())
    found = evidence_of(people(results.players)[0], results)
    assert found is not None
    assert found["nearest"]["why"] == text
    assert found["nearest"]["badge"] == "B8"
    assert [(vote["number"], vote["given"]) for vote in found["numbers"]] == [("0", True), ("8", False), ("6", False)]


def test_without_a_nearest_or_any_evidence_nothing_is_made_up(make_results: Make) -> None:
    nobody = {"nearest": pd.NA, "nearest_log_odds": np.nan, "together_s": np.nan, "kept_apart_by": None}
    results = replace(make_results(), player_evidence=evidence_table(**nobody))
    first, second, *_ = people(results.players)
    found = evidence_of(first, results)
    assert found is not None
    assert found["nearest"] is None
    assert evidence_of(second, results) is None


def test_time_by_kind_of_shot_adds_up(make_results: Make) -> None:
    results = make_results()
    results = replace(results, shots=shots_of(results, ["game", "close-up", "replay", "game"]))
    assert seconds_by_kind(results.frames, results.shots) == pytest.approx(
        {"game": 0.4, "close-up": 0.2, "replay": 0.2}, abs=1e-6
    )
    section = shots_section(results)
    assert section is not None
    assert [shot["kind"] for shot in section["left_out"]] == ["close-up", "replay"]
    assert section["left_out"][1]["reason"] == "shows again what happened from 0:00.1 on, at about 50 % of the speed"
    assert shots_section(make_results()) is None


def test_unknown_time_is_that_of_the_game_alone(make_results: Make) -> None:
    """Player 3's tracklet is nobody's: a lane of team A, counted in the half of the video that counts."""
    results = make_results()
    shots = shots_of(results, ["game", "replay"])
    known = results.identities[results.identities["track_id"] != 3]
    section = time_section(replace(results, identities=known, shots=shots), people(results.players))
    assert section is not None
    (lane,) = section["unknown"]
    assert lane["who"] == "? Team A"
    assert lane["seconds"] == "0:00.4"
    assert lane["path"] == "M0 2h1000v12h-1000z"
    assert 3 not in section["lanes"]
    assert section["not_counted"].startswith("M52")


def test_few_cuts_are_drawn_and_many_are_not(make_results: Make) -> None:
    results = make_results()
    few = time_section(replace(results, shots=shots_of(results, ["game"] * 3)), [])
    assert few is not None
    assert few["cuts"] == pytest.approx([1000 * 8 / 23, 1000 * 16 / 23])
    frames = pd.DataFrame({"frame": np.arange(200), "time_s": np.arange(200) / 30, "shot": 0})
    longer = replace(results, frames=frames)
    many = time_section(replace(longer, shots=shots_of(longer, ["game"] * (MOST_CUTS + 2))), [])
    assert many is not None
    assert many["cuts"] == []


def test_crowd_and_bench_are_not_unknown(make_results: Make) -> None:
    results = make_results()
    known = results.identities[results.identities["track_id"] != 3]
    bench = results.tracklets.assign(role=results.tracklets["role"].where(results.tracklets["track_id"] != 3, "bench"))
    section = time_section(replace(results, identities=known, tracklets=bench), people(results.players))
    assert section is not None
    assert section["unknown"] == []


def two_tracklets_each(results: Results) -> Results:
    """Cut everybody's tracklet in the middle."""
    later = results.tracks["detection_id"] >= len(results.detections) // 2
    tracks = results.tracks.assign(track_id=results.tracks["track_id"] + 1000 * later)
    again = results.identities.assign(track_id=results.identities["track_id"] + 1000)
    return replace(results, tracks=tracks, identities=pd.concat([results.identities, again]))


def test_tracklets_of_one_person_are_neighbours_on_the_map(make_results: Make) -> None:
    embedding_map = embedding_map_of(two_tracklets_each(make_results()))
    assert embedding_map is not None
    gap = np.linalg.norm(embedding_map.place[:, None] - embedding_map.place[None], axis=2)
    np.fill_diagonal(gap, np.inf)
    assert (embedding_map.player_id[gap.argmin(axis=1)] == embedding_map.player_id).all()
    again = embedding_map_of(two_tracklets_each(make_results()))
    assert again is not None
    np.testing.assert_array_equal(embedding_map.place, again.place)


def test_the_map_is_laid_out_anew_only_where_embeddings_changed(
    make_results: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = two_tracklets_each(make_results())
    embedding_map = embedding_map_of(results)
    assert embedding_map is not None
    later = replace(results, laid_out=json.loads(json.dumps(embedding_map.facts())))
    monkeypatch.setattr("pipeline.present.embedding_map._plane", lambda vectors: np.zeros((len(vectors), 2)))
    again = embedding_map_of(later)
    assert again is not None
    np.testing.assert_array_equal(embedding_map.place, again.place)
    turned = embedding_map_of(replace(later, embeddings=results.embeddings[:, ::-1]))
    assert turned is not None
    assert not turned.place.any()


def test_the_map_has_a_mark_per_tracklet_and_a_name_per_person(make_results: Make) -> None:
    results = two_tracklets_each(make_results())
    figure = embedding_map_figure(embedding_map_of(results), results.players, results.frames)
    assert figure is not None
    assert len(figure["symbols"]) == 24
    assert len(figure["stars"]) == 12
    assert figure["shapes"] == ["● Team A", "■ Team B", "▲ referee"]
    assert all(0 < star["x"] < figure["width"] and 0 < star["y"] < figure["height"] for star in figure["stars"])


def test_too_few_tracklets_have_no_map(make_results: Make) -> None:
    results = make_results(players=LEAST_TRACKLETS - 1)
    assert embedding_map_of(results) is None
    assert embedding_map_figure(None, results.players, results.frames) is None


def test_people_have_colours_of_their_own() -> None:
    assert len({color_in_map(place) for place in range(30)}) == 30
