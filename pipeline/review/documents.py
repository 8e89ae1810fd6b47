"""What the page is told of a game: people, tracklets, shots and periods, as plain columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from pipeline.review.game import ReviewedGame
from pipeline.understand.game import frame_durations


def game_document(game: ReviewedGame) -> dict[str, Any]:
    """Describe a game; columns of `pieces` are lists of one length, one entry per tracklet in order of its begin."""
    return {
        "people": _people(game),
        "pieces": _pieces(game),
        "shots": _shots(game),
        "periods": _periods(game),
        "teams": dict(game.team_names),
        "begin_s": float(game.time_s[0]) if len(game.time_s) else 0.0,
        "end_s": float(game.time_s[-1]) if len(game.time_s) else 0.0,
    }


def _people(game: ReviewedGame) -> list[dict[str, Any]]:
    """Describe everybody, the longest seen first."""
    pieces = game.pieces
    mine = pieces[pieces["player_id"] > 0]
    seen_s = mine.groupby("player_id")["seen_s"].sum()
    weighted = (mine["confidence"] * mine["seen_s"]).groupby(mine["player_id"]).sum() / seen_s.clip(lower=1e-9)
    evidence = game.tables["player_evidence"].set_index("player_id")
    votes = game.tables["number_votes"].sort_values(["player_id", "reads"], ascending=[True, False])
    by_player = {int(str(who)): rows for who, rows in votes.groupby("player_id")}
    found = []
    columns = ("player_id", "role", "team", "number", "name", "name_from")
    for who, role, team, number, name, source in zip(
        *(game.tables["players"][column] for column in columns), strict=True
    ):
        dress = game.dresses[int(who)]
        facts = evidence.loc[who] if who in evidence.index else None
        found.append(
            {
                "id": int(who),
                "label": game.labels[int(who)],
                "role": str(role),
                "team": _text(team),
                "number": _text(number),
                "name": _text(name),
                "name_from": _text(source),
                "fill": dress.fill,
                "ink": dress.ink,
                "seen_s": _number(seen_s.get(who, 0.0), 1) or 0.0,
                "confidence": _number(weighted.get(who), 3),
                "number_confidence": None if facts is None else _number(facts["number_confidence"], 3),
                "team_confidence": None if facts is None else _number(facts["team_confidence"], 3),
                "votes": _votes(by_player.get(int(who))),
            }
        )
    return sorted(found, key=lambda person: -person["seen_s"])


def _votes(rows: pd.DataFrame | None) -> list[list[Any]]:
    """List number, reads and probability of the numbers that were read most."""
    if rows is None:
        return []
    return [
        [str(number), int(reads), _number(probability, 3)]
        for number, reads, probability in zip(
            rows["number"].head(5), rows["reads"].head(5), rows["probability"].head(5), strict=True
        )
    ]


def _pieces(game: ReviewedGame) -> dict[str, list[Any]]:
    """Give the tracklets by columns."""
    pieces = game.pieces
    whole = {"track_id": "track", "player_id": "player"}
    rounded = {
        "begin_s": 3,
        "end_s": 3,
        "seen_s": 2,
        "confidence": 3,
        "number_confidence": 2,
        "runner_up_confidence": 3,
    }
    columns: dict[str, list[Any]] = {new: pieces[old].astype("int64").tolist() for old, new in whole.items()}
    columns |= {name: _numbers(pieces[name], digits) for name, digits in rounded.items()}
    columns["runner_up"] = [None if pd.isna(value) else int(value) for value in pieces["runner_up"]]
    columns["number"] = [_text(value) for value in pieces["number"]]
    columns["role"] = [_text(value) for value in pieces["role"]]
    return columns


def _shots(game: ReviewedGame) -> list[dict[str, Any]]:
    """List camera shots with what they show."""
    frames, shots = game.tables["frames"], game.tables["shots"]
    if frames.empty:
        return []
    number = frames["frame"].to_numpy(np.int64)
    last_s = game.time_s + frame_durations(frames)
    first, last = (
        np.clip(np.searchsorted(number, shots[name].to_numpy(np.int64)), 0, len(number) - 1)
        for name in ("first_frame", "last_frame")
    )
    return [
        {"begin_s": round(float(game.time_s[a]), 3), "end_s": round(float(last_s[b]), 3), "kind": str(kind)}
        for a, b, kind in zip(first, last, shots["kind"], strict=True)
    ]


def _periods(game: ReviewedGame) -> list[dict[str, Any]]:
    columns = (game.tables["periods"][name] for name in ("period", "start_s", "end_s"))
    return [{"period": int(n), "begin_s": float(a), "end_s": float(b)} for n, a, b in zip(*columns, strict=True)]


def _numbers(values: Iterable[Any], digits: int) -> list[float | None]:
    return [_number(value, digits) for value in values]


def _number(value: Any, digits: int) -> float | None:
    """Round a number; what is missing is None."""
    return None if value is None or pd.isna(value) else round(float(value), digits)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or not str(value) else str(value)
