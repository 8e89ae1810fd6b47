"""All scores of one run against one truth, and their tables as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pipeline.evaluation.confidence import RiskCoverage
from pipeline.evaluation.detection import DetectionScores
from pipeline.evaluation.identity import IdentityScores
from pipeline.evaluation.labels import LabelScores
from pipeline.evaluation.movement import MovementScores
from pipeline.evaluation.registration import CourtScores
from pipeline.evaluation.tracking import TrackingScores

NOTHING = "-"
Row = tuple[str, str, str]
"""Label, value, unit."""
PLAYER_COLUMNS = (
    "player", "found as", "seen\ns", "true\ns", "distance\nm", "true\nm", "error\n%", "top\nm/s", "true\nm/s",
    "position\nerror m", "heat map\n%",
)  # fmt: skip
SHOT_COLUMNS = ("shot", "frames", "HOTA %", "AssA %", "IDF1 %", "switches", "tracklets: HOTA %")
ORACLE_COLUMNS = ("true", "HOTA %", "AssA %", "IDF1 %", "identity %", "distance error %", "position error m")
MOST_SHOTS = 12
"""Shots that are listed, the worst first."""


@dataclass(frozen=True)
class Classes:
    """Detection scores by class; `person` takes players and referees for one class."""

    player: DetectionScores
    referee: DetectionScores
    person: DetectionScores


@dataclass(frozen=True)
class ShotScores:
    """Tracking scores within one camera shot."""

    shot: int
    frames: int
    players: TrackingScores
    tracklets: TrackingScores | None


@dataclass(frozen=True)
class Evaluation:
    """Scores; None where the run or the truth does not say enough to measure.

    Players only: a box on a referee is a false one. `tracklets` are scored as if each were a person.
    """

    run: str
    truth: str
    frames_scored: int
    """Annotated frames of play that the run has analysed."""
    frames_of_truth: int
    """Annotated frames of play."""
    players: TrackingScores
    identity: IdentityScores
    tracklets: TrackingScores | None = None
    tracklet_identity: IdentityScores | None = None
    shots: tuple[ShotScores, ...] = ()
    """Empty when there is one shot only."""
    detection: Classes | None = None
    court: CourtScores | None = None
    movement: MovementScores | None = None
    labels: LabelScores | None = None
    confidence: RiskCoverage | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: None in place of NaN and infinity, derived shares included."""
        data: dict[str, Any] = _plain(self)
        return data


def sections(evaluation: Evaluation) -> list[tuple[str, list[Row]]]:
    """Tell the scores by subject, most important first: (subject, lines); what could not be measured is left out."""
    titled = [("players", _tracking_rows("", evaluation.players)), ("identity", _identity_rows(evaluation.identity))]
    titled[0][1].insert(0, ("frames scored", f"{evaluation.frames_scored} of {evaluation.frames_of_truth}", ""))
    if evaluation.movement is not None:
        titled.append(("movement", _movement_rows(evaluation.movement)))
    if evaluation.labels is not None:
        titled.append(("labels", _label_rows(evaluation.labels)))
    if evaluation.tracklets is not None and evaluation.tracklet_identity is not None:
        pieces = evaluation.tracklet_identity
        titled.append(
            (
                "tracklets",
                [
                    *_tracking_rows("tracklets: ", evaluation.tracklets),
                    ("tracklets: purity", _percent(pieces.purity), "%"),
                    ("tracklets per player", _number(pieces.fragments_per_player, 1), ""),
                ],
            )
        )
    if evaluation.detection is not None:
        titled.append(("detection", _detection_rows(evaluation.detection)))
    if evaluation.court is not None:
        titled.append(("court", _court_rows(evaluation.court)))
    if evaluation.confidence is not None:
        risks = zip(evaluation.confidence.coverage, evaluation.confidence.risk, strict=True)
        titled.append(
            ("confidence", [(f"wrong among the surest {share:.0%}", _percent(risk), "%") for share, risk in risks])
        )
    return [(name, [row for row in lines if row[1] != NOTHING]) for name, lines in titled]


def rows(evaluation: Evaluation) -> list[Row]:
    """Tell the scores line by line, most important first: (label, value, unit)."""
    return [row for _, lines in sections(evaluation) for row in lines]


