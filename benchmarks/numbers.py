"""How well jersey numbers are read: one crop at a time, and added up along a tracklet.

    python -m benchmarks.numbers --data ../shared/data [--weights FILE] [--game DIR ...]

Material:

- *crops*: reid/jersey_number_crops.zip, nothing of which took part in training or in any choice. The folder is the
  label. Its training part was multiplied by its makers with mirror images, quarter turns and noise, which no video
  shows; its test and validation parts were not.
- *held-out game*: the number boxes of a game that took no part in training nor in any choice, labelled weakly: by the
  person on whose torso they lie, whom a person had named (configs/reid/bpd3_people.csv). Many of them cannot be read by
  anybody. One of its teams plays in the training games too; the other is new.
- *truth clips*: the number boxes that the shipped detector finds in three clips of other games and cameras, labelled by
  the person whose hand-made box they lie on, where his number is known; and in their mirror images, where nothing that is
  read is right unless it looks the same in a mirror.
- *rendered games* (--game): true number boxes of every fifth frame. Their block letters are not among those learned
  from.

The confidence of a read is its legibility times the probability of its likeliest text.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.detector.readers import read_coco
from models.numbers.calibration import Reads
from models.numbers.reader import NumberReader
from models.numbers.texts import TEXTS, index_of, text_probabilities
from models.numbers.training.footage import read_footage
from models.numbers.training.render import NO_TEXT, STORED_PX
from models.numbers.training.settings import read_settings
from models.numbers.window import INPUT_PX, cut_window, window
from pipeline.config import Settings
from pipeline.perceive.networks import load_networks
from pipeline.tables import MOTION_COLUMNS, READ_COLUMNS, conform
from pipeline.understand.features.numbers import NumberEvidence, number_evidence, owners_of_numbers
from pipeline.understand.game import TrackedGame
from pipeline.video import chunks, probe, read_chunks

CLIPS = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
}
RECIPE = Path(__file__).parents[1] / "configs" / "numbers.yaml"
TRAINED_TEAM = ("0", "4", "7", "8", "9", "11", "40", "42")
HEIGHTS_PX = (0, 12, 16, 20, 26, 1000)
LEVELS = (0.0, 0.3, 0.5, 0.7, 0.9, 0.97)
ODDS = (10.0, 1000.0)
EVERY = 5
DETECTOR_PX = 1280


@dataclass(frozen=True)
class Scored:
    """n reads with the truth."""

    name: str
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]

    def select(self, name: str, rows: NDArray[np.bool_]) -> Scored:
        """Take some rows under another name."""
        return Scored(name, self.confidence[rows], self.right[rows])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", default="builtin")
    parser.add_argument("--game", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    reader = NumberReader(given.weights)
    sets = [*crops_of_archive(given.data / "reid" / "jersey_number_crops.zip", reader)]
    held_out, heights = held_out_game(given.data, reader)
    sets += held_out
    pieces: list[tuple[str, NumberEvidence, list[str]]] = [tracklets_of_held_out(given.data, reader)]
    clips = [truth_clip(given.data, clip, reader, mirrored) for mirrored in (False, True) for clip in CLIPS]
    for scored, evidence, jersey in (*clips, *(rendered_game(game, reader) for game in given.game)):
        sets.append(scored)
        pieces.append((scored.name, evidence, jersey))
    print_coverage(sets)
    print_heights(held_out[0], heights)
    print_tracklets(pieces)
    print_speed(reader)


def scored(name: str, reads: Reads, text: NDArray[np.int64]) -> Scored:
    """Compare reads with the true texts (n,)."""
    chance = text_probabilities(reads.tens, reads.ones)
    return Scored(name, reads.legible * chance.max(axis=1), chance.argmax(axis=1) == text)


def crops_of_archive(archive: Path, reader: NumberReader) -> Iterator[Scored]:
    """Read the crops of the archive: test, validation and test, all."""
    part, text, images = [], [], []
    with zipfile.ZipFile(archive) as packed:
        for name in sorted(packed.namelist()):
            _, split, label, *file = [*name.split("/"), "", ""]
            if not (file and file[0]) or label not in TEXTS:
                continue
            image = cv2.imdecode(np.frombuffer(packed.read(name), np.uint8), cv2.IMREAD_COLOR)
            tall, wide = image.shape[:2]
            side = float(max(tall, wide))
            images.append(cut_window(np.asarray(image, np.uint8), (wide / 2, tall / 2), (side, side), INPUT_PX))
            part.append(split)
            text.append(index_of(label))
    whole = scored("crops, all", reader.read(images), np.array(text))
    split_of = np.array(part)
    yield whole.select("crops, test", split_of == "test")
    yield whole.select("crops, test and validation", split_of != "train")
    yield whole


def held_out_game(data: Path, reader: NumberReader) -> tuple[list[Scored], NDArray[np.float64]]:
    """Read the held-out game's numbers: all, the team that was trained on, the new team; and the heights of all."""
    options = read_settings(RECIPE).footage
    assert options is not None
    footage = read_footage(data / options.images, data / options.tracklets, options.people, np.random.default_rng(0))
    footage = footage.select(np.isin(footage.game, options.held_out_games) & (footage.examples.text != NO_TEXT))
    edge = (STORED_PX - INPUT_PX) // 2
    crops = list(footage.examples.images[:, edge:-edge, edge:-edge])
    whole = scored("held-out game", reader.read(crops), footage.examples.text)
    trained = np.isin([TEXTS[text] for text in footage.examples.text], TRAINED_TEAM)
    return [
        whole,
        whole.select("  numbers of the team of training", trained),
        whole.select("  numbers of the new team", ~trained),
    ], footage.height_px


