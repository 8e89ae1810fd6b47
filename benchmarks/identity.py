"""What each part of the evidence brings, and what others do with the same tracklets.

    python -m benchmarks.identity --data ../shared/data --game videos/demo --out reports/baselines

analyses the clips with hand-made truth and the named rendered games (or takes what is stored in `--out`), then puts players
together in several ways, from the same tracklets unless the line says otherwise (neither split nor linked: as the
tracker leaves them), and prints one table in Markdown: shares of found player-time under the
right player, IDF1, identity kept after absences of more than two seconds, numbers of players found and true. The last line of each is the clip analysed at five frames a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.baselines import Material, ask_for_material, job_of, materials
from benchmarks.gta_link import gta_link
from pipeline.config import ClustererName, IdentifySettings, Settings, load_settings
from pipeline.evaluation import Evaluation
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.oracle import true_identities
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.roster import read_roster
from pipeline.run.analysis import analyze_job
from pipeline.run.context import RunContext
from pipeline.run.job import Job
from pipeline.run.loading import context_of
from pipeline.tables import conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.average_linkage import average_linkage
from pipeline.understand.grouping.joint import joint_clustering
from pipeline.understand.grouping.problem import (
    AppearanceProblem,
    GroupingBounds,
    GroupingProblem,
    TrackletClusterer,
)
from pipeline.understand.identity import identify

FEW_FPS = 5.0
"""What a phone over a bad link, or somebody who saves time, gives."""
COLUMNS = ("material", "method", "where found", "identity", "IDF1", "purity", "kept", "found", "true")
Method = Callable[[RunContext], RunContext]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask_for_material(parser)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--max-fps", type=float, help="score at most so many frames per second")
    given = parser.parse_args(arguments)
    settings = load_settings(given.config)
    settings = settings.model_copy(update={"present": settings.present.model_copy(update={"video": False})})
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---|---" + "|---:" * (len(COLUMNS) - 2) + "|")
    for material in materials(given.data, given.game):
        job = job_of(material, given.out / material.name, settings, given.device)
        analyze_job(job)
        for line in compare(material, job, given.max_fps):
            print(line, flush=True)
        print(at_few_frames(material, given.out, settings, given.device), flush=True)


def at_few_frames(material: Material, out: Path, settings: Settings, device: str) -> str:
    """Analyse a material at `FEW_FPS`, and score it as a line of the table."""
    few = settings.model_copy(update={"video": settings.video.model_copy(update={"max_fps": FEW_FPS})})
    job = job_of(material, out / f"{material.name}-{FEW_FPS:g}fps", few, device)
    analyze_job(job)
    scores = _scored(_ours(context_of(job.out)), read_truth(material.truth), None)
    return _line(material.name, f"**courtside**, {FEW_FPS:g} frames a second", scores)


def compare(material: Material, job: Job, max_fps: float | None) -> Iterator[str]:
    """Score all methods on one material, a line of the table each."""
    truth = read_truth(material.truth)
    for name, method in METHODS.items():
        yield _line(material.name, name, _scored(method(context_of(job.out)), truth, max_fps))
    if (material.truth / "roster.csv").is_file():
        context = _with_roster(context_of(job.out), material.truth / "roster.csv")
        yield _line(material.name, "with its roster", _scored(context, truth, max_fps))
    if _has_every_frame(truth):
        for name, method in (("true players of our tracklets", _ours), ("true players of the tracker's", _raw_tracks)):
            context = _with_true_players(method(context_of(job.out)), truth)
            yield _line(material.name, name, _scored(context, truth, max_fps))


def _scored(context: RunContext, truth: Truth, max_fps: float | None) -> Evaluation:
    return score(of_tables("", context.tables, context.facts["court"]), truth, max_fps)


def _line(material: str, method: str, scores: Evaluation) -> str:
    """Format a line."""
    identity, long = scores.identity, [bin_ for bin_ in scores.identity.absences if bin_.low_s >= 2]
    kept, lost = sum(bin_.kept for bin_ in long), sum(bin_.lost for bin_ in long)
    shares = [identity.accuracy_when_found, identity.accuracy, scores.players.idf1, identity.purity]
    cells = [material, method, *(f"{100 * share:.1f}" for share in shares), f"{kept} of {kept + lost}"]
    return "| " + " | ".join([*cells, str(identity.players_found), str(identity.players_true)]) + " |"


def _has_every_frame(truth: Truth) -> bool:
    frame = truth.frames["frame"].to_numpy()
    return len(frame) > 1 and float(np.median(np.diff(frame))) == 1.0


def _identified(
    context: RunContext,
    tracks: pd.DataFrame,
    settings: IdentifySettings,
    clusterer: TrackletClusterer | None,
    numbers: bool = True,
    roster: pd.DataFrame | None = None,
) -> RunContext:
    """Put players together from some tracklets.

    Args:
        context: the stored run.
        tracks: a link table.
        settings: of the stage.
        clusterer: None for the one that the settings name.
        numbers: use the numbers that were read.
        roster: if the players are known.
    """
    tables = context.tables
    reads = tables["number_reads"] if numbers else None
    game = TrackedGame.of(tables["frames"], tables["detections"], context.embeddings, context.feet_m, tracks)
    found = identify(game, context.registration.court, settings, reads, roster, clusterer=clusterer)
    context.tables = {**tables, "tracks": found.tracks, "identities": found.identities, "players": found.players}
    return context


def _ours(context: RunContext) -> RunContext:
    return _identified(context, context.tables["split_tracks"], context.settings.identify, joint_clustering)


def _with_roster(context: RunContext, path: Path) -> RunContext:
    """Courtside, told who can be there."""
    roster = pd.DataFrame([asdict(entry) for entry in read_roster(path)])
    return _identified(
        context, context.tables["split_tracks"], context.settings.identify, joint_clustering, roster=roster
    )


def _raw_tracks(context: RunContext) -> RunContext:
    return _identified(context, context.tables["raw_tracks"], context.settings.identify, joint_clustering)


def _without(part: str) -> Method:
    """Leave one part of the evidence out."""

    def clusterer(problem: GroupingProblem, bounds: GroupingBounds) -> NDArray[np.int64]:
        if part == "place and time":
            problem = replace(problem, log_odds=problem.log_odds * 0.0)
        if part == "appearance" and isinstance(problem, AppearanceProblem):
            weak = replace(problem.appearance, precision=problem.appearance.precision * 1e-3)
            problem = replace(problem, appearance=weak)
        return joint_clustering(problem, bounds)

    def method(context: RunContext) -> RunContext:
        settings = context.settings.identify
        if part == "teams":
            settings = settings.model_copy(update={"teams": False})
        return _identified(context, context.tables["split_tracks"], settings, clusterer, numbers=part != "numbers")

    return method


def _average_linkage(context: RunContext) -> RunContext:
    """Plain average linkage under the constraints, on the tracker's tracklets; no numbers."""
    return _identified(context, context.tables["raw_tracks"], context.settings.identify, average_linkage, numbers=False)


