"""Games for encoders: sharp, different, and half of them wide."""

from pipeline.rendering.encoder_games import encoder_game


def test_games_differ_are_sharp_and_half_of_them_are_wide() -> None:
    games = [encoder_game(number, 200) for number in range(12)]
    assert len({game.seed for game in games}) == 12
    assert sum(game.camera == "fixed" for game in games) == 6
    assert {game.court for game in games} == {"fiba", "nba"}
    assert not any(game.motion_blur for game in games)
