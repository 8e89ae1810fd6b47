"""How well encoders find a player again after a gap: tracklets against those of his team-mates.

    python -m benchmarks.reassociation --data ../shared/data [--weights FILE ...] [--games FOLDER]

Protocol: `models.reid.gaps`. Material, none of which any encoder learned from or was chosen on:

- *held-out game*: five clips of a quarter of an NBA game, which the game clock orders; its white team also plays in the training games, its blue team
  is new and has a table of its own;
- *truth clips*: people followed by hand in three clips of other games and cameras;
- *rendered games*: four casts in four halls, filmed in three spells of 14 s that are a minute and a quarter apart. They are made where they
  are missing (five minutes of one core).

Vectors are kept in --cache, so that a start that was stopped goes on, and a second one takes a minute. "Pixels" are the people at 24 x 12 px, less
their mean. The encoder of release 0.1 comes from this repository's history.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.encoder import RECIPE
from models.encoders import encoder_weights_file, load_encoder
from models.encoders.crops import to_batch
from models.encoders.osnet import normalise
from models.reid.backbones import MobileNetV2
from models.reid.data.crops import CropSet
from models.reid.data.sources.games import PER_SECOND, joined, read_game
from models.reid.data.sources.tracklets import FRAMES_PER_S
from models.reid.data.splits.people import People
from models.reid.gaps import GAPS_S, Answers, GapScore, TimedCrops, answers, cut_pieces, found, pooled
from models.reid.recipe import read_recipe
from models.reid.tasks import CLIPS, held_out_game
from models.vectors import unit
from pipeline.errors import InputError
from pipeline.rendering.game import render_game
from pipeline.rendering.settings import CameraName, RenderSettings

QUARTER_S = 720.0
SPELLS_S = (2.0, 75.0, 800.0)
"""When the spells of a rendered game begin, after its first throw."""
CAMERAS: tuple[CameraName, ...] = ("broadcast", "fixed", "corner", "handheld")
NEW_TEAM = 1
"""Of the held-out game: no encoder learned from it."""
FIRST_SEED = 900
"""Of the rendered games: no recipe learns from seeds from here on."""
RELEASE = "86260ac^:models/weights/encoder.safetensors"
"""The encoder of release 0.1 in this repository's history."""
Embed = Callable[[CropSet], np.ndarray]


@dataclass(frozen=True)
class GameCrops:
    """Crops of one game and what is known about them; `kind` is the row of the table."""

    kind: str
    name: str
    crops: CropSet
    seen: TimedCrops


def game_time_s(clip: str) -> float:
    """Read when a clip begins from its name: quarter and game clock.

    Example:
        >>> game_time_s("boston-celtics-orlando-magic-game-4-q2-00_09-00_05")
        1431.0
    """
    found_clock = re.search(r"-q(\d)-(\d+)_(\d+)-\d+_\d+$", clip)
    if found_clock is None:
        raise InputError(f"clip {clip}: expected a name that ends with quarter and clock, as in -q1-00_09-00_05")
    quarter, minutes, seconds = (int(part) for part in found_clock.groups())
    return quarter * QUARTER_S - 60.0 * minutes - seconds


def held_out(data: Path, cache: Path) -> Iterator[GameCrops]:
    """Read the held-out game, and again its new team alone: the white one plays in the training games too.

    Game time goes on within a clip as the video does.
    """
    people = held_out_game(data, cache, read_recipe(RECIPE).data.people)
    crops = people.crops
    begin_s = np.array([game_time_s(name) if "-q" in name else 0.0 for name in crops.scene_names])
    tracklet = crops.scene * (crops.tracklet.max() + 1) + crops.tracklet
    time_s = begin_s[crops.scene] + crops.frame / FRAMES_PER_S
    for kind, team in (
        ("held-out game", people.team),
        ("held-out game, new team", np.where(people.team == NEW_TEAM, NEW_TEAM, -1)),
    ):
        yield GameCrops(kind, "held-out", crops, TimedCrops(crops.identity, tracklet, time_s, team, people.differ))


