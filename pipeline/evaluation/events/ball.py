"""How right possession, passes, shots and rebounds are, against the truth of a rendered game."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.errors import InputError
from pipeline.evaluation.events.lineups import true_ids
from pipeline.geometry.court import Court, beyond_three_point, stored_court
from pipeline.store import RunDirectory
from pipeline.tables import TableName

NEAR_S = 1.5
"""An event counts as found within so many seconds."""
HANDS_S = 2.0
"""So long before a pass it is looked whether the ball was seen in the passer's hands; twice as long after, flight with it, in the receiver's."""
_PEOPLE: Mapping[str, tuple[str, ...]] = {
    "pass": ("id", "partner"),
    "turnover": ("id", "partner"),
    "shot": ("id",),
    "free-throw": ("id",),
    "rebound": ("id",),
}
"""Who has to be right for an event of this kind to be."""


@dataclass(frozen=True)
class KindScores:
    """Events of one kind; of all that were said, and of those called sure."""

    true: int
    said: int
    right: int
    sure: int
    sure_right: int

    found: int
    """True events that were found, whoever was said to have done them."""

    @property
    def f1_of_moments(self) -> float:
        """Of all that were said, whoever was said to have done them."""
        return _ratio(2 * self.found, self.true + self.said)

    @property
    def f1(self) -> float:
        """Of all that were said."""
        return _ratio(2 * self.right, self.true + self.said)

    @property
    def sure_precision(self) -> float:
        """Share of the sure ones that are right."""
        return _ratio(self.sure_right, self.sure)

    def __add__(self, added: KindScores) -> KindScores:
        """Add the counts of another game."""
        return KindScores(*(a + b for a, b in zip(vars(self).values(), vars(added).values(), strict=True)))


@dataclass(frozen=True)
class Share:
    """So many of so many are right."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """As a share; NaN of none."""
        return _ratio(self.right, self.of)

    def __add__(self, added: Share) -> Share:
        """Add the counts of another game."""
        return Share(self.right + added.right, self.of + added.of)


@dataclass(frozen=True)
class BallScores:
    """What a run says of the ball."""

    possession: Share
    """Frames of live time in which the right team is said to have the ball."""
    holder: Share
    """Frames of live time with somebody holding it, in which he is said to."""
    kinds: Mapping[str, KindScores]
    results: Share
    """Found shots whose result was said rightly."""
    sure_results: Share
    """Found shots whose result was said to be sure."""
    results_said: Share
    """Found shots of which a result was said."""
    shooter: Share
    worth: Share
    """Found shots rightly two or three."""
    seen_passes: Share
    """True passes of which the ball was seen while the passer had it and while the receiver had it; no more than these can be told."""
    right_of_seen: Share
    """These that were found, with both players."""

    def __add__(self, added: BallScores) -> BallScores:
        """Add the counts of another game."""
        kinds = {kind: self.kinds[kind] + added.kinds[kind] for kind in self.kinds}
        shares = {
            name: getattr(self, name) + getattr(added, name) for name, value in vars(self).items() if name != "kinds"
        }
        return BallScores(kinds=kinds, **shares)


def score_ball_events(run: Path, truth: Path) -> BallScores:
    """Score what a run says of the ball.

    Args:
        run: output directory of `courtside analyze`.
        truth: the rendered game.

    Raises:
        InputError: the truth has no ball.
    """
    if not (truth / "truth_ball.parquet").is_file():
        raise InputError(f"{truth} has no truth_ball.parquet; render the game again with courtside render-game")
    folder = RunDirectory(run)
    names: tuple[TableName, ...] = ("ball", "possessions", "ball_events")
    tables = {str(name): folder.read_table(name) for name in names}
    court = stored_court(folder.read_json("court.facts"))
    return compare_ball_events(tables, truth, true_ids(run, truth), court)


def compare_ball_events(
    tables: Mapping[str, pd.DataFrame], truth: Path, ids: Mapping[int, int], court: Court
) -> BallScores:
    """Compare tables of a run with the truth.

    Args:
        tables: `ball`, `possessions` and `ball_events`.
        truth: the rendered game.
        ids: true people by player_id.
        court: with its three-point line.
    """
    true_ball, true_events, frames, people = (
        pd.read_parquet(truth / f"{name}.parquet") for name in ("truth_ball", "truth_events", "frames", "truth")
    )
    team_of = people.dropna(subset="team").drop_duplicates("id").set_index("id")["team"]
    said = tables["ball_events"].assign(
        id=_mapped(tables["ball_events"]["player_id"], ids), partner=_mapped(tables["ball_events"]["partner_id"], ids)
    )
    live = frames["live"].to_numpy(bool)
    possession, holder = _possession(true_ball, live, tables, team_of, ids)
    true = true_events.replace({"kind": {"free-throw-made": "free-throw", "free-throw-missed": "free-throw"}})
    kinds = {}
    for kind, who in _PEOPLE.items():
        pairs = _matched(true[true["kind"] == kind], said[said["kind"] == kind], who)
        status = said[said["kind"] == kind]["status"].to_numpy() == "sure"
        right = np.zeros(len(status), bool)
        right[pairs[1]] = True
        kinds[kind] = KindScores(
            int((true["kind"] == kind).sum()),
            len(status),
            len(pairs[0]),
            int(status.sum()),
            int((status & right).sum()),
            len(_matched(true[true["kind"] == kind], said[said["kind"] == kind], ())[0]),
        )
    passes = true[true["kind"] == "pass"]
    seen = _seen_passes(passes, true_ball, tables["ball"])
    right = np.zeros(len(passes), bool)
    right[_matched(passes, said[said["kind"] == "pass"], _PEOPLE["pass"])[0]] = True
    of_passes = {
        "seen_passes": Share(int(seen.sum()), len(seen)),
        "right_of_seen": Share(int((seen & right).sum()), int(seen.sum())),
    }
    return BallScores(possession, holder, kinds, **_shots(true_events, said, court), **of_passes)


def _seen_passes(passes: pd.DataFrame, true_ball: pd.DataFrame, ball: pd.DataFrame) -> np.ndarray:
    """Say of which passes (n,) the ball was seen in the hands of both."""
    time_s, holder = true_ball["time_s"].to_numpy(), true_ball["holder"].to_numpy(np.float64, na_value=-1)
    frames = ball.loc[ball["source"] == "seen", "frame"]
    is_seen = true_ball["frame"].isin(frames).to_numpy()
    seen = []
    for person, partner, at_s in passes[["id", "partner", "time_s"]].to_numpy(np.float64):
        before = (time_s >= at_s - HANDS_S) & (time_s <= at_s) & (holder == person)
        after = (time_s > at_s) & (time_s <= at_s + 2 * HANDS_S) & (holder == partner)
        seen.append(bool((before & is_seen).any() and (after & is_seen).any()))
    return np.array(seen, dtype=bool)


def _shots(true: pd.DataFrame, said: pd.DataFrame, court: Court) -> dict[str, Share]:
    """Compare what is said of the shots that were found."""
    shots, found = true[true["kind"] == "shot"], said[said["kind"] == "shot"]
    ends = true[true["kind"].isin(["made", "missed"])]
    at = np.searchsorted(ends["time_s"], shots["time_s"])
    shots = shots[at < len(ends)].assign(end=ends["kind"].to_numpy()[at[at < len(ends)]])
    pairs = _matched(shots, found, ())
    a, b = shots.iloc[pairs[0]], found.iloc[pairs[1]]
    far = beyond_three_point(court, a[["x_m", "y_m"]].to_numpy(np.float64)) if len(a) else np.zeros(0, bool)
    has_result = b["result"].notna().to_numpy()
    is_right = (b["result"].to_numpy(object) == a["end"].to_numpy(object)) & has_result
    is_sure = (b["result_status"] == "sure").to_numpy(bool)
    same_worth = (b["points"].to_numpy(np.float64) == 3) == far
    return {
        "results": Share(int(is_right.sum()), int(has_result.sum())),
        "sure_results": Share(int((is_right & is_sure).sum()), int(is_sure.sum())),
        "results_said": Share(int(has_result.sum()), len(b)),
        "shooter": Share(int((a["id"].to_numpy() == b["id"].to_numpy()).sum()), len(b)),
        "worth": Share(int(same_worth.sum()), len(b)),
    }


def _possession(
    true_ball: pd.DataFrame,
    live: np.ndarray,
    tables: Mapping[str, pd.DataFrame],
    team_of: pd.Series,
    ids: Mapping[int, int],
) -> tuple[Share, Share]:
    """Compare whose the ball is: teams, and who holds it."""
    time_s = true_ball["time_s"].to_numpy()
    has_it = true_ball["holder"].map(team_of).ffill().to_numpy(object)
    possessions = tables["possessions"]
    start_s, end_s = (possessions[name].to_numpy(np.float64) for name in ("start_s", "end_s"))
    at = np.searchsorted(start_s, time_s, side="right") - 1
    names = dict(_team_names(tables, team_of, ids))
    said = np.full(len(time_s), None, object)
    if len(start_s):
        # a possession goes on until the next one, or for two seconds
        inside = (at >= 0) & (time_s < end_s[np.maximum(at, 0)] + 2.0)
        said[inside] = possessions["team"].map(names).to_numpy(object)[at[inside]]
    held = live & true_ball["holder"].notna().to_numpy()
    ball = tables["ball"].dropna(subset="player_id")
    said_holder = pd.Series(_mapped(ball["player_id"], ids).to_numpy(), index=ball["frame"]).reindex(true_ball["frame"])
    return (
        Share(int((said == has_it)[live].sum()), int(live.sum())),
        Share(int((said_holder.to_numpy() == true_ball["holder"].to_numpy())[held].sum()), int(held.sum())),
    )


def _team_names(
    tables: Mapping[str, pd.DataFrame], team_of: pd.Series, ids: Mapping[int, int]
) -> list[tuple[str, str]]:
    """Say which true team each team of the run is, by the players of its events."""
    events = tables["ball_events"]
    true = _mapped(events["player_id"], ids).map(team_of)
    votes = pd.crosstab(events["team"], true)
    return [(str(team), str(votes.loc[team].idxmax())) for team in votes.index]


def _matched(true: pd.DataFrame, said: pd.DataFrame, people: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Match true events with those that were said: rows (k,) and (k,), near in time and of the same people."""
    away = np.abs(true["time_s"].to_numpy()[:, None] - said["time_s"].to_numpy()[None])
    for name in people:
        away = np.where(true[name].to_numpy()[:, None] == said[name].to_numpy()[None], away, np.inf)
    price = np.where(away <= NEAR_S, away, 1e3)
    rows, columns = linear_sum_assignment(price)
    kept = price[rows, columns] <= NEAR_S
    return rows[kept], columns[kept]


def _mapped(player_ids: pd.Series, ids: Mapping[int, int]) -> pd.Series:
    """Name the true people (n,) of player_ids (n,); NaN of nobody's."""
    return pd.Series([np.nan if pd.isna(who) else float(ids.get(int(who), -1)) for who in player_ids], dtype=np.float64)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
