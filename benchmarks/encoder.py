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
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from models.encoders import Encoder, load_encoder
from models.reid.crops import CropSet, Entry, cut, pack
from models.reid.evaluation import Labels, Score, score
from models.reid.people import People, name_people
from models.reid.settings import ReidSettings, read_settings
from models.reid.split import of_games
from models.reid.tracklets import read_tracklets
from models.reid.train import FRAMES_PER_S, long_enough
from pipeline.video import chunks, probe, read_chunks

RECIPE = Path(__file__).parents[1] / "configs" / "reid" / "osnet.yaml"
CLIPS = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
}
COLUMNS = ("material", "encoder", "rank-1", "rank-5", "mAP", "AUC", "rank-1 mates", "mAP mates", "AUC mates", "queries")


@dataclass(frozen=True)
class Material:
    """Crops, what is known about them, and how they are asked."""

    name: str
    crops: CropSet
    labels: Labels
    min_gap_s: float


def held_out(data: Path, cache: Path, recipe: ReidSettings) -> Iterator[Material]:
    """Yield the held-out game: within clips, without a gap, the new team alone, and across clips."""
    crops = read_tracklets(data / recipe.data.table, data / recipe.data.images, cache)
    crops = long_enough(of_games(crops, recipe.data.held_out_games), recipe.data.min_boxes)
    people = name_people(crops, recipe.data.people)
    within = _labels(people, FRAMES_PER_S, across=False)
    yield Material("held-out game, within a clip", people.crops, within, 1.0)
    yield Material("held-out game, within a clip, any other frame", people.crops, within, 0.0)
    new_team = _select(people, people.team == 1)
    yield Material(
        "held-out game, new team, within a clip", new_team.crops, _labels(new_team, FRAMES_PER_S, False), 1.0
    )
    named = _select(people, people.named)
    yield Material("held-out game, across clips", named.crops, _labels(named, FRAMES_PER_S, True), np.inf)
    named = _select(people, people.named & (people.team == 1))
    yield Material("held-out game, new team, across clips", named.crops, _labels(named, FRAMES_PER_S, True), np.inf)


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
    return Material(name, crops, Labels(crops.identity, scene, scene, crops.frame / info.fps, team, differ), 1.0)


def _select(people: People, wanted: np.ndarray) -> People:
    rows = np.flatnonzero(wanted)
    return replace(people, crops=people.crops.select(rows), team=people.team[rows], named=people.named[rows])


def _labels(people: People, fps: float, across: bool) -> Labels:
    """Build labels; across clips, a group is the game."""
    crops = people.crops
    group = np.zeros_like(crops.scene) if across else crops.scene
    return Labels(crops.identity, crops.scene, group, crops.frame / fps, people.team, people.differ)


def measure(encoder: Encoder, material: Material) -> tuple[Score, float]:
    """Score an encoder; also return its milliseconds of CPU per crop."""
    images = [material.crops.person(row) for row in range(len(material.crops))]
    start = time.process_time()
    vectors = encoder.embed(images)
    cpu_ms = 1000 * (time.process_time() - start) / len(images)
    return score(vectors, material.labels, material.min_gap_s), cpu_ms


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
    materials = [*held_out(given.data, given.cache, read_settings(RECIPE)), *(truth_clip(given.data, n) for n in CLIPS)]
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    cpu_ms: dict[str, list[float]] = {name: [] for name in encoders}
    for material in materials:
        for name, encoder in encoders.items():
            result, spent = measure(encoder, material)
            cpu_ms[name].append(spent)
            print(line(material.name, name, result), flush=True)
    print("\nMilliseconds of CPU per crop: " + ", ".join(f"{name} {np.median(v):.2f}" for name, v in cpu_ms.items()))


if __name__ == "__main__":
    main()
