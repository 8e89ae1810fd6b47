"""How well an eye tells team-mates apart, beside what encoders do on exactly the same pairs.

    python -m benchmarks.by_eye --data ../shared/data --sheets FOLDER    # numbered pairs to look at, without answers
    python -m benchmarks.by_eye --data ../shared/data                    # scores what by_eye.csv says

A hundred pairs of crops of the held-out game: one clip, one team, at least a second apart, half of them of one person. Whoever
looks at them says for each how sure he is that it is one person, from 1 (surely two) to 5 (surely one); 3 is no answer and counts half. Answers of
encoders are cosines; their threshold is the best one on such pairs of the training games, never of these. `numbers` in by_eye.csv says where both
jersey numbers can be read; the last column leaves these pairs out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.encoder import RECIPE
from benchmarks.reassociation import encoders
from models.encoders.crops import resize
from models.reid.data.crops import CropSet
from models.reid.data.sources.readers import read_splits
from models.reid.data.sources.tracklets import FRAMES_PER_S
from models.reid.data.splits.people import People
from models.reid.evaluation import equal_error_rate, roc_auc
from models.reid.recipe import read_recipe

ANSWERS = Path(__file__).parent / "by_eye.csv"
PAIRS, GAP_S, SEED = 100, 1.0, 5
CROP_PX, COLUMNS, ROWS = (232, 116), 5, 4
NO_ANSWER = 3
_GUTTER_PX = 26


def pairs_of(people: People, count: int, seed: int) -> NDArray[np.int64]:
    """Draw pairs of crops (count, 2) of team-mates in one clip, a second or more apart; half are of one person.

    Identities are drawn first, so that nobody who is long in the picture has most of the pairs.
    """
    crops, rng = people.crops, np.random.default_rng(seed)
    time_s = crops.frame / FRAMES_PER_S
    team_mates = (people.team[:, None] == people.team) & (people.team >= 0)[:, None]
    apart = (np.abs(time_s[:, None] - time_s) >= GAP_S) & (crops.scene[:, None] == crops.scene) & team_mates
    same = crops.identity[:, None] == crops.identity
    two = people.differ[crops.identity[:, None], crops.identity]
    drawn = list[tuple[int, int]]()
    for number in range(count):
        wanted = apart & (same if number % 2 else two)
        who = rng.choice(np.unique(crops.identity[wanted.any(1)]))
        first = int(rng.choice(np.flatnonzero((crops.identity == who) & wanted.any(1))))
        second = int(rng.choice(np.flatnonzero(wanted[first])))
        drawn.append((first, second))
    return np.array(drawn)[rng.permutation(count)]


def table_of(crops: CropSet, pairs: NDArray[np.int64]) -> pd.DataFrame:
    """Say which crops pairs are: clip, and tracklet and frame of both."""
    columns = {"pair": np.arange(len(pairs)), "clip": [crops.scene_names[k] for k in crops.scene[pairs[:, 0]]]}
    for name, rows in zip("ab", pairs.T, strict=True):
        columns |= {f"tracklet_{name}": crops.tracklet[rows], f"frame_{name}": crops.frame[rows]}
    return pd.DataFrame(columns)


def draw_sheets(crops: CropSet, pairs: NDArray[np.int64], folder: Path) -> None:
    """Write sheets of numbered pairs, enlarged."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width = CROP_PX[0] + _GUTTER_PX, 2 * CROP_PX[1] + _GUTTER_PX
    per_sheet = COLUMNS * ROWS
    for start in range(0, len(pairs), per_sheet):
        sheet = np.full((ROWS * height, COLUMNS * width, 3), 255, np.uint8)
        for place, rows in enumerate(pairs[start : start + per_sheet]):
            top, left = place // COLUMNS * height, place % COLUMNS * width
            two = np.hstack([resize(np.ascontiguousarray(crops.person(int(row))), CROP_PX) for row in rows])
            sheet[top + _GUTTER_PX : top + height, left : left + two.shape[1]] = two
            at = (left + 4, top + _GUTTER_PX - 7)
            cv2.putText(sheet, str(start + place), at, cv2.FONT_HERSHEY_SIMPLEX, 0.65, (0, 0, 0), 2)
        cv2.imwrite(str(folder / f"pairs-{start:03}.png"), sheet)


def share_right(sure: NDArray[np.floating], same: NDArray[np.bool_], threshold: float) -> float:
    """Return the share of pairs told right; at the threshold half of them are.

    Example:
        >>> share_right(np.array([5.0, 1.0, 3.0, 4.0]), np.array([True, False, True, False]), 3.0)
        0.625
    """
    right = np.where(sure == threshold, 0.5, (sure > threshold) == same)
    return float(right.mean())


def best_threshold(value: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """Return the threshold that tells most pairs right."""
    order = np.argsort(-value)
    right = np.cumsum(np.where(same[order], 1, -1))
    at = int(np.argmax(right))
    following = value[order][min(at + 1, len(value) - 1)]
    return float((value[order][at] + following) / 2)


def line(
    name: str, sure: NDArray[np.floating], same: NDArray[np.bool_], threshold: float, unread: NDArray[np.bool_]
) -> str:
    """Format a line of the table, in %; the last number is of the pairs in which not both jersey numbers can be read."""
    numbers = (
        share_right(sure, same, threshold),
        roc_auc(sure, same),
        equal_error_rate(sure, same),
        share_right(sure[unread], same[unread], threshold),
    )
    return f"| {name} | " + " | ".join(f"{100 * number:.1f}" for number in numbers) + " |"


def main() -> None:
    """Write sheets, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("reports/reassociation"))
    parser.add_argument("--sheets", type=Path, help="write pairs to look at, and pairs.csv to write down what was seen")
    parser.add_argument("--weights", action="append", default=[], help="further weight files of OSNet")
    given = parser.parse_args()
    splits = read_splits(read_recipe(RECIPE).data, given.data, given.cache)
    people = splits.test
    pairs = pairs_of(people, PAIRS, SEED)
    if given.sheets is not None:
        draw_sheets(people.crops, pairs, given.sheets)
        table_of(people.crops, pairs).to_csv(given.sheets / "pairs.csv", index=False)
        return
    answers = pd.read_csv(ANSWERS)
    if not answers.drop(columns=["sure", "numbers"]).equals(table_of(people.crops, pairs)):
        raise SystemExit(f"{ANSWERS}: made for other pairs than this material gives")
    same = people.crops.identity[pairs[:, 0]] == people.crops.identity[pairs[:, 1]]
    unread = answers["numbers"].to_numpy() == 0
    print(f"| who | right | AUC | equal error | right, {unread.sum()} pairs |\n|---|---:|---:|---:|---:|")
    print(line("by eye", answers["sure"].to_numpy(float), same, NO_ANSWER, unread))
    learned = splits.train
    fitting = pairs_of(learned, 3 * PAIRS, SEED)
    alike = learned.crops.identity[fitting[:, 0]] == learned.crops.identity[fitting[:, 1]]
    for name, embed in encoders(given.data, given.cache, given.weights).items():
        fitted, asked = (
            np.einsum("nd,nd->n", *(embed(each.crops.select(rows)) for rows in chosen.T))
            for each, chosen in ((learned, fitting), (people, pairs))
        )
        print(line(name, asked, same, best_threshold(fitted, alike), unread), flush=True)


if __name__ == "__main__":
    main()