def tracklets_of_held_out(data: Path, reader: NumberReader) -> tuple[str, NumberEvidence, list[str]]:
    """Add up the reads along the held-out game's tracklets; gives the evidence and each one's true text."""
    options = read_settings(RECIPE).footage
    assert options is not None
    people = pd.read_csv(options.people, dtype={"person": str}, keep_default_na=False)
    boxes = pd.read_csv(data / options.tracklets).merge(people, on=["clip", "tracklet"])
    images = [image for image in read_coco(data / options.images) if image.game in options.held_out_games]
    found: list[NumberEvidence] = []
    worn: list[str] = []
    for clip in sorted({image.clip for image in images}):
        rows, crops = [], []
        for image in (image for image in images if image.clip == clip):
            stretch = 16 / 9
            picture = np.asarray(cv2.imread(str(image.path)), np.uint8)
            picture = cv2.resize(picture, (1280, 720), interpolation=cv2.INTER_CUBIC)
            of_image = boxes[boxes["file"] == image.path.name]
            for row in of_image.itertuples(index=False):
                top, tall = row.y / stretch * 2, row.h / stretch * 2
                rows.append((row.frame, "player", row.x * 2, top, (row.x + row.w) * 2, top + tall, row.tracklet))
            frame = int(of_image["frame"].iloc[0]) if len(of_image) else 0
            for box in 2 * image.xyxy_px[image.class_index == 4]:
                rows.append((frame, "number", *box, -1))
                crops.append(window(np.asarray(picture, np.uint8), box))
        evidence = _evidence(rows, reader.read(crops))
        found.append(evidence)
        of_clip = boxes[boxes["file"].isin([image.path.name for image in images if image.clip == clip])]
        person = of_clip.drop_duplicates("tracklet").set_index("tracklet")["person"]
        worn += [str(person[track]) for track in evidence.track_id]
    whole = NumberEvidence(
        np.concatenate([numbers.track_id for numbers in found]),
        np.vstack([numbers.log_likelihood for numbers in found]),
        np.vstack([numbers.votes for numbers in found]),
    )
    return "held-out game", whole, worn


_Row = tuple[int, str, float, float, float, float, int]


