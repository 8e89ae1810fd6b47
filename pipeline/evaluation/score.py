"""From a run and a truth to all scores that the two allow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.boxes import Floats, IdentifiedBoxes, Ints, Matches, Pairing, match, on_ignored, pair
from pipeline.evaluation.confidence import RiskCoverage, risk_coverage
from pipeline.evaluation.detection import DetectionScores, score_detection
from pipeline.evaluation.found import Found, FoundPeople, labels, off_court, read_found
from pipeline.evaluation.identity import IdentityMatching, assign_identities, score_identity
from pipeline.evaluation.labels import LabelScores, score_labels
from pipeline.evaluation.movement import Claim, MovementScores, TruePlayer, Walk, score_movement
from pipeline.evaluation.registration import score_registration
from pipeline.evaluation.results import Classes, Evaluation, ShotScores
from pipeline.evaluation.tracking import score_tracking
from pipeline.evaluation.truth import Truth, read_truth, thinned
from pipeline.tables import SURE_SCORE


def evaluate(run: Path, truth: Path, max_fps: float | None = None) -> Evaluation:
    """Score a run against the truth.

    Args:
        run: an output directory of `courtside analyze`, or a MOT text file with players only.
        truth: what `read_truth` reads.
        max_fps: compare boxes on at most this many frames per second; None for all. Switches depend on it. Positions,
            distances and times are compared on all frames.

    Raises:
        InputError: one of them is not what it should be; names the file and the line or column.
        TableError: a table of the run is missing or damaged.
    """
    return score(read_found(run), read_truth(truth), max_fps)


def score(found: Found, truth: Truth, max_fps: float | None = None) -> Evaluation:
    """Score what was found on the annotated frames that were analysed.

    Args:
        found: a run, or what another tracker found.
        truth: of the same video.
        max_fps: score at most so many frames per second; None for all.

    Raises:
        InputError: no annotated frame was analysed, or an identity is twice in one frame.
    """
    every = truth.frames
    if found.frames is not None:
        every = every[every["frame"].isin(found.frames)]
        if every.empty:
            raise InputError(
                f"{found.name} has analysed none of the {len(truth.frames)} annotated frames of {truth.name}; "
                "score it against the truth of its own video"
            )
    frames = every if max_fps is None else thinned(every, max_fps)
    numbers, time_s = frames["frame"].to_numpy(np.int64), frames["time_s"].to_numpy(np.float64)
    players = found.people.players()
    scored = _ScoredBoxes.of(truth, "player", players.boxes, numbers)
    tracklets = None if found.tracklets is None else _ScoredBoxes.of(truth, "player", found.tracklets, numbers).pairing
    matching = assign_identities(scored.pairing, scored.matches)
    has_tables = bool(found.tables)
    return Evaluation(
        run=found.name,
        truth=truth.name,
        frames_scored=len(numbers),
        frames_of_truth=len(truth.frames),
        players=score_tracking(scored.pairing),
        identity=score_identity(scored.pairing, time_s),
        tracklets=None if tracklets is None else score_tracking(tracklets),
        tracklet_identity=None if tracklets is None else score_identity(tracklets, time_s),
        shots=_by_shot(frames, scored.pairing, tracklets),
        detection=_detection(found, truth, numbers) if has_tables else None,
        court=score_registration(truth.court, found.court, numbers) if truth.court and found.court else None,
        movement=_movement(found, truth, every, matching) if has_tables else None,
        labels=_labels(found.people, truth, numbers) if has_tables else None,
        confidence=_confidence(players.take(scored.found_rows), scored, matching) if has_tables else None,
    )


@dataclass(frozen=True)
class _ScoredBoxes:
    """Truth and found boxes of one kind, without those that do not count, and which rows they were."""

    pairing: Pairing
    matches: Matches
    truth_rows: Ints
    """Rows of `truth.persons` behind the pairing's truth."""
    found_rows: Ints
    """Rows of the found boxes behind the pairing's found."""

    @classmethod
    def of(cls, truth: Truth, role: str | None, found: IdentifiedBoxes, frames: Ints) -> _ScoredBoxes:
        """Pair the boxes of one role (None: of everybody) on the scored frames.

        Args:
            truth: the true boxes.
            role: player or referee; None for both.
            found: the found boxes.
            frames: (t,) scored frames.
        """
        boxes, ignored, persons = truth.boxes(role)
        required = np.flatnonzero(~ignored & np.isin(boxes.frame, frames))
        counted = np.flatnonzero(~on_ignored(boxes, ignored, found, frames) & np.isin(found.frame, frames))
        pairing = pair(boxes.take(required), found.take(counted), frames)
        return cls(pairing, match(pairing), persons[required], counted)


def _by_shot(frames: pd.DataFrame, players: Pairing, tracklets: Pairing | None) -> tuple[ShotScores, ...]:
    """Score each shot by itself; nothing when there is only one."""
    shots = frames["shot"].unique()
    if len(shots) < 2:
        return ()
    scores = []
    for shot in shots:
        numbers = frames.loc[frames["shot"] == shot, "frame"].to_numpy(np.int64)
        inside = score_tracking(pair(players.truth, players.found, numbers))
        pieces = None if tracklets is None else score_tracking(pair(tracklets.truth, tracklets.found, numbers))
        scores.append(ShotScores(int(shot), len(numbers), inside, pieces))
    return tuple(scores)


