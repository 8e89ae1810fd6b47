"""The truth in the shape of a stage's result: put in place of the stage, it shows what the stage costs.

All functions take the run's tables and give tables of the same schema, frames counted as in the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import tables
from pipeline.errors import InputError
from pipeline.evaluation.boxes import IdentifiedBoxes, Ints, match, pair
from pipeline.evaluation.found import first_frame, labels
from pipeline.evaluation.truth import MIN_VISIBLE, Truth
from pipeline.tables import HOMOGRAPHY_COLUMNS, PERSON_CLASSES, TableName

Tables = Mapping[TableName, pd.DataFrame]

LEAST_ANNOTATED = 0.5
"""Share of the analysed frames that need truth."""
LONGEST_GAP_S = 1.0
"""A true person out of sight for longer, or across a cut, starts another tracklet."""


def true_detections(
    truth: Truth, run: Tables, embeddings: NDArray[np.float16]
) -> tuple[pd.DataFrame, NDArray[np.float16]]:
    """Make `detections` and its embeddings out of the true boxes of people of whom at least a third is visible.

    Embedding and jersey colour are those of the run's box on the same person, and missing where there is none; boxes of
    other classes are the run's.

    Args:
        truth: of a rendered game.
        run: the run's tables `frames` and `detections`.
        embeddings: (n, dim) of the run's detections.

    Raises:
        InputError: most analysed frames have no truth.
    """
    people = _people(truth, run["frames"])
    people = people[people["visible"] >= MIN_VISIBLE]
    given = run["detections"]
    is_person = given["class"].isin(PERSON_CLASSES).to_numpy()
    persons = np.flatnonzero(is_person)
    matches = match(
        pair(_boxes(people), _run_boxes(given.iloc[persons]), np.unique(people["frame"].to_numpy(np.int64)))
    )
    source = np.full(len(people), -1, dtype=np.int64)
    source[matches.truth_row] = persons[matches.found_row]
    colours = given[["jersey_l", "jersey_a", "jersey_b"]].to_numpy(np.float32)
    jersey = np.where(source[:, None] >= 0, colours[source] if len(colours) else np.nan, np.nan)
    true_rows = pd.DataFrame(
        {
            "frame": people["frame"].to_numpy(np.int64),
            "x1": people["x"].to_numpy(),
            "y1": people["y"].to_numpy(),
            "x2": (people["x"] + people["w"]).to_numpy(),
            "y2": (people["y"] + people["h"]).to_numpy(),
            "score": 1.0,
            "class": people["role"].to_numpy(),
            "quality": people["visible"].to_numpy(),
            **{name: jersey[:, k] for k, name in enumerate(("jersey_l", "jersey_a", "jersey_b"))},
        }
    )
    not_persons = np.flatnonzero(~is_person)
    both = pd.concat([true_rows, given.iloc[not_persons].drop(columns="detection_id")], ignore_index=True)
    order = np.argsort(both["frame"].to_numpy(), kind="stable")
    ordered = both.iloc[order].reset_index(drop=True).assign(detection_id=np.arange(len(both)))
    vectors = np.full((len(both), embeddings.shape[1]), np.nan, dtype=np.float16)  # (boxes, dim)
    matched = np.flatnonzero(source >= 0)
    vectors[matched] = embeddings[source[matched]]
    return tables.conform("detections", ordered), vectors[order]


def true_court(truth: Truth, run: Tables) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Make `court` and the facts beside it out of the true homographies.

    Raises:
        InputError: the truth has no homography of an analysed frame.
    """
    frames = run["frames"]["frame"].to_numpy(np.int64)
    offset = first_frame(run["frames"])
    court = truth.court
    by_frame = {} if court is None else {int(f): court.matrix(int(f) + offset) for f in frames}
    matrices = {frame: matrix for frame, matrix in by_frame.items() if matrix is not None}
    if court is None or not matrices:
        raise InputError(f"the truth {truth.name} has no court of the analysed frames")
    values = np.array([matrix.ravel() for matrix in matrices.values()])
    table = pd.DataFrame({"frame": list(matrices), **{n: values[:, k] for k, n in enumerate(HOMOGRAPHY_COLUMNS)}})
    lens = {"center_px": list(court.lens.center_px), "scale_px": court.lens.scale_px, "lam": court.lens.lam}
    facts: dict[str, Any] = {"court": court.court.name, "lens": lens, "fixed": court.fixed, "warnings": []}
    return tables.conform("court", table.assign(error_px=0.0, source="measured")), facts


