"""Encoders, and averages of their weights with the shipped ones, on rendered games that nothing learned from.

    python -m pipeline.rendering.encoder_games --out videos/reid-unseen --count 24 --seed 236
    python -m benchmarks.unseen_games --data ../shared/data runs/reid/players/encoder.safetensors --shares 0.5

Choose among encoders that learned from both training games by this table; the held-out game and the clips with truth (`benchmarks.encoder`) then
measure the one that was chosen. Protocol: `models.reid.gaps`. The games have one frame a second, so that pieces are single crops. Averages
(`models.encoders.averaging`) are written to --out, where `benchmarks.encoder --weights` and `benchmarks.reassociation --weights` take them;
scores are kept there too, so that a start that was stopped goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.encoder_folds import rendered_games, scores
from benchmarks.reassociation import GameCrops
from models.encoders.averaging import average_encoders
from models.encoders.weights import encoder_weights_file
from pipeline.errors import InputError

NAME = "encoder.safetensors"


def compared(files: Sequence[Path], shares: Sequence[float], out: Path) -> Iterator[tuple[str, Path]]:
    """Yield given encoders and their averages with the shipped one, by the names of their rows.

    Args:
        files: each named `encoder.safetensors` in a folder of its own.
        shares: of the given weights in an average.
        out: folder for averages.
    """
    for file in files:
        name = file.parent.name
        yield name, file
        for share in shares:
            between = out / f"{name}-{share:g}" / NAME
            average_encoders(encoder_weights_file("builtin"), file, share, between)
            yield f"{share:g} of {name}, the rest shipped", between


def kept_scores(file: Path, games: Sequence[GameCrops], folder: Path) -> dict[str, dict[str, float]]:
    """Score weights on games, or read what was measured of the same weights and the same crops before.

    Args:
        file: the weights.
        games: what they are scored on.
        folder: where scores are kept.
    """
    digest = hashlib.sha256(encoder_weights_file(str(file)).read_bytes())
    for game in games:
        digest.update(game.crops.fingerprint.encode())
    kept = folder / f"scores-{digest.hexdigest()[:16]}.json"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(scores(file, games), indent=1), encoding="utf-8")
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def main() -> None:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "weights", nargs="*", type=Path, help="encoder.safetensors of a training, compared with the shipped one"
    )
    parser.add_argument("--data", type=Path, help="where the published weights are; left out: without them")
    parser.add_argument(
        "--shares", nargs="*", type=float, default=[], help="of the given weights in averages with the shipped ones"
    )
    parser.add_argument("--games", type=Path, default=Path("videos/reid-unseen"))
    parser.add_argument("--out", type=Path, default=Path("runs/reid/averages"))
    given = parser.parse_args()
    games = rendered_games(given.games, given.out.parent / "cache")
    if not games:
        raise InputError(f"{given.games}: no rendered games; make them with python -m pipeline.rendering.encoder_games")
    rows = [("shipped", Path("builtin"))]
    if given.data is not None:
        rows.append(("OSNet MSMT17", given.data / "weights" / "osnet_x0_25_msmt17.safetensors"))
    heads: list[str] = []
    for name, file in [*rows, *compared(given.weights, given.shares, given.out)]:
        results = kept_scores(file, games, given.out)
        if not heads:
            heads = list(results)
            print("| encoder | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
        cells = (" / ".join(f"{100 * value:.1f}" for value in results[head].values()) for head in heads)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
