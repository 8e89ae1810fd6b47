"""Heat maps by player, team, period and direction; where the camera never looked nothing is known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.present.heat_maps.figures import figure_bytes, picture
from pipeline.present.heat_maps.heatmaps import CELL_M, HeatMap
from pipeline.present.heat_maps.subjects import map_of, player_subject, subjects, team_subject
from pipeline.present.on_court import OnCourt
from pipeline.present.results import Results
from pipeline.tables import conform


@pytest.fixture
def game(make_results: Callable[..., Results]) -> OnCourt:
    """Player 1 of team A stands at (24, 3), and from half-time at (4, 12): the same place in attacking direction."""
    known = make_results().on_court
    assert known is not None
    early = known.positions["time_s"] < 0.4
    one = known.positions["player_id"] == 1
    positions = known.positions.assign(
        x_m=known.positions["x_m"].mask(one, np.where(early, 24.0, 4.0)),
        y_m=known.positions["y_m"].mask(one, np.where(early, 3.0, 12.0)),
    )
    halves = {"period": [1, 2], "start_s": [0.0, 0.4], "end_s": [0.4, 0.8], "right_team": ["A", "B"], "agreement": 0.9}
    return OnCourt(
        known.frames, known.players, positions, conform("periods", pd.DataFrame(halves)), known.registration, 1.5
    )


def centre_of(heat: HeatMap) -> tuple[float, float]:
    share = np.nan_to_num(heat.density)
    rows, columns = np.indices(share.shape)
    x = heat.x0_m + CELL_M * (0.5 + (columns * share).sum() / share.sum())
    return float(x), float(heat.y0_m + CELL_M * (0.5 + (rows * share).sum() / share.sum()))


def value_at(heat: HeatMap, x_m: float, y_m: float) -> float:
    return float(heat.density[int((y_m - heat.y0_m) / CELL_M), int((x_m - heat.x0_m) / CELL_M)])


def test_a_change_of_sides_is_turned_when_asked(game: OnCourt) -> None:
    one = player_subject(game, 1)
    attacking, filmed = map_of(game, one, 0.4, "attacking"), map_of(game, one, 0.4, "filmed")
    assert attacking is not None
    assert filmed is not None
    assert centre_of(attacking) == pytest.approx((24.0, 3.0), abs=0.1)
    assert centre_of(filmed) == pytest.approx((14.0, 7.5), abs=0.1)
    assert game.teams_switch_ends


@pytest.mark.parametrize(("period", "place"), [(1, (24.0, 3.0)), (2, (4.0, 12.0))])
def test_a_period_shows_its_own_time(game: OnCourt, period: int, place: tuple[float, float]) -> None:
    heat = map_of(game.during(period), player_subject(game, 1), 0.4, "filmed")
    assert heat is not None
    assert centre_of(heat) == pytest.approx(place, abs=0.1)
    assert heat.located_s == pytest.approx(0.4, abs=0.01)


def seeing(game: OnCourt, width_px: int) -> OnCourt:
    """The camera sees only so many px from the left: 10 px a metre, the court begins at 20 px."""
    return replace(game, registration=replace(game.registration, image_size_px=(width_px, 180)))


def test_where_the_camera_never_looked_nothing_is_known(game: OnCourt) -> None:
    half = seeing(game, 160)
    heat = map_of(half, player_subject(half, 5), 0.4, "filmed")
    assert heat is not None
    assert np.isfinite(value_at(heat, 13.0, 7.5))
    assert np.isnan(value_at(heat, 15.0, 7.5))
    shown = half.seen(np.array([[13.0, 7.5], [15.0, 7.5], [-60.0, 0.0]]))
    assert shown.tolist() == [True, False, False]


def test_what_was_in_view_is_turned_with_the_team(game: OnCourt) -> None:
    half = seeing(game, 160)
    places = np.array([[4.0, 7.5], [24.0, 7.5]])
    assert half.seen(places, "A").tolist() == [True, True]
    assert half.during(1).seen(places, "A").tolist() == [True, False]
    assert half.during(1).seen(places, "B").tolist() == [False, True]


def test_beyond_the_horizon_is_not_in_view(game: OnCourt) -> None:
    """A camera behind the near side line: the floor nearer than 12 m from the far side is behind it."""
    matrix = np.linalg.inv(np.array([[10.0, 0.0, 20.0], [0.0, 10.0, 20.0], [0.0, -1 / 12, 1.0]]))
    table = game.registration.table.assign(**{f"h{i}{j}": matrix[i - 1, j - 1] for i in (1, 2, 3) for j in (1, 2, 3)})
    behind = replace(game, registration=replace(game.registration, table=table, image_size_px=(10**6, 10**6)))
    assert behind.seen(np.array([[14.0, 6.0], [14.0, 14.0]])).tolist() == [True, False]


def test_pictures_come_as_png_and_svg_and_are_the_same_every_time(game: OnCourt) -> None:
    team = team_subject(game, "A")
    png, svg = (figure_bytes(picture(game, team, None, 2, "attacking", 0.8), kind) for kind in ("png", "svg"))
    assert png.startswith(b"\x89PNG")
    assert b"<svg" in svg
    assert svg == figure_bytes(picture(game, team, None, 2, "attacking", 0.8), "svg")


def test_two_players_are_compared(game: OnCourt) -> None:
    one, other = player_subject(game, 1), player_subject(game, 2)
    figure = picture(game, one, other, None, "filmed", 0.8)
    texts = " ".join(text.get_text() for text in figure.texts)
    assert f"{one.title} and {other.title}" in texts
    assert f"{one.title} more" in texts


def test_whom_the_run_does_not_have_is_refused(game: OnCourt) -> None:
    with pytest.raises(InputError, match="there is no player 77; the run has 1, 2"):
        player_subject(game, 77)
    with pytest.raises(InputError, match="nobody is of team C"):
        team_subject(game, "C")
    with pytest.raises(InputError, match="there is no period 3; the run has 1, 2"):
        game.during(3)
    nowhere = replace(game, positions=game.positions[game.positions["player_id"] != 1])
    with pytest.raises(InputError, match="has no position"):
        picture(nowhere, player_subject(game, 1), None, None, "filmed", 0.8)


def test_teams_come_first_and_referees_not_at_all(game: OnCourt) -> None:
    found = subjects(game)
    assert [subject.file_stem for subject in found[:2]] == ["team-a", "team-b"]
    assert len(found) == 12