def true_tracks(truth: Truth, run: Tables) -> pd.DataFrame:
    """Make `tracks`: the run's person boxes linked by the true person they show, as far as a tracker may see.

    A tracklet ends at a cut, and where the person has no box for more than a second.

    Raises:
        InputError: most analysed frames have no truth.
    """
    linked = _identified(truth, run)
    times = run["frames"].set_index("frame")
    frame = linked["frame"].to_numpy()
    linked = linked.assign(time_s=times.loc[frame, "time_s"].to_numpy(), shot=times.loc[frame, "shot"].to_numpy())
    linked = linked.sort_values(["identity", "frame"], kind="stable")
    same = linked["identity"].eq(linked["identity"].shift()) & linked["shot"].eq(linked["shot"].shift())
    near = linked["time_s"].diff() <= LONGEST_GAP_S
    track = (~(same & near)).cumsum()
    table = pd.DataFrame({"detection_id": linked["detection_id"], "track_id": track})
    return tables.conform("tracks", table.sort_values("detection_id"))


def true_identities(truth: Truth, run: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make `identities` and `players`: each of the run's tracklets goes to the true person whom most of its boxes show.

    A tracklet most of whose boxes show nobody has no row, nor has one that would put a person twice into a frame: of two
    such, the one with more of his boxes keeps him.

    Raises:
        InputError: most analysed frames have no truth.
    """
    boxes = run["tracks"].merge(run["detections"][["detection_id", "frame"]], on="detection_id")
    boxes = boxes.merge(_identified(truth, run)[["detection_id", "identity"]], on="detection_id", how="left")
    size = boxes.groupby("track_id").size()
    votes = boxes.dropna(subset="identity").groupby(["track_id", "identity"]).size().rename("votes").reset_index()
    votes = votes.sort_values("votes", ascending=False, kind="stable").drop_duplicates("track_id")
    votes = votes[votes["votes"] * 2 > size.loc[votes["track_id"]].to_numpy()]
    frames_of: dict[int, set[int]] = {}
    for track_id, frame in boxes[["track_id", "frame"]].to_numpy(np.int64):
        frames_of.setdefault(int(track_id), set()).add(int(frame))
    taken: dict[int, set[int]] = {}
    kept = []
    for track_id, identity in votes[["track_id", "identity"]].to_numpy(np.int64):
        busy = taken.setdefault(int(identity), set())
        if not busy & frames_of[int(track_id)]:
            busy |= frames_of[int(track_id)]
            kept.append((int(track_id), int(identity)))
    numbers = _player_numbers(truth)
    rows = sorted((track_id, numbers[identity], 1.0) for track_id, identity in kept)
    identities = pd.DataFrame(rows, columns=["track_id", "player_id", "confidence"])
    return tables.conform("identities", identities), _players(truth, {identity for _, identity in kept}, numbers)


def _players(truth: Truth, identities: set[int], numbers: Mapping[int, int]) -> pd.DataFrame:
    """Make the table `players` of some true persons."""
    persons = truth.persons[truth.persons["identity"].isin(identities)].drop_duplicates("identity")
    table = pd.DataFrame(
        {
            "player_id": [numbers[int(i)] for i in persons["identity"]],
            "role": persons["role"].to_numpy(),
            "team": labels(persons["team"]),
            "number": labels(persons["jersey"]),
            "name": None,
            "color": None,
        }
    )
    return tables.conform("players", table.sort_values("player_id"))


def _player_numbers(truth: Truth) -> dict[int, int]:
    """Number true persons from 1."""
    return {int(identity): k for k, identity in enumerate(np.unique(truth.persons["identity"]), start=1)}


def _identified(truth: Truth, run: Tables) -> pd.DataFrame:
    """Join the run's person boxes to the true persons they show: detection_id, frame, identity."""
    people = _people(truth, run["frames"])
    given = run["detections"]
    given = given[given["class"].isin(PERSON_CLASSES)].reset_index(drop=True)
    matches = match(pair(_boxes(people), _run_boxes(given), np.unique(people["frame"].to_numpy(np.int64))))
    chosen = given.iloc[matches.found_row][["detection_id", "frame"]]
    return chosen.assign(identity=people["identity"].to_numpy(np.int64)[matches.truth_row])


def _people(truth: Truth, frames: pd.DataFrame) -> pd.DataFrame:
    """Return the true persons on the analysed frames, frames counted as in the run."""
    numbers: Ints = frames["frame"].to_numpy(np.int64)
    people = truth.persons.assign(frame=truth.persons["frame"] - first_frame(frames))
    annotated = np.isin(numbers, people["frame"]).mean() if len(numbers) else 0.0
    if annotated < LEAST_ANNOTATED:
        raise InputError(
            f"an oracle needs truth of every frame, {truth.name} has it of {annotated:.0%}; use a rendered game"
        )
    return people[people["frame"].isin(numbers)].reset_index(drop=True)


def _boxes(people: pd.DataFrame) -> IdentifiedBoxes:
    xywh_px = people[["x", "y", "w", "h"]].to_numpy(np.float64)
    return IdentifiedBoxes(people["frame"].to_numpy(np.int64), people["identity"].to_numpy(np.int64), xywh_px)


def _run_boxes(detections: pd.DataFrame) -> IdentifiedBoxes:
    corners = detections[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    xywh_px = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    ids = detections["detection_id"].to_numpy(np.int64)
    return IdentifiedBoxes(detections["frame"].to_numpy(np.int64), ids, xywh_px)