def _detection(found: Found, truth: Truth, frames: Ints) -> Classes:
    """Score the stored person boxes, those off the court (by the run's own court) left out."""
    table = found.tables["detections"]
    table = table[table["class"].isin(("player", "referee")) & table["frame"].isin(frames)]
    table = table[~off_court(table, found.court)]
    return Classes(*(_class_scores(table, truth, role, frames) for role in ("player", "referee", None)))


def _class_scores(table: pd.DataFrame, truth: Truth, role: str | None, frames: Ints) -> DetectionScores:
    """Score the boxes of one class, those that count by themselves."""
    table = table[table["score"] >= SURE_SCORE]
    rows = table if role is None else table[table["class"] == role]
    corners = rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    boxes = IdentifiedBoxes(
        rows["frame"].to_numpy(np.int64),
        rows["detection_id"].to_numpy(np.int64),
        np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
    )
    true_boxes, ignored, _ = truth.boxes(role)
    return score_detection(true_boxes, ignored, boxes, rows["score"].to_numpy(np.float64), frames)


def _labels(people: FoundPeople, truth: Truth, frames: Ints) -> LabelScores:
    """Score role, team and number of everybody who was found."""
    scored = _ScoredBoxes.of(truth, None, people.boxes, frames)
    persons = truth.persons.iloc[scored.truth_rows[scored.matches.truth_row]]
    found = people.take(scored.found_rows[scored.matches.found_row])
    return score_labels(
        {
            "role": labels(persons["role"]),
            "team": labels(persons["team"]),
            "number": labels(persons["jersey"]),
        },
        {"role": found.role, "team": found.team, "number": found.number},
    )


def _confidence(players: FoundPeople, scored: _ScoredBoxes, matching: IdentityMatching) -> RiskCoverage | None:
    """Build the risk-coverage curve of the matched boxes; `players` are the rows of the found boxes in `scored`."""
    confidence = players.confidence[scored.matches.found_row]
    given = ~np.isnan(confidence)
    return risk_coverage(confidence[given], matching.correct(scored.pairing, scored.matches)[given])


def _movement(found: Found, truth: Truth, frames: pd.DataFrame, matching: IdentityMatching) -> MovementScores | None:
    """Compare positions and statistics of the players; None when either has no positions."""
    positions, stats = found.tables.get("positions"), found.tables.get("player_stats")
    if truth.court is None or positions is None or stats is None:
        return None
    return score_movement(
        _true_players(truth, frames),
        _walks(positions, "player_id"),
        _claims(stats),
        matching.found_of,
        truth.court.court,
    )


def _claims(stats: pd.DataFrame) -> dict[int, Claim]:
    """Take what the comparison needs out of the table of statistics."""
    numbers = stats[["seen_s", "distance_m", "top_speed_mps"]].to_numpy(np.float64)
    players = stats["player_id"].to_numpy(np.int64)
    return {int(player): Claim(*map(float, values)) for player, values in zip(players, numbers, strict=True)}


def _true_players(truth: Truth, frames: pd.DataFrame) -> dict[int, TruePlayer]:
    """Gather what is known of each true player on the scored frames."""
    numbers, step_s = frames["frame"].to_numpy(np.int64), _step_s(frames["time_s"].to_numpy(np.float64))
    boxes, ignored, rows = truth.boxes("player")
    scored = np.isin(boxes.frame, numbers)
    seen = dict(zip(*np.unique(boxes.identity[scored & ~ignored], return_counts=True), strict=True))
    on_court = truth.persons.iloc[rows[scored]]
    on_court = on_court[~truth.off_court()[rows[scored]]]
    walks = _walks(on_court[on_court["x_m"].notna()], "identity")
    nowhere = Walk(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2)))
    players = {}
    for identity in map(int, np.unique(on_court["identity"])):
        if identity in seen:
            person = on_court[on_court["identity"] == identity].iloc[:1]
            team, number = labels(person["team"])[0], labels(person["jersey"])[0]
            seen_s, walk = float(seen[identity]) * step_s, walks.get(identity, nowhere)
            players[identity] = TruePlayer(team, number, seen_s, walk, truth.exact_positions)
    return players


def _walks(table: pd.DataFrame, identity: str) -> dict[int, Walk]:
    """Split a table of positions by person."""
    table = table.sort_values([identity, "frame"])
    persons, starts = np.unique(table[identity].to_numpy(np.int64), return_index=True)
    columns = (table["frame"].to_numpy(np.int64), table["time_s"].to_numpy(np.float64))
    xy_m = table[["x_m", "y_m"]].to_numpy(np.float64)
    rows_of_persons = np.split(np.arange(len(table)), starts[1:])
    return {int(p): Walk(columns[0][k], columns[1][k], xy_m[k]) for p, k in zip(persons, rows_of_persons, strict=False)}


def _step_s(time_s: Floats) -> float:
    """Usual time between scored frames."""
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else float("nan")
