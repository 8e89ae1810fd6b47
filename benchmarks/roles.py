"""What people are called: player, referee, bench, coach or crowd, and who counts as on court, against a rendered game.

    python -m benchmarks.roles --game videos/game10 --out reports/baselines

analyses rendered games (or takes what is stored in `--out`), plays each of them again to know where coaches and substitutes
are, which the truth leaves out, and prints tables in Markdown: for how long tracklets of people of each true role are called
what, and whom the boxes show that do not count because five of the team do. A tracklet is whoever most of its boxes show,
nobody (spectators, officials at the table) if they show nobody of the game.
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
from pipeline.rendering.camera.coverage import Coverage, Take
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.truth.silhouettes import silhouettes
from pipeline.run.analysis import analyze_job
from pipeline.run.context import RunContext
from pipeline.run.loading import context_of
from pipeline.run.stages.counted_tracks import counted_tracks
from pipeline.run.stages.location import LOCATION_STAGE
from pipeline.store import read_json
from pipeline.tables import ROLES
from pipeline.understand.game import TrackedGame
from pipeline.understand.location import off_court
from pipeline.understand.shots import live_tracks

TRUE_ROLES = ("player", "referee", "bench", "coach", "nobody")
SHOWN = ("nobody of the game", "somebody under a wrong name", "a player who was replaced", "a player of the game")
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
    surplus = ["| game | frames with a surplus | boxes that do not count | " + " | ".join(SHOWN) + " |"]
    surplus.append("|---" + "|---:" * (2 + len(SHOWN)) + "|")
    print("| game | true role | " + " | ".join(ROLES) + " |\n|---|---" + "|---:" * len(ROLES) + "|")
    for material in materials(None, given.game):
        job = job_of(material, given.out / material.name, settings, given.device)
        analyze_job(job)
        context, everybody = identified(context_of(job.out)), true_boxes(material.truth)
        for role, called in called_s(context, everybody).iterrows():
            cells = [f"{called[name]:.0f} s" for name in ROLES]
            print(" | ".join(["| " + material.name, str(role), *cells]) + " |", flush=True)
        share, shown = not_counted(context, everybody)
        cells = [
            f"{100 * share:.1f} %",
            str(shown.sum()),
            *(f"{100 * shown[name] / shown.sum():.0f} %" for name in SHOWN),
        ]
        surplus.append(" | ".join(["| " + material.name, *cells]) + " |")
    print("\n" + "\n".join(surplus))


def identified(context: RunContext) -> RunContext:
    """Put players together again."""
    return context.complete("identity", "shots")


def called_s(context: RunContext, everybody: pd.DataFrame) -> pd.DataFrame:
    """Give the seconds that tracklets of each true role (row) are called each role (column)."""
    boxes = _shown(context.tables["split_tracks"].merge(context.tables["detections"], on="detection_id"), everybody)
    true = pd.crosstab(boxes["track_id"], boxes["true"]).idxmax(axis=1)
    tracklets = context.tables["tracklets"].set_index("track_id")
    table = tracklets.assign(true=true).pivot_table("seen_s", "true", "role", "sum", fill_value=0.0)
    return table.reindex(index=list(TRUE_ROLES), columns=list(ROLES), fill_value=0.0)


def not_counted(context: RunContext, everybody: pd.DataFrame) -> tuple[float, pd.Series]:
    """Give the share of frames in which more of a team are on court than may be, and whom the boxes show that do not count."""
    tables = context.tables
    game = live_tracks(TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["tracks"]), tables["shots"])
    boxes = game.merge(tables["identities"], on="track_id").merge(tables["players"], on="player_id")
    boxes = boxes[boxes["role"] == "player"].drop(columns="role").merge(tables["detections"], on="detection_id")
    boxes = _shown(boxes, everybody)
    on_court = boxes[~off_court(context.feet_m, context.registration.court)[boxes["detection_id"]]]
    of_team = on_court.groupby(["frame", "team"]).size()
    crowded = of_team[of_team > context.registration.court.team_size].index.get_level_values("frame").nunique()
    named = boxes[boxes["person"] > 0].groupby("player_id")["person"].agg(lambda person: person.mode()[0])
    right = boxes["person"] == boxes["player_id"].map(named)
    shown = np.select([boxes["person"] == 0, ~right, boxes["true"] == "bench"], SHOWN[:3], SHOWN[3])
    out = ~boxes["detection_id"].isin(counted_tracks(context.inputs_of(LOCATION_STAGE))["detection_id"])
    counts = pd.Series(shown[out]).value_counts().reindex(list(SHOWN), fill_value=0)
    return crowded / len(tables["frames"]), counts


def true_boxes(game: Path) -> pd.DataFrame:
    """Play a rendered game again: frame, person, role and box (x1 y1 x2 y2) of all of the game who are in the picture."""
    coverage = Coverage(RenderSettings(**read_json(game / "game.json")["settings"]))
    takes = coverage.takes()
    batches = iter(lambda: list(islice(takes, _BATCH)), [])
    return pd.concat([_boxes_of(batch, coverage) for batch in batches], ignore_index=True)


def _boxes_of(takes: Sequence[Take], coverage: Coverage) -> pd.DataFrame:
    crowd = silhouettes(takes, coverage.people, coverage.court)
    frame, person = np.nonzero(crowd.visible >= _LEAST_VISIBLE)
    role = np.array([member.role for member in coverage.people], dtype=object)[person]
    plays = np.stack([take.moment.facts.on_court for take in takes])[frame, person]
    role = np.where((role == "player") & ~plays, "bench", role)
    table = pd.DataFrame(crowd.inside[frame, person], columns=["x1", "y1", "x2", "y2"])
    who = np.array([member.person_id for member in coverage.people])[person]
    return table.assign(frame=np.array([take.index for take in takes])[frame], person=who, role=role)


def _shown(boxes: pd.DataFrame, everybody: pd.DataFrame) -> pd.DataFrame:
    """Add whom each box shows: `person`, 0 for nobody of the game, and the `true` role."""
    found, true = _identified_boxes(boxes), _identified_boxes(everybody)
    pairs = match(pair(true, found, np.unique(found.frame)))
    person, role = np.zeros(len(boxes), dtype=np.int64), np.full(len(boxes), "nobody", dtype=object)
    person[pairs.found_row] = everybody["person"].to_numpy()[pairs.truth_row]
    role[pairs.found_row] = everybody["role"].to_numpy()[pairs.truth_row]
    return boxes.assign(person=person, true=role)


def _identified_boxes(table: pd.DataFrame) -> IdentifiedBoxes:
    corners = table[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    xywh_px = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    return IdentifiedBoxes(table["frame"].to_numpy(np.int64), np.zeros(len(table), dtype=np.int64), xywh_px)


if __name__ == "__main__":
    main()
