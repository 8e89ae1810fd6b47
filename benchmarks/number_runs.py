"""Which jersey numbers whole runs give, against truth made by hand: given, right and wrong per clip.

    python -m benchmarks.number_runs --data ../shared/data spurs_thunder=runs/spurs cvd_novellara=runs/cvd ...

A run is a directory that `courtside analyze` wrote for one of the clips with hand-made truth, or, with `:mirrored`
behind the clip's name, for a copy of it with left and right swapped. A player of the run is the person on whose boxes his
boxes lie most often (IoU 0.5 or more, in the annotated frames). Counted are players who wear a number that somebody could
read somewhere in the clip; a number of somebody whose number nobody could read is wrong.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.truth_clips import CLIPS
from pipeline.geometry.boxes import iou
from pipeline.video import probe

MIRRORED = ":mirrored"
MIN_IOU = 0.5


@dataclass(frozen=True)
class GivenNumbers:
    """The numbers of one run."""

    worn: dict[int, str]
    """Number of each person of the truth who wears a legible one."""
    given: pd.DataFrame
    """Columns player_id, number, person (of the truth, -1 for nobody), number_confidence: of players with a number."""

    @property
    def right(self) -> int:
        """Count the people whose number is given."""
        right = self.given[self.given["person"].map(self.worn) == self.given["number"]]
        return int(right["person"].nunique())

    @property
    def wrong(self) -> pd.DataFrame:
        """Take the players with a number that they do not wear."""
        return self.given[self.given["person"].map(self.worn) != self.given["number"]]


def given_numbers(data: Path, clip: str, run: Path, mirrored: bool = False) -> GivenNumbers:
    """Compare the numbers of a run with the truth.

    Args:
        data: holds `truth/` and `videos/`.
        clip: one of `CLIPS`.
        run: directory of the run.
        mirrored: the run is of the clip with left and right swapped.
    """
    truth = pd.read_csv(data / "truth" / clip / "truth.csv", dtype={"jersey": str})
    truth = truth[truth["role"] == "player"]
    if mirrored:
        width_px = probe(data / "videos" / CLIPS[clip]).width_px
        truth = truth.assign(x=width_px - truth["x"] - truth["w"])
    worn = truth.dropna(subset="jersey").drop_duplicates("id").set_index("id")["jersey"]
    work = run / "work"
    players = pd.read_parquet(work / "players.parquet").dropna(subset="number")
    evidence = pd.read_parquet(work / "player_evidence.parquet")
    person = _people(truth, work)
    given = players.merge(evidence[["player_id", "number_confidence"]], on="player_id")
    given = given.assign(person=given["player_id"].map(person).fillna(-1).astype(int))
    return GivenNumbers(worn.to_dict(), given[["player_id", "number", "person", "number_confidence"]])


def _people(truth: pd.DataFrame, work: Path) -> dict[int, int]:
    """Find whom each player of a run is most often."""
    boxes = pd.read_parquet(work / "detections.parquet").merge(pd.read_parquet(work / "tracks.parquet"))
    boxes = boxes.merge(pd.read_parquet(work / "identities.parquet"), on="track_id")
    pairs = []
    for frame, people in truth.groupby("frame"):
        of_frame = boxes[boxes["frame"] == frame]
        true = people[["x", "y", "w", "h"]].to_numpy(np.float64)
        true[:, 2:] += true[:, :2]
        overlap = iou(of_frame[["x1", "y1", "x2", "y2"]].to_numpy(np.float64), true)
        row, column = np.nonzero(overlap >= MIN_IOU)
        pairs += list(zip(of_frame["player_id"].iloc[row], people["id"].iloc[column], strict=True))
    counts = pd.DataFrame(pairs, columns=["player_id", "person"]).value_counts().reset_index()
    return dict(counts.drop_duplicates("player_id").set_index("player_id")["person"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("runs", nargs="+", help="CLIP=RUN or CLIP:mirrored=RUN")
    options = parser.parse_args()
    print(f"{'':28}{'legible':>9}{'given':>7}{'right':>7}{'wrong':>7}")
    for name, _, run in (given.partition("=") for given in options.runs):
        clip = name.removesuffix(MIRRORED)
        found = given_numbers(options.data, clip, Path(run), name.endswith(MIRRORED))
        print(f"{name:28}{len(found.worn):>9}{len(found.given):>7}{found.right:>7}{len(found.wrong):>7}")
        for row in found.wrong.itertuples(index=False):
            worn = found.worn.get(row.person, "one that cannot be read")
            print(f"    {worn} read as {row.number}, with {row.number_confidence:.3f}")


if __name__ == "__main__":
    main()
