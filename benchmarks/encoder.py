"""How well encoders tell basketball players apart, in one table with one protocol.

    python -m benchmarks.encoder --data ../shared/data [--weights FILE] [--cache FOLDER]

Material:

- *held-out game*: tracklets of a game that took no part in training nor in any choice. Its white team also plays in the
  training games; its blue team is new, and has rows of its own.
- *truth clips*: people followed by hand in three clips of other games and cameras, referees included; never tuned on.

Protocol: every crop asks for its person among the crops of the same clip that are at least one second away and certainly
of the same or of another person (`models.reid.evaluation`). "Team-mates": candidates of the same team only; teams and
names were set by eye (configs/reid/bpd3_people.csv, truth.csv). "Across clips": candidates are the crops of other clips of the
game, for people with a known name.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.encoders import Encoder, Vectors, load_encoder
from models.reid.data.crops import CropSet, Entry, cut, pack
from models.reid.data.sources.tracklets import FRAMES_PER_S, long_enough, read_tracklets
from models.reid.data.splits.people import People, name_people
from models.reid.data.splits.split import of_games
from models.reid.evaluation import Labels, Score, score
from models.reid.recipe import read_recipe
from models.reid.settings import Recipe
from pipeline.video import chunks, probe, read_chunks

RECIPE = Path(__file__).parents[1] / "configs" / "reid" / "players.yaml"
CLIPS = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
}
COLUMNS = ("material", "encoder", "rank-1", "rank-5", "mAP", "AUC", "rank-1 mates", "mAP mates", "AUC mates", "queries")


@dataclass(frozen=True)
class Question:
    """Which crops are asked, what is known about them, and which candidates are left out."""

    name: str
    rows: NDArray[np.int64]
    labels: Labels
    min_gap_s: float


@dataclass(frozen=True)
class Material:
    """Crops that are encoded once, and the questions about them."""

    crops: CropSet
    questions: tuple[Question, ...]


def held_out(data: Path, cache: Path, recipe: Recipe) -> Material:
    """Read the held-out game: within clips, with and without a gap, across clips, and the new team alone."""
    crops = read_tracklets(data / recipe.data.table, data / recipe.data.images, cache)
    crops = long_enough(of_games(crops, recipe.data.held_out_games), recipe.data.min_boxes)
    people = name_people(crops, recipe.data.people)
    everybody = np.ones(len(people.crops), bool)
    new_team = people.team == 1
    return Material(
        people.crops,
        (
            _question("held-out game, within a clip", people, everybody, 1.0),
            _question("held-out game, within a clip, any other frame", people, everybody, 0.0),
            _question("held-out game, new team, within a clip", people, new_team, 1.0),
            _question("held-out game, across clips", people, people.named, np.inf),
            _question("held-out game, new team, across clips", people, people.named & new_team, np.inf),
        ),
    )


def truth_clip(data: Path, name: str) -> Material:
    """Cut the hand-made boxes of a clip."""
    boxes = pd.read_csv(data / "truth" / name / "truth.csv", dtype={"jersey": str})
    info = probe(data / "videos" / CLIPS[name])
    by_frame = dict(list(boxes.groupby("frame")))
    entries, rows = [], []
    for frame in read_chunks(info, chunks(info, 0.0, None, chunk_s=info.duration_s + 1, max_fps=None)):
        for row in by_frame[frame.index].itertuples() if frame.index in by_frame else ():
            image, inner = cut(frame.image, (row.x, row.y, row.x + row.w, row.y + row.h), 0.0)
            entries.append(Entry(image, inner, int(row.id), int(row.id), 0, frame.index))
            rows.append(row.Index)
    crops = pack(entries, [name], [name])
    kept = boxes.loc[rows]
    team = kept["team"].map({"A": 0, "B": 1}).fillna(-1).to_numpy(np.int64)
    differ = ~np.eye(int(crops.identity.max()) + 1, dtype=bool)
    scene = crops.scene
    labels = Labels(crops.identity, scene, scene, crops.frame / info.fps, team, differ)
    return Material(crops, (Question(name, np.arange(len(crops)), labels, 1.0),))


def _question(name: str, people: People, wanted: NDArray[np.bool_], min_gap_s: float) -> Question:
    """Ask some of the crops; with an infinite gap a group is the game, else the clip."""
    rows = np.flatnonzero(wanted)
    crops = people.crops.select(rows)
    group = np.zeros_like(crops.scene) if np.isinf(min_gap_s) else crops.scene
    time_s = crops.frame / FRAMES_PER_S
    return Question(
        name, rows, Labels(crops.identity, crops.scene, group, time_s, people.team[rows], people.differ), min_gap_s
    )


def encode(encoder: Encoder, crops: CropSet) -> tuple[Vectors, float]:
    """Encode a set; also return the milliseconds of processor time per crop."""
    images = [crops.person(row) for row in range(len(crops))]
    start = time.process_time()
    vectors = encoder.embed(images)
    return vectors, 1000 * (time.process_time() - start) / len(images)


def distances(vectors: Vectors, labels: Labels, min_gap_s: float) -> str:
    """Say the quartiles of 1 - cosine between single crops that are compared: one person, team-mates, opponents."""
    gap = np.where(labels.clip[:, None] == labels.clip, np.abs(labels.time_s[:, None] - labels.time_s), np.inf)
    compared = np.triu((gap >= min_gap_s) & (labels.group[:, None] == labels.group), 1)
    same = labels.identity[:, None] == labels.identity
    differ = labels.differ[labels.identity[:, None], labels.identity]
    team_known = (labels.team[:, None] >= 0) & (labels.team >= 0)
    mates = labels.team[:, None] == labels.team
    kinds = {"one person": same, "team-mates": differ & team_known & mates, "opponents": differ & team_known & ~mates}
    distance = 1 - vectors @ vectors.T
    return "; ".join(
        f"{name} " + " ".join(f"{value:.2f}" for value in np.quantile(distance[compared & kind], (0.25, 0.5, 0.75)))
        for name, kind in kinds.items()
        if (compared & kind).any()
    )


def line(material: str, encoder: str, result: Score) -> str:
    """Format one line of the Markdown table."""
    everyone, mates = result.everyone, result.team_mates
    numbers = (
        everyone.rank1,
        everyone.rank5,
        everyone.mean_ap,
        result.auc,
        mates.rank1,
        mates.mean_ap,
        result.auc_team_mates,
    )
    return " | ".join([f"| {material}", encoder, *(f"{value:.3f}" for value in numbers), f"{everyone.queries} |"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("reports/encoder"))
    parser.add_argument(
        "--weights", action="append", default=[], help="further weight files; 'builtin' is always there"
    )
    given = parser.parse_args()
    published = {
        f"OSNet {n}": given.data / "weights" / f"osnet_x0_25_{n}.safetensors" for n in ("msmt17", "market1501")
    }
    files = {"courtside": "builtin", **published, **{Path(file).parent.name: file for file in given.weights}}
    encoders = {name: load_encoder("osnet", file) for name, file in files.items()}
    materials = [held_out(given.data, given.cache, read_recipe(RECIPE)), *(truth_clip(given.data, n) for n in CLIPS)]
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    cpu_ms: dict[str, list[float]] = {name: [] for name in encoders}
    quartiles = []
    for material in materials:
        vectors = {}
        for name, encoder in encoders.items():
            vectors[name], spent = encode(encoder, material.crops)
            cpu_ms[name].append(spent)
        for question in material.questions:
            for name in encoders:
                result = score(vectors[name][question.rows], question.labels, question.min_gap_s)
                print(line(question.name, name, result), flush=True)
                quartile_text = distances(vectors[name][question.rows], question.labels, question.min_gap_s)
                quartiles.append(f"- {question.name}, {name}: {quartile_text}")
    print("\nQuartiles of 1 - cosine between single crops:\n\n" + "\n".join(quartiles))
    print(
        "\nMilliseconds of processor time per crop: " + ", ".join(f"{n} {np.median(v):.2f}" for n, v in cpu_ms.items())
    )


if __name__ == "__main__":
    main()