def _evidence(rows: list[_Row], reads: Reads, fps: float = 30.0) -> NumberEvidence:
    """Add up reads along tracks; rows are frame, class, x1, y1, x2, y2, track (-1 for a number)."""
    table = pd.DataFrame(rows, columns=["frame", "class", "x1", "y1", "x2", "y2", "track_id"])
    table = table.assign(detection_id=range(len(table)), score=0.9)
    blank = dict.fromkeys(("quality", "jersey_l", "jersey_a", "jersey_b"), np.nan)
    detections = conform("detections", table.drop(columns="track_id").assign(**blank))
    tracked = table[table["track_id"] >= 0][["detection_id", "track_id"]]
    tracks = conform("tracks", tracked.assign(track_id=tracked["track_id"] + 1))
    frame = np.unique(table["frame"])
    frames = pd.DataFrame({"frame": frame, "time_s": frame / fps, "shot": 0})
    frames = conform("frames", frames.assign(**dict.fromkeys(MOTION_COLUMNS, np.nan)))
    values = np.column_stack([reads.legible, reads.mirrored, reads.tens, reads.ones])
    number_reads = pd.DataFrame(values, columns=pd.Index(READ_COLUMNS))
    number_reads = number_reads.assign(detection_id=table.index[table["class"] == "number"])
    number_reads = conform("number_reads", number_reads)
    owners = owners_of_numbers(detections, number_reads, tracks)
    wanted = np.unique(owners["track_id"])
    evidence = number_evidence(TrackedGame.of(frames, detections, tracks=tracks), number_reads, wanted)
    return replace(evidence, track_id=evidence.track_id - 1)


def truth_clip(data: Path, clip: str, reader: NumberReader, mirrored: bool) -> tuple[Scored, NumberEvidence, list[str]]:
    """Find and read the numbers in the annotated frames of a clip with hand-made truth, or of its mirror image."""
    networks = load_networks(Settings(), "cpu", DETECTOR_PX)
    truth = pd.read_csv(data / "truth" / clip / "truth.csv", dtype={"jersey": str}).fillna({"jersey": "-"})
    present = {int(frame): boxes for frame, boxes in truth.groupby("frame")}
    rows: list[_Row] = []
    crops = []
    video = probe(data / "videos" / CLIPS[clip])
    for frame in read_chunks(video, chunks(video, max_fps=None)):
        if frame.index not in present:
            continue
        image = np.ascontiguousarray(frame.image[:, ::-1]) if mirrored else frame.image
        found = networks.detector.detect([image])[0]
        for row in present[frame.index].itertuples(index=False):
            left = image.shape[1] - row.x - row.w if mirrored else row.x
            rows.append((frame.index, row.role, left, row.y, left + row.w, row.y + row.h, row.id))
        for box in found.xyxy_px[found.class_index == networks.detector.class_names.index("number")].astype(np.float64):
            rows.append((frame.index, "number", *box.tolist(), -1))
            crops.append(window(image, box))
    jersey = truth.drop_duplicates("id").set_index("id")["jersey"]
    name = f"{'mirrored' if mirrored else 'truth'} clip {clip}"
    return _with_owners(name, rows, reader.read(crops), jersey, video.fps)


def rendered_game(game: Path, reader: NumberReader) -> tuple[Scored, NumberEvidence, list[str]]:
    """Read the true number boxes of a rendered game."""
    people = pd.read_parquet(game / "truth.parquet")
    objects = pd.read_parquet(game / "truth_objects.parquet")
    numbers = objects[objects["class"] == "number"]
    rows: list[_Row] = []
    crops = []
    of_frame = {int(frame): boxes for frame, boxes in numbers.groupby("frame")}
    present = {int(frame): boxes for frame, boxes in people.groupby("frame")}
    video = probe(game / "video.mp4")
    for frame in read_chunks(video, chunks(video)):
        if frame.index % EVERY or frame.index not in of_frame:
            continue
        for row in present[frame.index].itertuples(index=False):
            rows.append((frame.index, row.role, row.x, row.y, row.x + row.w, row.y + row.h, row.id))
        for x, y, w, h in of_frame[frame.index][list("xywh")].to_numpy(np.float64):
            rows.append((frame.index, "number", x, y, x + w, y + h, -1))
            crops.append(window(frame.image, np.array([x, y, x + w, y + h])))
    jersey = people.drop_duplicates("id").set_index("id")["jersey"]
    return _with_owners(f"rendered, {game.name}", rows, reader.read(crops), jersey, video.fps)


def _with_owners(
    name: str, rows: list[_Row], reads: Reads, jersey: pd.Series, fps: float
) -> tuple[Scored, NumberEvidence, list[str]]:
    """Score reads by the numbers of those on whom they lie; numbers on people without a known one are left out."""
    evidence = _evidence(rows, reads, fps)
    text = np.array(
        [TEXTS.index(jersey[who]) if who >= 0 and jersey[who] in TEXTS else NO_TEXT for who in _owner(rows)]
    )
    whole = scored(name, reads, text)
    return whole.select(name, text != NO_TEXT), evidence, [str(jersey[who]) for who in evidence.track_id]


