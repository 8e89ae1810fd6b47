"""What choices of the shipped encoder's recipe are worth, by cross-validation inside the training games.

    python -m pipeline.rendering.encoder_games --out videos/reid --count 36 --seed 200
    python -m pipeline.rendering.encoder_games --out videos/reid-validation --count 6 --seed 248
    python -m benchmarks.encoder_folds --data ../shared/data

Every line is one short training per fold by configs/reid/players.yaml with a few settings changed: learned from one team of the two games
(and what is beside them), scored on the other team and on rendered games of other seeds. Neither the held-out game nor a clip
with truth has a part in it. Protocol: `models.reid.gaps`. Trainings and scores are kept in --out and not repeated.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.encoder import RECIPE
from benchmarks.reassociation import GameCrops, embed_with, game_time_s
from benchmarks.variants import changed
from models.reid.data.sources.games import PER_SECOND, read_game
from models.reid.data.sources.readers import read_splits
from models.reid.data.sources.tracklets import FRAMES_PER_S
from models.reid.data.splits.people import People
from models.reid.data.splits.split import Splits
from models.reid.gaps import GAPS_S, TimedCrops, answers, cut_pieces, found, pooled
from models.reid.loop import recorded, run_phase
from models.reid.methods import find_method
from models.reid.methods.method import Work

STEPS = 240
VIEWS, IN_FRONT = 6, 0.33
"""Changed versions of each crop, which all lines share; share of them with somebody else in front."""
VARIANTS: Mapping[str, dict[str, Any]] = {
    "as in the recipe": {},
    "no rendered games": {"beside": {"rendered": None}},
    "contrastive for triplet": {"train": {"triplet_weight": 0, "contrastive_weight": 1}},
    "second stage frozen too": {"train": {"frozen": ["conv1", "conv2", "conv3"]}},
    "twice as long": {"train": {"steps": 2 * STEPS}},
    "half the rate": {"train": {"learning_rate": 1.75e-4}},
}
TEAMS = ("A", "B")


def fold(people: People, learned: int) -> tuple[People, People]:
    """Split named teams: who plays for team number `learned`, and who plays for the other; those of no known team are left out."""
    return people.select(np.flatnonzero(people.team == learned)), people.select(
        np.flatnonzero(people.team == 1 - learned)
    )


def train_fold(recipe: Any, people: People, data: Path, out: Path, cache: Path) -> Path:
    """Train on one fold, unless that was done before; return the encoder's file."""
    done = out / "encoder.safetensors"
    if done.is_file():
        return done
    method = find_method(recipe.method, "folds")
    nobody = people.select(np.empty(0, np.int64))
    torch.manual_seed(recipe.seed)
    work = Work(recipe, Splits(people, nobody, nobody), method.build(recipe), data, cache)
    for phase in method.phases(work):
        run_phase(phase, out, resume=True)
    assert method.export is not None
    method.export(work, out, {"recipe": recorded(recipe), "data": people.crops.fingerprint})
    return done


def real_games(people: People) -> list[GameCrops]:
    """Take tracklets apart by game, on the clock of each."""
    crops = people.crops
    begin_s = np.array([game_time_s(name) for name in crops.scene_names])
    tracklet = crops.scene * (int(crops.tracklet.max()) + 1) + crops.tracklet
    time_s = begin_s[crops.scene] + crops.frame / FRAMES_PER_S
    games = []
    for name in sorted(crops.games()):
        rows = np.flatnonzero(np.array([crops.scene_game[scene] == name for scene in crops.scene]))
        seen = TimedCrops(crops.identity[rows], tracklet[rows], time_s[rows], people.team[rows], people.differ)
        games.append(GameCrops("other team", name, crops.select(rows), seen))
    return games


def rendered_games(folder: Path, cache: Path) -> list[GameCrops]:
    """Read the rendered games of a folder, one spell each."""
    games = []
    for place in sorted(file.parent for file in folder.glob("*/game.json")):
        people = read_game(place, cache)
        crops = people.crops
        seen = TimedCrops(crops.identity, crops.identity, crops.frame / PER_SECOND, people.team, people.differ)
        games.append(GameCrops("rendered", place.name, crops, seen))
    return games


def scores(weights: Path, games: Sequence[GameCrops]) -> dict[str, dict[str, float]]:
    """Return found again, mAP and equal error rate by material and gap."""
    asked: dict[tuple[str, str], list[Any]] = {}
    embed = embed_with(str(weights))
    for game in games:
        pieces = cut_pieces(game.seen)
        mean = pooled(embed(game.crops), pieces)
        for gap, between in GAPS_S.items():
            asked.setdefault((game.kind, gap), []).append(answers(mean @ mean.T, pieces, game.seen.differ, between))
    results = {f"{kind}, {gap}": found(parts) for (kind, gap), parts in asked.items()}
    return {
        name: {"again": r.again, "mAP": r.mean_ap, "equal error": r.equal_error}
        for name, r in results.items()
        if r.asked
    }


def measured(weights: Path, games: Sequence[GameCrops]) -> dict[str, dict[str, float]]:
    """Score weights, or read the scores from a former time."""
    kept = weights.parent / "scores.json"
    if not kept.is_file():
        kept.write_text(json.dumps(scores(weights, games), indent=1), encoding="utf-8")
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def recipe_of(changes: dict[str, Any], rendered: Path) -> Any:
    """Return the recipe of one line; rendered games are those of a folder."""
    recipe: Any = changed(RECIPE, {"train": {"steps": STEPS, "views": VIEWS}, "augment": {"p_person": IN_FRONT}})
    recipe = recipe.model_copy(update={"beside": recipe.beside.model_copy(update={"rendered": str(rendered)})})
    for part, values in changes.items():
        inner = getattr(recipe, part)
        new = inner.model_copy(update=values) if isinstance(values, dict) else values
        recipe = recipe.model_copy(update={part: new})
    return recipe


def main() -> None:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/reid/folds"))
    parser.add_argument("--rendered", type=Path, default=Path("videos/reid"))
    parser.add_argument("--validation", type=Path, default=Path("videos/reid-validation"))
    parser.add_argument("--teams", nargs="+", default=list(TEAMS), choices=TEAMS, help="learned from; a fold each")
    parser.add_argument("--lines", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    given = parser.parse_args()
    cache = given.out.parent / "cache"
    people = read_splits(recipe_of({}, given.rendered).data, given.data, cache).train
    rendered = rendered_games(given.validation, cache)
    for name in given.lines:
        recipe = recipe_of(VARIANTS[name], given.rendered)
        for team in given.teams:
            learned, scored = fold(people, TEAMS.index(team))
            folder = given.out / f"{name.replace(' ', '-')}-{team}"
            weights = train_fold(recipe, learned, given.data, folder, cache)
            for material, numbers in measured(weights, [*real_games(scored), *rendered]).items():
                cells = " | ".join(f"{100 * value:.1f}" for value in numbers.values())
                print(f"| {name} | {team} | {material} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
