"""Replays: shots that show again what an earlier one showed, found by linear regression of where people are.

A replay is filmed from another place and often slower. From a distance a camera maps the floor to the picture by nearly an affine map, up to a common shift and size: so the places of
people in a replay, about their common middle and in heights of a body, are one linear map of the places that the same
people had at the time that is shown. The share of their variance that such a map explains says whether a shot
repeats an earlier time: of where people stand, and of how each of them moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.game import TrackedGame
from pipeline.understand.memory import Memory

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

SPEEDS = (1.0, 0.75, 0.5, 0.35, 0.25)
"""Speeds of a replay that are tried."""
WITHIN_S = 60.0
"""What is repeated began at most so long ago."""
LONGEST_S = 25.0
"""Longer shots are no replays."""
STEP_S = 0.2
"""Places are compared so often, and earlier times tried so densely."""
COMPARED_S = 5.0
"""So much of a shot is compared."""
LEAST_PEOPLE, LEAST_MOMENTS = 4, 6
"""So many people must be known at once, at so many moments."""
LEAST_COVERED = 0.6
"""Share of a shot's places for which there must be an earlier one."""
OUTLYING = 6.0
"""People whose mean squared distance is so many times the median's are left out."""
ROUNDS, PROMISING = 3, 30
"""They are left out in so many rounds, at so many of the earlier times."""
LEAST_PLACE, LEAST_MOTION = 0.95, 0.5
"""Explained shares of the variance of places and of movements above which a shot is a replay; chosen on rendered games."""
_NEAR_S = 0.15
"""A frame further away in time does not show a moment."""
_RIDGE = 1e-6
"""Regularisation of the linear map, squared heights of a body."""


@dataclass(frozen=True)
class PlacesInPicture:
    """Where everybody was in the picture, in t frames."""

    time_s: Floats  # (t,)
    shot: Integers  # (t,)
    place: NDArray[np.float32]  # (t, n, 2) middle of a person's lower edge, in heights of a body; NaN where not seen


@dataclass(frozen=True)
class Repeat:
    """What a replay shows."""

    from_s: float
    """When what it shows began."""
    speed: float
    place: float
    """Explained share of the variance of places."""
    motion: float
    """Explained share of the variance of movements."""


def places_in_picture(game: TrackedGame, identities: pd.DataFrame) -> PlacesInPicture:
    """Collect the places of identified people.

    Args:
        game: t frames with tracklets.
        identities: table `identities`.
    """
    boxes = game.tracks.merge(identities, on="track_id").merge(game.detections, on="detection_id")
    boxes = boxes.sort_values(["frame", "player_id", "confidence"]).drop_duplicates(["frame", "player_id"], keep="last")
    row = np.searchsorted(game.frame, boxes["frame"].to_numpy())
    people, column = np.unique(boxes["player_id"].to_numpy(), return_inverse=True)
    height = (boxes["y2"] - boxes["y1"]).astype("float64")
    unit = height.groupby(game.shot[row]).transform("median").to_numpy()
    place = np.full((len(game.frame), len(people), 2), np.nan, np.float32)
    place[row, column, 0] = (boxes["x1"] + boxes["x2"]).to_numpy() / 2 / unit
    place[row, column, 1] = boxes["y2"].to_numpy() / unit
    return PlacesInPicture(game.time_s, game.shot, place)


def find_repeat(
    places: PlacesInPicture, first: int, last: int, live: Mask, memory: Memory | None = None
) -> Repeat | None:
    """Look for an earlier time that a shot repeats.

    Args:
        places: where everybody was.
        first: first row of the shot.
        last: its last row.
        live: (t,) rows that may be what it repeats.
        memory: what was computed of the game before.

    Returns:
        The best repeated time, or None if there is none.
    """
    begin_s, end_s = places.time_s[first], places.time_s[last]
    at = np.arange(begin_s, min(end_s, begin_s + COMPARED_S), STEP_S)
    now = _at(places, at, np.arange(first, last + 1))
    people = np.isfinite(now[..., 0]).sum(axis=0) >= LEAST_MOMENTS
    if people.sum() < LEAST_PEOPLE or end_s - begin_s > LONGEST_S:
        return None
    rows = np.flatnonzero(live & (places.time_s < begin_s) & (places.time_s > begin_s - WITHIN_S))
    if not len(rows):
        return None
    now, place = now[:, people], places.place[rows][:, people]

    def best_repeat() -> Repeat:
        places_then = PlacesInPicture(places.time_s[rows], places.shot[rows], place)
        found = [_best(places_then, now, at - begin_s, speed) for speed in SPEEDS]
        return max(found, key=lambda repeat: repeat.place + repeat.motion)

    best = (memory or Memory(keeps=False)).result("repeat", (now, place, at, rows), best_repeat)
    return best if best.place >= LEAST_PLACE and best.motion >= LEAST_MOTION else None


