"""Run one clip or copy as a user would, and score it."""

from __future__ import annotations

import json
import math
import resource
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.footage.clips import WITH_CUTS, Clip
from benchmarks.footage.edits import EDITS, Edit, as_filmed, write_copy
from benchmarks.footage.moved_truth import MovedTruth, cuts_s, moved_truth
from pipeline.config import Settings
from pipeline.evaluation.boxes import match, pair
from pipeline.evaluation.found import Found, read_found
from pipeline.evaluation.results import Evaluation
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job
from pipeline.run.source_code.closure import ROOT, code_fingerprint
from pipeline.store import fingerprint, hash_file

ORIGINAL = "original"
_UNALTERED = Edit("the clip itself", as_filmed)
_SAME_CUT_S = 0.2
"""How far off a found cut may be."""


@dataclass(frozen=True)
class Row:
    """What came of one clip or copy; shares from 0 to 1, None where nothing can be measured."""

    clip: str
    edit: str
    players_found: int
    per_team: str
    """Players found in each team, such as 5+5; those without a team last, after a slash."""
    court_share: float
    """Of the analysed frames."""
    numbers_given: int
    fingerprint: str
    recall: float | None = None
    """Of true player boxes, those with an identity on them."""
    hota: float | None = None
    idf1: float | None = None
    idf1_change: float | None = None
    """Against the original, scored on the people and frames that the copy shows."""
    players_true: int | None = None
    court_error_m: float | None = None
    numbers_right: int | None = None
    false_cuts: int | None = None
    missed_cuts: int | None = None
    in_both_games: int | None = None
    """Players found in both games of a copy that holds two."""
    time_share: float | None = None
    """Seconds of all players that the run counts, over those in which they can be seen."""
    seconds: float | None = None
    """Processor seconds; None where a stored run was brought up to date."""


def state_of_code() -> str:
    """Fingerprint the code and the weights that a row rests on."""
    weights = sorted((ROOT / "models" / "weights").rglob("*.safetensors"))
    return fingerprint(code_fingerprint("pipeline.run.analysis", __name__), [hash_file(file) for file in weights])


def measure(clip: Clip, name: str, second: Clip, out: Path, code: str) -> Row:
    """Measure a clip (`ORIGINAL`) or one of its copies, or take the stored row of the same code.

    Args:
        clip: the original, which is measured first.
        name: of the edit.
        second: what an insert is taken from.
        out: keeps copies, runs and rows.
        code: as of `state_of_code`.
    """
    folder = out / clip.name / name
    stored = read_row(folder / "row.json")
    if stored is not None and stored.fingerprint == code:
        return stored
    edit, video = EDITS.get(name, _UNALTERED), clip.video
    if name != ORIGINAL:
        video = folder / f"copy-{code_fingerprint(write_copy.__module__)[:8]}.mp4"
        write_copy(edit, clip, second, video)
    seconds = _analyze(video, folder / "run")
    found = read_found(folder / "run")
    people = _Scored(clip, edit, found, out / clip.name / ORIGINAL / "run") if clip.truth else None
    row = _row(clip, name, found, people, seconds, code)
    (folder / "row.json").write_text(json.dumps(asdict(row), indent=1) + "\n", encoding="utf-8")
    return row


def read_row(path: Path) -> Row | None:
    """Read a stored row; None where there is none, or one of another kind."""
    try:
        return row_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def row_of(values: dict[str, Any]) -> Row:
    """Make a row of stored values."""
    return Row(**values)


class _Scored:
    """A run of a copy against the moved truth, and the original on the same people."""

    def __init__(self, clip: Clip, edit: Edit, found: Found, original: Path) -> None:
        """Score both."""
        assert clip.truth is not None
        moved: MovedTruth = moved_truth(read_truth(clip.truth), clip, edit)
        self.truth: Truth = moved.copy
        self.player_s = moved.player_s
        self.scores: Evaluation = score(found, moved.copy)
        self.before = score(read_found(original), moved.original)
        self.numbers_right = _numbers_right(found, moved.copy)