def truth_clips(data: Path, cache: Path) -> Iterator[GameCrops]:
    """Read the clips with hand-made truth."""
    for name, video in CLIPS.items():
        yield _of_people(name, name, [read_game(data / "truth" / name, cache, data / "videos" / video)], (0.0,))


def rendered(folder: Path, cache: Path, count: int) -> Iterator[GameCrops]:
    """Read the rendered games, which are made where they are missing."""
    for number in range(count):
        seed, camera = FIRST_SEED + number, CAMERAS[number % len(CAMERAS)]
        spells = []
        for start_s in SPELLS_S:
            place = folder / f"{camera}-{seed}-{start_s:.0f}s"
            if not (place / "game.json").is_file():
                render_game(_settings(seed, camera, start_s), place)
            spells.append(read_game(place, cache))
        yield _of_people("rendered games", f"{camera}-{seed}", spells, SPELLS_S)


def _settings(seed: int, camera: CameraName, start_s: float) -> RenderSettings:
    """One spell: two frames a second, too few for motion blur."""
    return RenderSettings(
        seed=seed,
        seconds=14.0,
        fps=2.0,
        start_s=start_s,
        camera=camera,
        court="nba" if seed % 2 else "fiba",
        cuts=False,
        substitutions=False,
        motion_blur=False,
    )


def _of_people(kind: str, name: str, spells: Sequence[People], begin_s: Sequence[float]) -> GameCrops:
    """Put the spells of one game together: the same id is the same person in all of them."""
    columns = [
        (
            np.array([int(people.crops.identity_names[k]) for k in people.crops.identity], np.int64),
            people.crops.frame / PER_SECOND + begin,
            people.team,
        )
        for people, begin in zip(spells, begin_s, strict=True)
    ]
    identity, time_s, team = (np.concatenate(column) for column in zip(*columns, strict=True))
    spell = np.repeat(np.arange(len(spells)), [len(people) for people in spells])
    tracklet = spell * (identity.max() + 1) + identity
    differ = ~np.eye(int(identity.max()) + 1, dtype=bool)
    crops = joined(spells).crops if len(spells) > 1 else spells[0].crops
    return GameCrops(kind, name, crops, TimedCrops(identity, tracklet, time_s, team, differ))


def encoders(data: Path, cache: Path, weights: Sequence[str]) -> Mapping[str, Embed]:
    """Name what is compared."""
    files = {"shipped": "builtin", **{Path(file).parent.name: file for file in weights}}
    if (old := released(cache)) is not None:
        files["release 0.1"] = str(old)
    for name, text in (("msmt17", "OSNet MSMT17"), ("market1501", "OSNet Market-1501")):
        files[text] = str(data / "weights" / f"osnet_x0_25_{name}.safetensors")
    return {
        **{name: embed_with(file) for name, file in files.items()},
        "MobileNetV2 ImageNet": mobilenet,
        "pixels": pixels,
    }


def released(cache: Path) -> Path | None:
    """Take the encoder of release 0.1 out of the history; None where there is no history."""
    file = cache / "release-0.1" / "encoder.safetensors"
    if not file.is_file():
        shown = subprocess.run(["git", "show", RELEASE], capture_output=True, check=False)
        if shown.returncode:
            return None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(shown.stdout)
    return file


def embed_with(file: str) -> Embed:
    """Encode with weights of OSNet, in single precision."""

    def embed(crops: CropSet) -> np.ndarray:
        return load_encoder("osnet", file, precision="fp32").embed([crops.person(row) for row in range(len(crops))])

    return embed


@torch.inference_mode()
def mobilenet(crops: CropSet) -> np.ndarray:
    """Encode with the features of MobileNetV2 from ImageNet, 192 x 96 px."""
    network = MobileNetV2().eval()
    network.load_imagenet()
    parts = []
    for at in range(0, len(crops), 16):
        people = [crops.person(row) for row in range(at, min(at + 16, len(crops)))]
        parts.append(network(normalise(torch.from_numpy(to_batch(people, (192, 96))))).numpy())
    return np.asarray(unit(np.concatenate(parts)))