def _best(places: PlacesInPicture, now: Floats, since_s: Floats, speed: float) -> Repeat:
    """Find the earlier time that explains most at a speed."""
    start_s = np.arange(places.time_s[0], places.time_s[-1], STEP_S)
    before = _at(places, start_s[:, None] + speed * since_s, np.arange(len(places.time_s)))
    place, motion = explained(now, before)
    best = int(np.argmax(place + motion))
    return Repeat(float(start_s[best]), speed, float(place[best]), float(motion[best]))


def _at(places: PlacesInPicture, time_s: Floats, rows: Integers) -> Floats:
    """Look places up at times (...) among some rows: (..., n, 2); NaN where no frame is near."""
    rows_s = places.time_s[rows]
    after = np.clip(np.searchsorted(rows_s, time_s), 1, max(len(rows) - 1, 1))
    nearer = time_s - rows_s[after - 1] < rows_s[np.minimum(after, len(rows) - 1)] - time_s
    chosen = np.where(nearer, after - 1, np.minimum(after, len(rows) - 1))
    place = places.place[rows[chosen]]
    return np.where((np.abs(rows_s[chosen] - time_s) < _NEAR_S)[..., None, None], place, np.nan)


def explained(now: Floats, before: Floats) -> tuple[Floats, Floats]:
    """Say how well one linear map takes earlier places to those of now.

    People who fit much worse than the others are left out: they may be somebody else.

    Args:
        now: (t, n, 2) places of n people at t moments; NaN where not seen.
        before: (s, t, n, 2) the same at s earlier times.

    Returns:
        Explained shares (s,) of the variance of where people stand about their common middle, and of how they move about
        their own mean; 0 where too few people are known at too few moments.
    """
    place, motion = np.zeros(len(before)), np.zeros(len(before))
    wanted = LEAST_COVERED * np.isfinite(now[..., 0]).sum()
    both = _together(np.isfinite(before[..., 0]) & np.isfinite(now[None, ..., 0]))
    left = np.flatnonzero(both.sum(axis=(1, 2)) >= wanted)
    for _ in range(ROUNDS):
        both_seen = both[left]
        to, of = (
            _centred(np.where(both_seen[..., None], value, 0.0), both_seen, 2) for value in (now[None], before[left])
        )
        place[left], off = _fitted(to, of)
        to, of = (_centred(_centred(value, both_seen, 1), both_seen, 2) for value in (to, of))
        motion[left], _ = _fitted(to, of)
        both[left] = _together(both_seen & _fits(off, both_seen)[:, None])
        left = left[np.argsort(-(place + motion)[left], kind="stable")[:PROMISING]]
        left = left[both[left].sum(axis=(1, 2)) >= wanted]
    return place, motion


def _together(seen: Mask) -> Mask:
    """Keep of who is seen (s, t, n) the moments at which enough people are."""
    return np.asarray(seen & (seen.sum(axis=2, keepdims=True) >= LEAST_PEOPLE))


def _fits(squared: Floats, seen: Mask) -> Mask:
    """Say which people (s, n) fit, by squared distances (s, t, n) where they are seen (s, t, n)."""
    count = seen.sum(axis=1)
    mean = np.where(count > 0, squared.sum(axis=1) / np.maximum(count, 1), np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray(mean <= OUTLYING * np.nanmedian(mean, axis=1, keepdims=True))


def _centred(value: Floats, seen: Mask, axis: int) -> Floats:
    """Take the mean over who is seen (s, t, n) along an axis off values (s, t, n, 2); what is not seen stays 0."""
    count = np.maximum(seen.sum(axis=axis, keepdims=True), 1)[..., None]
    return np.where(seen[..., None], value - value.sum(axis=axis, keepdims=True) / count, 0.0)


def _fitted(now: Floats, before: Floats) -> tuple[Floats, Floats]:
    """Map `before` (s, t, n, 2) to `now` linearly, by ridge regression.

    Returns:
        The share (s,) of the variance of `now` that is explained, and what is left at each place (s, t, n), squared.
    """
    square = np.einsum("stni,stnj->sij", before, before) + _RIDGE * np.eye(2)
    linear = np.linalg.solve(square, np.einsum("stni,stnj->sij", before, now))
    off = ((now - before @ linear[:, None]) ** 2).sum(axis=3)
    total = np.maximum((now**2).sum(axis=(1, 2, 3)), _RIDGE)
    return np.asarray(1 - off.sum(axis=(1, 2)) / total), off