def _owner(rows: list[_Row]) -> NDArray[np.int64]:
    """Find the person of each number among the rows (m,), -1 where it is not certain."""
    table = pd.DataFrame(rows, columns=["frame", "class", "x1", "y1", "x2", "y2", "track_id"])
    numbers = np.flatnonzero(table["class"] == "number")
    ids = pd.DataFrame({"detection_id": numbers})
    detections = table.assign(detection_id=range(len(table)))
    tracks = detections[detections["track_id"] >= 0][["detection_id", "track_id"]]
    found = owners_of_numbers(detections, ids, tracks).set_index("detection_id")["track_id"]
    return found.reindex(numbers).fillna(-1).to_numpy(np.int64)


def print_coverage(sets: list[Scored]) -> None:
    """Print for each set, at each least confidence, the share of reads kept and the share of them that is right."""
    print("share of reads kept / right of those kept, %, at a least confidence of")
    print(f"{'':34}{'reads':>7}" + "".join(f"{level:>16.2f}" for level in LEVELS))
    for scored_set in sets:
        cells = []
        for level in LEVELS:
            kept = scored_set.confidence >= level
            right = f"{100 * scored_set.right[kept].mean():.1f}" if kept.any() else "-"
            cells.append(f"{100 * kept.mean():8.1f} / {right:>5}")
        print(f"{scored_set.name:34}{len(scored_set.right):>7}" + "".join(cells))


def print_heights(scored_set: Scored, height_px: NDArray[np.float64]) -> None:
    """Print the same by the height of the number."""
    print(f"\n{scored_set.name}: by height of the number box in a picture 1280 px wide")
    print(f"{'px':>12}{'reads':>7}{'right %':>10}{'kept % at 0.5':>16}{'right of them %':>17}")
    for low, high in pairwise(HEIGHTS_PX):
        rows = (height_px >= low) & (height_px < high)
        if rows.any():
            kept = rows & (scored_set.confidence >= 0.5)
            right = 100 * scored_set.right[kept].mean() if kept.any() else np.nan
            print(
                f"{f'{low} to {high}':>12}{rows.sum():>7}{100 * scored_set.right[rows].mean():>10.1f}"
                f"{100 * kept.sum() / rows.sum():>16.1f}{right:>17.1f}"
            )


def print_tracklets(pieces: list[tuple[str, NumberEvidence, list[str]]]) -> None:
    """Print how many tracklets with a read have a number at some odds, and how many of these are right."""
    print("\ntracklets with a number box (of rendered games and truth clips: people): number given at odds of")
    print(f"{'':34}{'tracklets':>10}" + "".join(f"{f'{odds:g} to 1':>14}{'right':>7}{'wrong':>7}" for odds in ODDS))
    for name, evidence, worn in pieces:
        readable = np.array([text in TEXTS for text in worn])
        true = np.array([TEXTS.index(text) for text in worn if text in TEXTS])
        cells, mistakes = [], []
        for odds in ODDS:
            best = evidence.best(odds)[readable]
            sure, right = best >= 0, best == true
            cells.append(f"{sure.sum():>14}{right.sum():>7}{(sure & ~right).sum():>7}")
            wrong = np.flatnonzero(sure & ~right)
            mistakes.append(", ".join(f"{TEXTS[true[i]]} read as {TEXTS[best[i]]}" for i in wrong))
        print(f"{name:34}{readable.sum():>10}" + "".join(cells))
        if mistakes[0]:
            print(f"    {mistakes[0]}")


def print_speed(reader: NumberReader) -> None:
    """Print the processor's time per crop, cutting included."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    boxes = [np.array([x, 300.0, x + 12, 318.0]) for x in np.linspace(100, 1100, 24)]
    reader.read([window(image, box) for box in boxes])
    began, crops = time.process_time(), 0
    for _ in range(10):
        crops += len(reader.read([window(image, box) for box in boxes]))
    print(f"\n{1000 * (time.process_time() - began) / crops:.2f} ms of processor time per crop, 24 at a time")


if __name__ == "__main__":
    main()