def pixels(crops: CropSet) -> np.ndarray:
    """Take the pixels themselves."""
    small = to_batch([crops.person(row) for row in range(len(crops))], (24, 12)).reshape(len(crops), -1)
    return np.asarray(unit(small - small.mean(1, keepdims=True)), np.float32)


def vectors_of(name: str, embed: Embed, game: GameCrops, weights: str, cache: Path) -> np.ndarray:
    """Encode a game, or read its vectors from a former time."""
    key = hashlib.sha256(f"{name} {weights} {game.name} {game.crops.fingerprint} {len(game.crops)}".encode())
    file = cache / "vectors" / f"{key.hexdigest()[:20]}.npy"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(part := file.with_suffix(".part.npy"), embed(game.crops), allow_pickle=False)
        part.replace(file)
    return np.asarray(np.load(file, allow_pickle=False))


def answered(vectors: np.ndarray, game: GameCrops) -> dict[str, Answers]:
    """Answer the questions of one game, by kind of gap."""
    pieces = cut_pieces(game.seen)
    mean = pooled(vectors, pieces, game.seen.quality)
    similarity = mean @ mean.T
    return {gap: answers(similarity, pieces, game.seen.differ, between) for gap, between in GAPS_S.items()}


def table(kind: str, by_gap: Mapping[str, Mapping[str, GapScore]]) -> Iterator[str]:
    """Format the table of one material: a row per encoder, a column per gap that somebody asks about.

    Args:
        kind: of the material.
        by_gap: gap -> encoder -> score.
    """
    gaps = {gap: scores for gap, scores in by_gap.items() if next(iter(scores.values())).asked}
    yield f"| {kind} | " + " | ".join(gaps) + " |\n|---|" + "---:|" * len(gaps)
    for name in next(iter(gaps.values())):
        yield _row(name, (_cell(scores[name]) for scores in gaps.values()))
    first = [next(iter(scores.values())) for scores in gaps.values()]
    yield _row("guessing", (f"{100 * score.chance:.0f}" for score in first))
    yield _row("asked", (str(score.asked) for score in first))


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _cell(score: GapScore) -> str:
    """Found again, mAP and equal error rate in %."""
    return " / ".join(f"{100 * share:.1f}" for share in (score.again, score.mean_ap, score.equal_error))


def main() -> None:
    """Print the tables: found again / mAP / equal error rate."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("reports/reassociation"))
    parser.add_argument("--games", type=Path, default=Path("videos/reassociation"), help="folder of the rendered games")
    parser.add_argument("--count", type=int, default=4, help="of rendered games")
    parser.add_argument("--weights", action="append", default=[], help="further weight files of OSNet")
    given = parser.parse_args()
    games = [
        *held_out(given.data, given.cache),
        *truth_clips(given.data, given.cache),
        *rendered(given.games, given.cache, given.count),
    ]
    compared = encoders(given.data, given.cache, given.weights)
    kinds = list(dict.fromkeys(game.kind for game in games))
    by_kind: dict[tuple[str, str, str], list[Answers]] = {}
    for name, embed in compared.items():
        for game in games:
            vectors = vectors_of(name, embed, game, _fingerprint(name, given.weights), given.cache)
            for gap, result in answered(vectors, game).items():
                by_kind.setdefault((game.kind, gap, name), []).append(result)
    for kind in kinds:
        scores = {gap: {name: found(by_kind[kind, gap, name]) for name in compared} for gap in GAPS_S}
        print("\n".join(table(kind, scores)) + "\n", flush=True)


def _fingerprint(name: str, weights: Sequence[str]) -> str:
    """Hash the weights behind a name, where they may change."""
    files = {"shipped": "builtin", **{Path(file).parent.name: file for file in weights}}
    return hashlib.sha256(encoder_weights_file(files[name]).read_bytes()).hexdigest() if name in files else ""


if __name__ == "__main__":
    main()
