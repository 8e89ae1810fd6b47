"""What each way of doing less work saves, and what it costs.

    python -m benchmarks.savings --data ../shared/data --game videos/demo [--config NAME=FILE ...] [--only NAME]

analyses the clips with hand-made truth and the named rendered games once for each row of the table (or takes what is stored
in `--out`) and prints processor seconds of perception per second of video, HOTA, IDF1, the share of found player-time under
the right player, players found, and the distance that all players together covered, and for rendered games how far off it
is. `--config` adds rows: a name, and a file of settings.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.baselines import Material, ask_for_material, job_of, materials
from pipeline.config import Settings, parse_settings, read_yaml
from pipeline.evaluation import evaluate
from pipeline.evaluation.found import read_found
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import read_truth
from pipeline.presets import PRESETS, settings_from
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job
from pipeline.run.observer import Silence

QUIET: dict[str, Any] = {"present": {"video": False, "crops_per_player": 0}}
THOROUGH: dict[str, Any] = {
    "video": {"max_fps": 30.0},
    "networks": {"precision": "fp32"},
    "embed": {"every_s": 0.0},
}
STEPS: Mapping[str, dict[str, Any]] = {
    "torch, everything 30 times a second": {**THOROUGH, "networks": {"runtime": "torch", "precision": "fp32"}},
    "OpenVINO in fp32": THOROUGH,
    "and the detector in int8": {**THOROUGH, "networks": {}},
    "and people embedded when it matters": {"video": {"max_fps": 30.0}},
    "and 15 frames per second": {"video": {"max_fps": 15.0}},
    "and 10 frames per second": {"video": {"max_fps": 10.0}},
    "10 frames per second, and the detector's balls alone": {"video": {"max_fps": 10.0}, "ball": {"weights": None}},
}
HEAD = ("material", "row", "CPU s per s", "HOTA", "IDF1", "where found", "players", "distance m", "distance error %")


class _Stopwatch(Silence):
    """Keeps the processor's seconds of perception."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._began = "", 0.0

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Note when a stage begins."""
        del total, unit
        self._stage, self._began = stage, _processor_s()

    def end(self, note: str) -> None:
        """Note what it took, unless it was reused."""
        if "reused" not in note:
            self.seconds[self._stage] = _processor_s() - self._began


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask_for_material(parser)
    parser.add_argument("--config", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--presets", action="store_true", help="the presets and the default instead of the steps")
    parser.add_argument("--only", action="append", metavar="NAME", help="of the material; may be repeated")
    parser.add_argument("--rows", type=int, nargs="*", help="numbers of the rows wanted, from 0")
    given = parser.parse_args(arguments)
    rows = rows_of(given.presets, dict(text.split("=", 1) for text in given.config))
    wanted = [list(rows)[number] for number in given.rows] if given.rows else list(rows)
    print("| " + " | ".join(HEAD) + " |\n" + "|---|---|" + "---:|" * (len(HEAD) - 2))
    for material in materials(given.data, given.game):
        if given.only is not None and material.name not in given.only:
            continue
        for name in wanted:
            out = given.out / f"{material.name}-{name.replace(' ', '-').replace(',', '')}"
            print("| " + " | ".join([material.name, name, *measured(material, rows[name], out)]) + " |", flush=True)


def rows_of(presets: bool, files: Mapping[str, str]) -> dict[str, Settings]:
    """List what is compared."""
    if files:
        found = {name: read_yaml(Path(file)) for name, file in files.items()}
        return {name: parse_settings({**given, **QUIET}) for name, given in found.items()}
    if presets:
        named = {"default": settings_from()} | {preset: settings_from(preset) for preset in PRESETS}
        quiet = parse_settings(QUIET).present
        return {name: settings.model_copy(update={"present": quiet}) for name, settings in named.items()}
    return {name: parse_settings({**step, **QUIET}) for name, step in STEPS.items()}


def measured(material: Material, settings: Settings, out: Path) -> list[str]:
    """Analyse and score one material with some settings; return the cells of its row."""
    job = job_of(material, out, settings, "cpu")
    stopwatch = _Stopwatch()
    analysis = analyze_job(job, stopwatch)
    noted = out / "processor_seconds.json"
    if "perceive" in stopwatch.seconds:
        noted.write_text(json.dumps(stopwatch.seconds), encoding="utf-8")
    seconds: dict[str, float] = json.loads(noted.read_text(encoding="utf-8"))
    times_s = analysis.tables["frames"]["time_s"]
    scores = score(read_found(job.out), read_truth(material.truth), None)
    stats = analysis.player_stats
    distance_m = float(stats["distance_m"].sum())
    return [
        f"{seconds['perceive'] / (times_s.iloc[-1] - times_s.iloc[0]):.2f}",
        *(f"{100 * share:.1f}" for share in (scores.players.hota, scores.players.idf1)),
        f"{100 * scores.identity.accuracy_when_found:.1f}",
        f"{scores.identity.players_found} of {scores.identity.players_true}",
        f"{distance_m:.1f}",
        _distance_error(material, job),
    ]


def _distance_error(material: Material, job: Job) -> str:
    """Say how far off the distances of a rendered game's players are, over the time that each is located."""
    if not (material.truth / "game.json").is_file():
        return ""
    movement = evaluate(job.out, material.truth, None).movement
    if movement is None:
        return ""
    people = [each for each in movement.players if each.distance_true_same_time_m > 0]
    found = sum(each.distance_found_m for each in people)
    true = sum(each.distance_true_same_time_m for each in people)
    return f"{100 * (found / true - 1):+.1f}"


def _processor_s() -> float:
    """Return the processor's seconds of this process and of its workers that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main()
