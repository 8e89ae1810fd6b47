"""Candidates of the ball: what the detector took for one, less what stands beside the game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAYER_M, BALL_M = 1.95, 0.24
"""Height of a player's box and width of a ball."""
ODD_SIZE = 0.45
"""A ball's width differs by this factor (logarithm, one standard deviation) from what the players' height leads to expect."""
OFFSET = 1.6
"""Log-odds that a candidate is the ball, beyond those of its score."""
STANDS_M, AROUND_S, STANDS_S = 0.25, 2.5, 0.7
"""A candidate stands where others lie within so many metres, within so many seconds before and after, for so long in all: longer
than a ball does at the top of its way."""


@dataclass(frozen=True)
class BallCandidates:
    """The n candidates that count, in order of frame."""

    row: Ints
    """(n,) in `detections`."""
    frame_row: Ints
    """(n,) in `frames`."""
    time_s: Floats
    """(n,)"""
    px: Floats
    """(n, 2) its middle."""
    still_px: Floats
    """(n, 2) the same in the first picture of the camera shot."""
    width_px: Floats
    """(n,)"""
    px_per_m: Floats
    """(n,) by the height of the players in the frame."""
    log_odds: Floats
    """(n,) that it is the ball, by itself."""

    def kept(self, chosen: NDArray[np.bool_] | Ints) -> BallCandidates:
        """Keep some of them."""
        return BallCandidates(**{name: values[chosen] for name, values in vars(self).items()})


def scale_px_per_m(game: TrackedGame) -> Floats:
    """Measure px per metre (t,) in each frame by the median height of the players' boxes; NaN without any."""
    is_player = (game.detections["class"] == "player").to_numpy()
    tall_px = (game.xyxy_px[:, 3] - game.xyxy_px[:, 1])[is_player]
    frame_row = game.box_frame_row[is_player]
    scale = np.full(len(game.frame), np.nan)
    edges = np.searchsorted(frame_row, np.arange(len(game.frame) + 1))
    for k in np.flatnonzero(np.diff(edges)):
        scale[k] = np.median(tall_px[edges[k] : edges[k + 1]]) / PLAYER_M
    return scale


def ball_candidates(game: TrackedGame, in_view: NDArray[np.bool_]) -> BallCandidates:
    """Collect the candidates in frames (t,) that show the game, and weigh each by itself.

    Args:
        game: frames and boxes.
        in_view: (t,) which frames show the game.
    """
    row = np.flatnonzero((game.detections["class"] == "ball").to_numpy() & in_view[game.box_frame_row])
    frame_row = game.box_frame_row[row]
    scale_of_frame = scale_px_per_m(game)
    row = row[np.isfinite(scale_of_frame[frame_row])]
    frame_row = game.box_frame_row[row]
    scale = scale_of_frame[frame_row]
    box = game.xyxy_px[row]
    px = (box[:, :2] + box[:, 2:]) / 2
    width_px = np.sqrt(np.prod(np.maximum(box[:, 2:] - box[:, :2], 1.0), axis=1))
    still = np.einsum("nij,nj->ni", game.camera_back[frame_row], np.column_stack([px, np.ones(len(px))]))
    score = np.clip(game.detections["score"].to_numpy(np.float64)[row], 0.01, 0.99)
    odd = np.log(width_px / (BALL_M * scale)) / ODD_SIZE
    log_odds = np.log(score / (1 - score)) + OFFSET - np.minimum(0.5 * odd**2, 4.0)
    found = BallCandidates(
        row, frame_row, game.time_s[frame_row], px, still[:, :2] / still[:, 2:], width_px, scale, log_odds
    )
    return found.kept(~_stands_beside(found, game))


def _stands_beside(found: BallCandidates, game: TrackedGame) -> NDArray[np.bool_]:
    """Say which candidates (n,) stay in one place for long, and mostly with no player there."""
    is_held = _in_player(found, game)
    steps = max(game.step_s, 1e-3)
    stands = np.zeros(len(found.row), np.bool_)
    first = np.searchsorted(found.time_s, found.time_s - AROUND_S)
    last = np.searchsorted(found.time_s, found.time_s + AROUND_S, side="right")
    shot = game.shot[found.frame_row]
    for k in range(len(found.row)):
        near = slice(first[k], last[k])
        away = np.hypot(*(found.still_px[near] - found.still_px[k]).T)
        same = (away < STANDS_M * found.px_per_m[k]) & (shot[near] == shot[k])
        stands[k] = same.sum() * steps >= STANDS_S and is_held[near][same].mean() < 0.5
    return stands


def _in_player(found: BallCandidates, game: TrackedGame) -> NDArray[np.bool_]:
    """Say which candidates (n,) lie in a player's box."""
    is_player = (game.detections["class"] == "player").to_numpy()
    boxes, frame_row = game.xyxy_px[is_player], game.box_frame_row[is_player]
    first = np.searchsorted(frame_row, found.frame_row)
    last = np.searchsorted(frame_row, found.frame_row, side="right")
    inside = np.zeros(len(found.row), np.bool_)
    for k in range(len(found.row)):
        box = boxes[first[k] : last[k]]
        within = (box[:, :2] <= found.px[k]) & (found.px[k] <= box[:, 2:])
        inside[k] = bool(within.all(axis=1).any())
    return inside
