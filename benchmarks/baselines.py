"""What a user would otherwise pick, against courtside: on the same detections, and end to end.

    python -m benchmarks.baselines --data ../shared/data --game videos/demo --game videos/full --out reports/baselines
    python -m benchmarks.baselines --mot ../shared/data/mot/trackid3x3/outdoor_IMG_0104.txt      # true boxes alone

analyses the clips with hand-made truth and the named rendered games (or takes what is stored in `--out`), feeds the stored
detections and embeddings of each to the trackers of `benchmarks.trackers`, scores all of them, and prints one table in
Markdown. End to end ("own detector") a tracker gets what its user would give it: persons found by YOLO11n of COCO at
640 px, of which all are taken for players, wherever they stand. Games without pixels have no such rows, nor BoT-SORT, which
needs the picture. Needs `lap` for the trackers of ultralytics, `arcsort` and `trackers`: pip install "courtside[bench]".
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.trackers import LEAST_SCORE, NEEDS_PICTURES, TRACKERS, FrameBoxes, Tracker, import_offline
from benchmarks.true_boxes import USABLE, our_tracklets, read_boxes
from pipeline.config import Settings, load_settings
from pipeline.evaluation.boxes import IdentifiedBoxes
from pipeline.evaluation.found import Found, of_mot, off_court, read_found
from pipeline.evaluation.identity import IdentityScores
from pipeline.evaluation.score import score
from pipeline.evaluation.tracking import TrackingScores
from pipeline.evaluation.truth import read_truth
from pipeline.run.analysis import analyze_job
from pipeline.run.job import Job
from pipeline.store import RunDirectory
from pipeline.video import chunks, probe, read_chunks

CLIPS = {
    "spurs_thunder": ("nba_spurs_thunder_broadcast_720p30.mp4", "court.json"),
    "cvd_novellara": ("cvd_novellara_handheld_2400x1080p30.webm", "court.json"),
    "novellara_lugo": ("novellara_lugo_fixed_720p60.mp4", "court_points.json"),
}
COCO = Path("weights") / "yolo11n_coco.safetensors"
CHUNK_S = 20.0
LONG_FRAMES, SCORED_FPS = 20_000, 5.0
"""Longer material is scored on fewer frames a second."""
COLUMNS = ("material", "method", "HOTA", "DetA", "AssA", "IDF1", "identity", "where found", "switches", "found", "true")


@dataclass(frozen=True)
class Material:
    """A video, or the directory of a rendered game, with its truth."""

    name: str
    video: Path
    calibration: Path | None
    truth: Path


@dataclass(frozen=True)
class Line:
    """One line of the table: shares from 0 to 1."""

    material: str
    method: str
    tracking: TrackingScores
    identity: IdentityScores

    def cells(self) -> list[str]:
        """Format it."""
        shares = [self.tracking.hota, self.tracking.deta, self.tracking.assa, self.tracking.idf1]
        shares += [self.identity.accuracy, self.identity.accuracy_when_found]
        counts = [self.tracking.switches, self.identity.players_found, self.identity.players_true]
        return [self.material, self.method, *(f"{100 * share:.1f}" for share in shares), *map(str, counts)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask_for_material(parser)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--config", type=Path, help="settings of the analysis; the annotated video is never written")
    parser.add_argument("--only", action="append", metavar="NAME", help="of the material; may be repeated")
    parser.add_argument("--stored", action="store_true", help="take the runs in --out as they are; analyse nothing")
    parser.add_argument("--mot", type=Path, action="append", default=[], help="MOT text of true boxes; may be repeated")
    given = parser.parse_args(arguments)
    import_offline()
    settings = load_settings(given.config)
    quick = settings.present.model_copy(update={"video": False, "crops_per_player": 0})
    settings = settings.model_copy(update={"present": quick})
    coco = None if given.data is None else coco_settings(settings, given.data / COCO)
    lines = [line for path in given.mot for line in compare_on_true_boxes(path, settings)]
    for material in materials(given.data, given.game):
        if given.only is not None and material.name not in given.only:
            continue
        job = job_of(material, given.out / material.name, settings, given.device)
        coco_job = None
        of_coco = given.out / f"{material.name}-coco"
        if coco is not None and job.has_pixels and (of_coco.is_dir() or not given.stored):
            coco_job = job_of(material, of_coco, coco, given.device)
        for each in (job, coco_job):
            if each is not None and not given.stored:
                analyze_job(each)
        lines += compare(material, job, coco_job)
    table = markdown(lines)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "baselines.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def ask_for_material(parser: argparse.ArgumentParser) -> None:
    """Let a command be told what to run on, and where runs are kept."""
    parser.add_argument("--data", type=Path, help="real material with hand-made truth")
    parser.add_argument("--game", type=Path, action="append", default=[], help="a rendered game; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("reports/baselines"))


def materials(data: Path | None, games: Sequence[Path]) -> list[Material]:
    """List what is measured."""
    found = [Material(game.name, game, None, game) for game in games]
    if data is None:
        return found
    truths = {name: data / "truth" / name for name in CLIPS}
    clips = [
        Material(name, data / "videos" / video, truths[name] / court, truths[name])
        for name, (video, court) in CLIPS.items()
    ]
    return clips + found


def job_of(material: Material, out: Path, settings: Settings, device: str) -> Job:
    """Say how the material is analysed.

    Args:
        material: what is analysed.
        out: output directory.
        settings: of the analysis.
        device: auto, cpu or cuda:N.
    """
    return Job(material.video, out, settings, material.calibration, device=device).completed()


def coco_settings(settings: Settings, weights: Path) -> Settings:
    """Detect as ultralytics' `track` does by default: YOLO11n of COCO, 640 px, score 0.1, IoU 0.7."""
    values = {"weights": str(weights), "input_size_px": 640, "min_score": 0.1, "nms_iou": 0.7}
    return settings.model_copy(update={"detect": settings.detect.model_copy(update=values)})


