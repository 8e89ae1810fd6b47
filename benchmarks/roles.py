"""What people are called: player, referee, bench, coach or crowd, against what they are in a rendered game.

    python -m benchmarks.roles --game videos/game10 --out reports/baselines

analyses rendered games (or takes what is stored in `--out`), plays each of them again to know where coaches and substitutes
are, which the truth leaves out, and prints tables in Markdown: for how long tracklets of people of each true role are called
what. A tracklet is whoever most of its boxes show, nobody (spectators, officials at the table) if they show nobody of the
game.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.baselines import job_of, materials
from pipeline.config import load_settings
from pipeline.evaluation.boxes import IdentifiedBoxes, match, pair
from pipeline.rendering.coverage import Coverage, Take
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.silhouettes import silhouettes
from pipeline.run import analyze_job
from pipeline.run.oracles import desk_of
from pipeline.run.stages import UNDERSTAND, Desk
from pipeline.store import read_json
from pipeline.tables import ROLES

TRUE_ROLES = ("player", "referee", "bench", "coach", "nobody")
_BATCH = 300
_LEAST_VISIBLE = 0.1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", type=Path, action="append", required=True, help="a rendered game; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("reports/baselines"))
    parser.add_argument("--device", default="auto")
    given = parser.parse_args(arguments)
    settings = load_settings(None)
    settings = settings.model_copy(update={"present": settings.present.model_copy(update={"video": False})})
    print("| game | true role | " + " | ".join(ROLES) + " |\n|---|---" + "|---:" * len(ROLES) + "|")
    for material in materials(None, given.game):
        job = job_of(material, given.out / material.name, settings, given.device)
        analyze_job(job)
        for role, called in called_s(identified(desk_of(job.out)), material.truth).iterrows():
            cells = [f"{called[name]:.0f} s" for name in ROLES]
            print(" | ".join(["| " + material.name, str(role), *cells]) + " |", flush=True)


def identified(desk: Desk) -> Desk:
    """Put players together again."""
    stage = next(stage for stage in UNDERSTAND if stage.name == "identify")
    desk.tables = {**desk.tables, **stage.function(desk).tables}
    return desk


def called_s(desk: Desk, game: Path) -> pd.DataFrame:
    """Give the seconds that tracklets of each true role (row) are called each role (column)."""
    boxes = desk.tables["parts"].merge(desk.tables["detections"], on="detection_id")
    true = _true_roles(boxes, true_boxes(game))
    tracklets = desk.tables["tracklets"].set_index("track_id")
    table = tracklets.assign(true=true).pivot_table("seen_s", "true", "role", "sum", fill_value=0.0)
    return table.reindex(index=list(TRUE_ROLES), columns=list(ROLES), fill_value=0.0)


def true_boxes(game: Path) -> pd.DataFrame:
    """Play a rendered game again: frame, role and box (x1 y1 x2 y2) of everybody of the game who is in the picture."""
    coverage = Coverage(RenderSettings(**read_json(game / "game.json")["settings"]))
    takes = coverage.takes()
    batches = iter(lambda: list(islice(takes, _BATCH)), [])
    return pd.concat([_boxes_of(batch, coverage) for batch in batches], ignore_index=True)


def _boxes_of(takes: Sequence[Take], coverage: Coverage) -> pd.DataFrame:
    crowd = silhouettes(takes, coverage.people, coverage.court)
    frame, person = np.nonzero(crowd.visible >= _LEAST_VISIBLE)
    role = np.array([one.role for one in coverage.people], dtype=object)[person]
    plays = np.stack([take.moment.facts.on_court for take in takes])[frame, person]
    role = np.where((role == "player") & ~plays, "bench", role)
    table = pd.DataFrame(crowd.inside[frame, person], columns=["x1", "y1", "x2", "y2"])
    return table.assign(frame=np.array([take.index for take in takes])[frame], role=role)


def _true_roles(boxes: pd.DataFrame, everybody: pd.DataFrame) -> pd.Series:
    """Give the true role of each tracklet: that of most of its boxes."""
    found, true = _identified_boxes(boxes), _identified_boxes(everybody)
    pairs = match(pair(true, found, np.unique(found.frame)))
    role = np.full(len(boxes), "nobody", dtype=object)
    role[pairs.found_row] = everybody["role"].to_numpy()[pairs.truth_row]
    votes = pd.crosstab(boxes["track_id"], role)
    return votes.idxmax(axis=1)


def _identified_boxes(table: pd.DataFrame) -> IdentifiedBoxes:
    corners = table[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    xywh_px = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    return IdentifiedBoxes(table["frame"].to_numpy(np.int64), np.zeros(len(table), dtype=np.int64), xywh_px)


if __name__ == "__main__":
    main()
