"""The whole game that is measured is the one asked for."""

from pathlib import Path

import pytest

from benchmarks import full_game


class Enough(Exception):
    """Ends the command behind the rendering."""


def test_another_seed_is_another_game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored game once stood for every seed."""
    seeds: list[int] = []

    def render(game: Path, seed: int, *_: object) -> None:
        game.mkdir(parents=True, exist_ok=True)
        seeds.append(seed)

    def enough(*_: object) -> None:
        raise Enough

    monkeypatch.setattr(full_game, "render", render)
    monkeypatch.setattr(full_game, "analyse", enough)
    for seed in ("1", "1", "2", "2"):
        with pytest.raises(Enough):
            full_game.main(["--out", str(tmp_path), "--seed", seed])
    assert seeds == [1, 2]