def player_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Tell each true player's movement, with PLAYER_COLUMNS: found and true, distances over the time that he was located.

    Empty when there are no positions to compare.
    """
    if evaluation.movement is None:
        return []
    return [
        (
            " ".join(label for label in (p.team, p.number) if label) or str(p.truth_id),
            NOTHING if p.player_id is None else str(p.player_id),
            _number(p.seen_found_s, 0),
            _number(p.seen_true_s, 0),
            _number(p.distance_found_m, 0),
            _number(p.distance_true_same_time_m, 0),
            _percent(p.distance_error, signed=True),
            _number(p.top_speed_found_mps, 1),
            _number(p.top_speed_true_mps, 1),
            _number(p.position_error_median_m, 2),
            _percent(p.heatmap_overlap),
        )
        for p in evaluation.movement.players
    ]


def shot_rows(evaluation: Evaluation, most: int = MOST_SHOTS) -> list[tuple[str, ...]]:
    """Tell the scores of each camera shot, with SHOT_COLUMNS; of many, the worst `most` by HOTA. Empty for a single shot."""
    shots = [shot for shot in evaluation.shots if not math.isnan(shot.players.hota)]
    worst = sorted(shots, key=lambda shot: shot.players.hota)[:most] if len(shots) > most else shots
    return [
        (
            str(shot.shot),
            str(shot.frames),
            *(_percent(share) for share in (shot.players.hota, shot.players.assa, shot.players.idf1)),
            str(shot.players.switches),
            NOTHING if shot.tracklets is None else _percent(shot.tracklets.hota),
        )
        for shot in sorted(worst, key=lambda shot: shot.shot)
    ]


def shot_title(evaluation: Evaluation, most: int = MOST_SHOTS) -> str:
    """Say which shots `shot_rows` tells of."""
    count = len([shot for shot in evaluation.shots if not math.isnan(shot.players.hota)])
    return f"the worst {most} of {count} camera shots (--json has all)" if count > most else "by camera shot"


def oracle_row(name: str, evaluation: Evaluation) -> tuple[str, ...]:
    """Tell what a run is with `name` replaced by the truth, with ORACLE_COLUMNS."""
    movement = evaluation.movement
    shares = [evaluation.players.hota, evaluation.players.assa, evaluation.players.idf1, evaluation.identity.accuracy]
    shares.append(math.nan if movement is None else movement.distance_error)
    metres = math.nan if movement is None else movement.position_error_median_m
    return (name, *map(_percent, shares), _number(metres, 2))


def compare_rows(first: Sequence[Row], second: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Join the lines of two runs by their labels: (label, first, second, unit); a score that one lacks is blank.

    Example:
        >>> compare_rows([("HOTA", "61.0", "%")], [("HOTA", "70.5", "%"), ("ARI", "0.9", "")])
        [('HOTA', '61.0', '70.5', '%'), ('ARI', '', '0.9', '')]
    """
    first_values, second_values = ({(label, unit): value for label, value, unit in lines} for lines in (first, second))
    keys = list(first_values) + [key for key in second_values if key not in first_values]
    return [
        (label, first_values.get((label, unit), ""), second_values.get((label, unit), ""), unit) for label, unit in keys
    ]


def _tracking_rows(whose: str, scores: TrackingScores) -> list[Row]:
    shares = [
        ("HOTA", scores.hota), ("DetA", scores.deta), ("AssA", scores.assa), ("LocA", scores.loca),
        ("IDF1", scores.idf1), ("MOTA", scores.mota),
    ]  # fmt: skip
    return [
        *((f"{whose}{label}", _percent(value), "%") for label, value in shares),
        (f"{whose}switches", str(scores.switches), ""),
    ]


def _identity_rows(scores: IdentityScores) -> list[Row]:
    rows = [
        ("identity accuracy", _percent(scores.accuracy), "% of player-time"),
        ("identity accuracy, where found", _percent(scores.accuracy_when_found), "%"),
        ("ARI", _number(scores.ari, 3), ""),
        ("NMI", _number(scores.nmi, 3), ""),
        ("purity", _percent(scores.purity), "%"),
        ("players found", f"{scores.players_found} of {scores.players_true}", ""),
        ("identities per player", _number(scores.fragments_per_player, 1), ""),
    ]
    for absence in scores.absences:
        decided = absence.kept + absence.lost
        if decided:
            rows.append((f"identity kept after absences, {absence.span}", f"{absence.kept} of {decided}", ""))
    return rows


def _movement_rows(scores: MovementScores) -> list[Row]:
    return [
        ("distance error per player, located time", _percent(scores.distance_error), "%"),
        ("distance error per player, whole time", _percent(scores.distance_error_all), "%"),
        ("position error, median", _number(scores.position_error_median_m, 2), "m"),
        ("position error, 95th percentile", _number(scores.position_error_p95_m, 2), "m"),
        ("top speed error per player", _number(scores.top_speed_error_mps, 2), "m/s"),
        ("time in view error per player", _number(scores.time_error_s, 1), "s"),
        ("heat map overlap", _percent(scores.heatmap_overlap), "%"),
    ]


def _detection_rows(classes: Classes) -> list[Row]:
    rows = []
    for name, scores in (("player", classes.player), ("referee", classes.referee)):
        rows += [
            (f"{name} AP50", _percent(scores.ap50), "%"),
            (f"{name} AP50-95", _percent(scores.ap50_95), "%"),
            (f"{name} recall", _percent(scores.recall), "%"),
            (f"{name} precision", _percent(scores.precision), "%"),
        ]
    for height in classes.player.by_height:
        if height.truth_boxes:
            upper = f"-{height.high_px:.0f}" if math.isfinite(height.high_px) else " and more"
            rows.append((f"player recall, {height.low_px:.0f}{upper} px tall", _percent(height.recall), "%"))
    return rows


def _court_rows(scores: CourtScores) -> list[Row]:
    return [
        ("frames with a court", _percent(scores.registered_share), "%"),
        ("court error, mean", _number(scores.error_px_mean, 1), "px"),
        ("court error, mean", _number(scores.error_m_mean, 2), "m"),
        ("court error, 95th percentile", _number(scores.error_m_p95, 2), "m"),
    ]


def _label_rows(scores: LabelScores) -> list[Row]:
    return [
        ("team accuracy", _percent(scores.team_accuracy), "%"),
        ("role accuracy", _percent(scores.role_accuracy), "%"),
        ("number accuracy, where one is given", _percent(scores.number_accuracy), "%"),
        ("numbers given", _percent(scores.number_known), "%"),
    ]


def _percent(share: float, signed: bool = False) -> str:
    """Format a share as a percentage; a dash where there is none."""
    return NOTHING if math.isnan(share) else f"{100 * share:+.1f}" if signed else f"{100 * share:.1f}"


def _number(value: float, digits: int) -> str:
    return NOTHING if math.isnan(value) else f"{value:.{digits}f}"


def _plain(value: Any) -> Any:
    """Turn scores into lists, dicts, numbers, text and None; properties of a dataclass count as fields."""
    if is_dataclass(value) and not isinstance(value, type):
        derived = [name for name, member in vars(type(value)).items() if isinstance(member, property)]
        return {name: _plain(getattr(value, name)) for name in [*(f.name for f in fields(value)), *derived]}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
