"""Games of a few tracklets, written down by hand."""

import numpy as np
import pandas as pd

from pipeline.review import Dress, ReviewedGame
from pipeline.tables import ALL, conform

FPS = 10


def reviewed_game(pieces, players=None, seconds=60, shots=(), positions=()):
    """Make a game of tracklets.

    Args:
        pieces: dictionaries with track_id, player_id (0: nobody), begin_s, end_s, and what else is known of a tracklet:
            columns of `tracklets`, `confidence`, `hole_s` (a gap in its boxes).
        players: dictionaries with player_id and other columns of `players`; None: one of team A for each in `pieces`.
        seconds: length of the game.
        shots: rows of `shots` besides the one that is the game.
        positions: player_id, frame, x_m, y_m.
    """
    count = seconds * FPS
    frames = pd.DataFrame({"frame": np.arange(count), "time_s": np.arange(count) / FPS, "shot": 0})
    frames = frames.reindex(columns=ALL["frames"].names)
    rows = [box for piece in pieces for box in _boxes(piece)]
    boxes = pd.DataFrame(rows).assign(detection_id=np.arange(len(rows)), score=0.9, **{"class": "player"})
    detections = boxes.reindex(columns=ALL["detections"].names)
    ids = sorted({piece["player_id"] for piece in pieces} - {0})
    listed = pd.DataFrame(players or [{"player_id": who, "team": "A"} for who in ids]).assign(role="player")
    listed = listed.reindex(columns=ALL["players"].names)
    known = [piece for piece in pieces if piece["player_id"]]
    tables = {
        "frames": conform("frames", frames),
        "detections": conform("detections", detections.sort_values("frame")),
        "tracks": conform("tracks", boxes[["detection_id", "track_id"]]),
        "identities": conform(
            "identities",
            pd.DataFrame([(p["track_id"], p["player_id"], p.get("confidence", 0.99)) for p in known],
                         columns=["track_id", "player_id", "confidence"]),
        ),
        "players": conform("players", listed),
        "tracklets": conform("tracklets", _tracklets(pieces)),
        "player_evidence": ALL["player_evidence"].empty(),
        "number_votes": ALL["number_votes"].empty(),
        "shots": conform("shots", pd.DataFrame(
            [(0, 0, count - 1, "game"), *shots], columns=["shot", "first_frame", "last_frame", "kind"]
        ).reindex(columns=ALL["shots"].names)),
        "periods": ALL["periods"].empty(),
        "positions": _positions(positions),
    }  # fmt: skip
    labels = {int(who): f"A-P{who}" for who in listed["player_id"]}
    return ReviewedGame(tables, labels, {who: Dress("#224488", "#ffffff") for who in labels})


def _boxes(piece):
    left = 100.0 * piece["track_id"]
    first, last = round(piece["begin_s"] * FPS), round(piece["end_s"] * FPS)
    hole = piece.get("hole_s", (0, 0))
    for frame in range(first, last + 1):
        if not hole[0] * FPS <= frame < hole[1] * FPS:
            quality = 0.9 if frame == last else 0.5
            yield {"track_id": piece["track_id"], "frame": frame, "x1": left + frame, "y1": 50.0, "x2": left + frame + 40,
                   "y2": 150.0, "quality": quality}  # fmt: skip


def _tracklets(pieces):
    table = pd.DataFrame(pieces).assign(seen_s=[p["end_s"] - p["begin_s"] for p in pieces])
    table["role"] = table["role"].fillna("player") if "role" in table else "player"
    return table.reindex(columns=ALL["tracklets"].names)


def _positions(rows):
    table = pd.DataFrame(list(rows), columns=["player_id", "frame", "x_m", "y_m"])
    table = table.assign(time_s=table["frame"] / FPS, source="seen")
    return conform("positions", table.reindex(columns=ALL["positions"].names))