def compare(material: Material, job: Job, coco_job: Job | None) -> list[Line]:
    """Score a finished analysis and all trackers, on its detections and on those of `coco_job`.

    Args:
        material: what was analysed.
        job: its analysis.
        coco_job: its analysis with the detector of COCO; None without one.
    """
    found, truth = read_found(job.out), read_truth(material.truth)
    max_fps = SCORED_FPS if len(truth.frames) > LONG_FRAMES else None
    ours = score(found, truth, max_fps)
    lines = [Line(material.name, "courtside", ours.players, ours.identity)]
    if ours.tracklets is not None and ours.tracklet_identity is not None:
        lines.append(Line(material.name, "courtside, tracklets", ours.tracklets, ours.tracklet_identity))
    for each, remark in ((job, ""), (coco_job, ", own detector")):
        if each is None:
            continue
        seen = read_found(each.out)
        embeddings = RunDirectory(each.out).read_array("embeddings", mmap=True)
        for name, tracker in TRACKERS.items():
            if name in NEEDS_PICTURES and not each.has_pixels:
                continue
            rows = rows_on_court(seen, each.settings) if each is job else rows_above(seen, LEAST_SCORE.get(name, 0.0))
            video = each.video if name in NEEDS_PICTURES else None
            theirs = score(link(seen, rows, embeddings, tracker, video), truth, max_fps)
            lines.append(Line(material.name, name + remark, theirs.players, theirs.identity))
    return lines


def compare_on_true_boxes(path: Path, settings: Settings) -> list[Line]:
    """Score courtside's tracker and the others on MOT truth without pictures."""
    truth, found = read_boxes(path)
    rows, nothing = (
        np.arange(len(found.tables["detections"])),
        np.zeros((len(found.tables["detections"]), 1), np.float16),
    )
    linked = {"courtside, tracklets": our_tracklets(found, settings)}
    linked |= {name: link(found, rows, nothing, TRACKERS[name], None) for name in USABLE}
    scores = {name: score(each, truth) for name, each in linked.items()}
    return [Line(path.stem, name, each.players, each.identity) for name, each in scores.items()]


def rows_on_court(found: Found, settings: Settings) -> NDArray[np.int64]:
    """List the person boxes that courtside's own tracker saw."""
    table = found.tables["detections"]
    persons = table["class"].isin(("player", "referee")) & (table["score"] >= settings.track.min_score)
    return np.flatnonzero(persons.to_numpy() & ~off_court(table, found.court))


def rows_above(found: Found, least: float) -> NDArray[np.int64]:
    """List the person boxes from a score on."""
    table = found.tables["detections"]
    return np.flatnonzero((table["class"].isin(("player", "referee")) & (table["score"] >= least)).to_numpy())


def link(
    found: Found,
    rows: NDArray[np.int64],
    embeddings: NDArray[np.float16],
    tracker: Tracker,
    video: Path | None,
) -> Found:
    """Run a tracker on some rows of the detections; a track is a player's if most of its boxes are of class player.

    Args:
        found: the run.
        rows: (k,) rows of its detections.
        embeddings: (n, dim) of all detections.
        tracker: the tracker.
        video: for a tracker that needs pictures; None for the others.
    """
    table = found.tables["detections"].reset_index(drop=True)
    linked = np.array(list(tracker(frames_of(found, table, rows, embeddings, video))), dtype=np.int64)
    taken = table.iloc[linked.reshape(-1, 2)[:, 0]].assign(identity=linked.reshape(-1, 2)[:, 1])
    players = taken[(taken["class"] == "player").groupby(taken["identity"]).transform("mean") > 0.5]
    corners = players[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    boxes = IdentifiedBoxes(
        players["frame"].to_numpy(np.int64),
        players["identity"].to_numpy(np.int64),
        np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
    )
    theirs = of_mot(found.name, boxes)
    return Found(theirs.name, theirs.people, frames=found.frames)


def frames_of(
    found: Found,
    table: pd.DataFrame,
    rows: NDArray[np.int64],
    embeddings: NDArray[np.float16],
    video: Path | None,
) -> Iterator[FrameBoxes]:
    """Yield the boxes of every analysed frame, with its picture where a video is given.

    Args:
        found: the run.
        table: its detections.
        rows: (k,) rows that are used.
        embeddings: (n, dim) of all detections.
        video: to decode pictures from; None for none.
    """
    frame = table["frame"].to_numpy(np.int64)[rows]
    xyxy_px = table[["x1", "y1", "x2", "y2"]].to_numpy(np.float32)
    score_of = table["score"].to_numpy(np.float32)
    pictures = None if video is None else _pictures(video)
    for number in found.frames if found.frames is not None else ():
        here = rows[np.searchsorted(frame, number) : np.searchsorted(frame, number, side="right")]
        image = None if pictures is None else next(image for index, image in pictures if index == number)
        size_px = (1280, 720) if image is None else (image.shape[1], image.shape[0])
        yield FrameBoxes(
            here, xyxy_px[here], score_of[here], np.asarray(embeddings[here], dtype=np.float32), image, size_px
        )


def _pictures(video: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Decode all frames again, with their numbers."""
    info = probe(video)
    return ((frame.index, frame.image) for frame in read_chunks(info, chunks(info, 0.0, None, CHUNK_S, max_fps=None)))


def markdown(lines: Sequence[Line]) -> str:
    """Lay the table out."""
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * 2 + "---:|" * (len(COLUMNS) - 2)]
    return "\n".join(head + ["| " + " | ".join(line.cells()) + " |" for line in lines])


if __name__ == "__main__":
    main()
