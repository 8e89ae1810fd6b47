"""Games to train encoders on: many casts, uniforms and cameras, each seen a few times.

    python -m pipeline.rendering.encoder_games --out videos/reid --count 36 --seed 200

One frame per second, without motion blur (at that rate it would last for half a second); half of the games are filmed by the wide fixed
camera, for small players. `beside.rendered` of a recipe takes the folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.rendering.game import render_game
from pipeline.rendering.settings import CameraName, RenderSettings

_CAMERAS: tuple[CameraName, ...] = ("fixed", "corner", "fixed", "handheld", "fixed", "broadcast")
_SECONDS = 16.0


def encoder_game(number: int, seed: int) -> RenderSettings:
    """Return the settings of one of the games.

    Example:
        >>> [encoder_game(number, 200).camera for number in range(3)]
        ['fixed', 'corner', 'fixed']
    """
    return RenderSettings(
        seed=seed + number,
        seconds=_SECONDS,
        fps=1,
        camera=_CAMERAS[number % len(_CAMERAS)],
        court="nba" if number // len(_CAMERAS) % 2 else "fiba",
        cuts=False,
        substitutions=False,
        motion_blur=False,
    )


def main() -> None:
    """Render from the command line; games that are there are kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=36)
    parser.add_argument("--seed", type=int, default=200)
    given = parser.parse_args()
    for number in range(given.count):
        settings = encoder_game(number, given.seed)
        folder = given.out / f"{settings.camera}-{settings.seed}"
        if not (folder / "game.json").is_file():
            render_game(settings, folder)


if __name__ == "__main__":
    main()