def _named(name: ClustererName) -> Method:
    """Another clusterer on pure tracklets, without numbers."""

    def method(context: RunContext) -> RunContext:
        settings = context.settings.identify.model_copy(update={"clusterer": name})
        return _identified(context, context.tables["split_tracks"], settings, None, numbers=False)

    return method


def _gta_link(context: RunContext) -> RunContext:
    """GTA-link, which splits tracklets again by its own rule; roles by the vote of the boxes, as ours.

    Its overlap rule is soft: where a person is twice in a frame, the box of the higher score is kept.
    """
    detections = context.tables["detections"]
    tracks, person = gta_link(detections, np.asarray(context.embeddings), context.tables["split_tracks"])
    boxes = tracks.merge(detections[["detection_id", "frame", "score", "class"]], on="detection_id")
    boxes["player"] = pd.Series(person + 1, index=np.arange(1, len(person) + 1))[boxes["track_id"]].to_numpy()
    boxes = boxes.sort_values("score", ascending=False).drop_duplicates(["player", "frame"]).sort_values("detection_id")
    tracks = conform("tracks", boxes[["detection_id", "track_id"]])
    player = boxes["player"].to_numpy()
    referee = (boxes["class"] == "referee").groupby(player).mean() > 0.5
    ids = np.unique(player)
    left = boxes.drop_duplicates("track_id").sort_values("track_id")
    identities = pd.DataFrame({"track_id": left["track_id"], "player_id": left["player"], "confidence": 0.5})
    players = pd.DataFrame(
        {"player_id": ids, "role": ["referee" if referee[player_id] else "player" for player_id in ids]}
    )
    empty = {name: pd.Series([None] * len(ids), dtype=object) for name in ("team", "number", "name", "color")}
    context.tables |= {
        "tracks": tracks,
        "identities": conform("identities", identities),
        "players": conform("players", players.assign(**empty)),
    }
    return context


def _with_true_players(context: RunContext, truth: Truth) -> RunContext:
    """Give every tracklet to the person whom most of its boxes show: the best that any clustering could do."""
    context.tables["identities"], context.tables["players"] = true_identities(truth, context.tables)
    return context


METHODS: dict[str, Method] = {
    "**courtside**": _ours,
    "neither split nor linked": _raw_tracks,
    "without numbers": _without("numbers"),
    "without place and time": _without("place and time"),
    "without teams": _without("teams"),
    "hardly any appearance": _without("appearance"),
    **{f"{name}, appearance alone": _named(name) for name in get_args(ClustererName) if name != "joint"},
    "average linkage, neither split nor linked": _average_linkage,
    "GTA-link": _gta_link,
}


if __name__ == "__main__":
    main()