def _row(clip: Clip, name: str, found: Found, people: _Scored | None, seconds: float | None, code: str) -> Row:
    """Put a row together."""
    tables = found.tables
    players = tables["players"][tables["players"]["role"] == "player"]
    false_cuts, missed_cuts = _cuts(clip, EDITS.get(name, _UNALTERED), found)
    court_frames = 0 if found.court is None else int(np.isin(tables["frames"]["frame"], found.court.frames).sum())
    common: dict[str, Any] = {
        "clip": clip.name,
        "edit": name,
        "players_found": len(players),
        "per_team": _per_team([team if isinstance(team, str) else None for team in players["team"]]),
        "court_share": court_frames / len(tables["frames"]),
        "numbers_given": int(players["number"].notna().sum()),
        "false_cuts": false_cuts,
        "missed_cuts": missed_cuts,
        "in_both_games": _in_both_games(clip, EDITS.get(name, _UNALTERED), found),
        "seconds": seconds,
        "fingerprint": code,
    }
    if people is None:
        return Row(**common)
    tracking, identity, court = people.scores.players, people.scores.identity, people.scores.court
    stats = tables.get("player_stats")
    seen_s = 0.0 if stats is None else float(stats.loc[stats["role"] == "player", "seen_s"].sum())
    return Row(
        **common,
        recall=1 - tracking.misses / tracking.truth_boxes,
        hota=tracking.hota,
        idf1=tracking.idf1,
        idf1_change=tracking.idf1 - people.before.players.idf1,
        players_true=identity.players_true,
        court_error_m=None if court is None or math.isnan(court.error_m_mean) else court.error_m_mean,
        numbers_right=people.numbers_right,
        time_share=seen_s / people.player_s,
    )


def _analyze(video: Path, out: Path) -> float | None:
    """Analyse a video with the default settings; return the processor seconds of a run from the start."""
    settings = Settings()
    quick = settings.present.model_copy(update={"video": False, "crops_per_player": 0})
    fresh, before = not out.exists(), _processor_s()
    analyze_job(Job(video, out, settings.model_copy(update={"present": quick})).completed())
    return _processor_s() - before if fresh else None


def _processor_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _per_team(teams: list[str | None]) -> str:
    """Count the players of each team.

    Example:
        >>> _per_team(["B", "A", "B", None])
        '1+2/1'
    """
    counts = Counter(teams)
    nowhere = counts.pop(None, 0)
    return "+".join(str(counts[team]) for team in sorted(filter(None, counts))) + (f"/{nowhere}" if nowhere else "")


def _numbers_right(found: Found, truth: Truth) -> int:
    """Count the found players whose number is that of the true player on whom most of their boxes lie."""
    boxes, hidden, rows = truth.boxes("player")
    people = found.people.players()
    matches = match(pair(boxes.take(~hidden), people.boxes, truth.frames["frame"].to_numpy(np.int64)))
    jersey = truth.persons["jersey"].to_numpy(object)[rows[~hidden]]
    agree: dict[int, Counter[bool]] = {}
    for true_row, found_row in zip(matches.truth_row, matches.found_row, strict=True):
        number = people.number[found_row]
        if number is not None:
            player = int(people.boxes.identity[found_row])
            agree.setdefault(player, Counter())[number == jersey[true_row]] += 1
    return sum(votes[True] > votes[False] for votes in agree.values())


def _in_both_games(clip: Clip, edit: Edit, found: Found) -> int | None:
    """Count the players with boxes in both games; None where there is one."""
    foreign = np.array([moment.foreign for moment in edit.order(clip)])
    if not foreign.any():
        return None
    boxes = found.people.players().boxes
    inside = foreign[boxes.frame]
    return len(np.intersect1d(boxes.identity[inside], boxes.identity[~inside]))


def _cuts(clip: Clip, edit: Edit, found: Found) -> tuple[int | None, int | None]:
    """Count the cuts found that are none, and those not found; None for clips whose own cuts nobody noted."""
    if clip.name in WITH_CUTS:
        return None, None
    frames = found.tables["frames"]
    starts = np.flatnonzero(np.diff(frames["shot"].to_numpy()) != 0) + 1
    seen_s = frames["time_s"].to_numpy(np.float64)[starts]
    true_s = np.array(cuts_s(clip, edit))
    near = np.abs(seen_s[:, None] - true_s) <= _SAME_CUT_S
    return int((~near.any(axis=1)).sum()), int((~near.any(axis=0)).sum())
