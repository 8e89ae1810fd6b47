"""Player ids that last: who keeps most of his tracklets keeps his id, whatever was corrected or set otherwise since."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.tables import conform
from pipeline.understand.features.corrections import TrackletAtSpot
from pipeline.understand.game import TrackedGame

_KEPT_SHARE = 1 / 3
"""Of the time that somebody with an id was seen; who has less of it does not have the id."""
_REVIVED_SHARE = 0.5
"""Of the time of both that somebody has to share with a retired id to be given it again: a merge was undone."""


def lasting_ids(
    game: TrackedGame,
    identities: pd.DataFrame,
    said: Mapping[int, int],
    former: pd.DataFrame | None,
    seen_s: pd.Series,
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Choose ids that go on from those of an earlier result.

    Args:
        game: with tracklets.
        identities: table `identities` with players numbered from 1 to k.
        said: ids that corrections give to numbers.
        former: table `player_ids` of the earlier result; None: there is none, and ids are as numbered.
        seen_s: by track id.

    Returns:
        The id (k + 1,) of each number, itself at 0, and the table `player_ids`.
    """
    count = int(identities["player_id"].max()) if len(identities) else 0
    ids = np.zeros(count + 1, dtype=np.int64)
    ids[list(said)] = list(said.values())
    gone = None
    if former is None or former.empty:
        most, number = 0, np.arange(count + 1)
        ids = np.where((ids == 0) & ~np.isin(number, ids), number, ids)
    else:
        shared, ever = _shared_s(game, identities, former, count)
        player_s = np.zeros(count + 1)
        np.add.at(player_s, identities["player_id"].to_numpy(), _seconds(identities, seen_s))
        ids, most = _matched(ids, shared, ever, player_s), int(ever["player_id"].max())
        gone = former[~former["player_id"].isin(ids[1:])].assign(current=False)
    new = np.flatnonzero(ids[1:] == 0) + 1
    ids[new] = max(most, int(ids.max())) + 1 + np.arange(len(new))
    now = _places(game, identities, seen_s).assign(current=True)
    now["player_id"] = ids[now["player_id"]]
    table = now if gone is None or gone.empty else pd.concat([now, gone], ignore_index=True)
    return ids, conform("player_ids", table.sort_values(["player_id", "track_id"]))


def _seconds(identities: pd.DataFrame, seen_s: pd.Series) -> NDArray[np.float64]:
    return np.asarray(seen_s.loc[identities["track_id"]], dtype=np.float64)


def _shared_s(
    game: TrackedGame, identities: pd.DataFrame, former: pd.DataFrame, count: int
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Count the seconds (ids, count + 1) that each former id shares with each player of now.

    Returns:
        They, and of each former id its number, whether it was current, and its seconds.
    """
    track_id = TrackletAtSpot(game).at(former["time_s"].to_numpy(), former[["x_px", "y_px"]].to_numpy())
    track_id = np.where(_of_undone_splits(former["track_id"].to_numpy(), track_id), -1, track_id)
    player_of = identities.set_index("track_id")["player_id"]
    player = player_of.reindex(track_id).fillna(0).to_numpy(np.int64)
    numbers, row = np.unique(former["player_id"], return_inverse=True)
    shared = np.zeros((len(numbers), count + 1))
    np.add.at(shared, (row, player), former["seen_s"].to_numpy())
    by_id = former.groupby("player_id")
    ever = pd.DataFrame({"player_id": numbers, "current": by_id["current"].any().to_numpy()})
    return shared, ever.assign(seen_s=by_id["seen_s"].sum().to_numpy())


def _of_undone_splits(before: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which former tracklets (n,) are parts of a tracklet that had been split off: the part with its number says whose it is.

    Args:
        before: numbers of the former tracklets.
        now: numbers of the tracklets where they are found now; -1 for none.

    Example:
        >>> _of_undone_splits(np.array([2, 9, 3]), np.array([2, 2, 4])).tolist()
        [False, True, False]
    """
    return np.asarray(np.isin(now, now[before == now]) & (before != now))


def _matched(
    ids: NDArray[np.int64], shared: NDArray[np.float64], ever: pd.DataFrame, player_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Give former ids to players of now (count + 1,) who have none yet; 0 for who is new.

    Args:
        ids: (count + 1,) those that are given already; 0 for none.
        shared: (ids, count + 1) seconds that former ids share with players.
        ever: of each former id its number, whether it was current, and its seconds.
        player_s: (count + 1,) seconds of each player.
    """
    ids, number, current = ids.copy(), ever["player_id"].to_numpy(np.int64), ever["current"].to_numpy(bool)
    share = shared / np.maximum(ever["seen_s"].to_numpy()[:, None], 1e-9)
    revived = ~current[:, None] & (share >= _REVIVED_SHARE) & (shared >= _REVIVED_SHARE * player_s)
    allowed = (current[:, None] & (share >= _KEPT_SHARE)) | revived
    free = ~np.isin(number, ids)
    for at, player in sorted(np.argwhere(allowed).tolist(), key=lambda pair: _order(shared, current, pair)):
        if player > 0 and ids[player] == 0 and free[at]:
            ids[player], free[at] = number[at], False
    return ids


def _order(shared: NDArray[np.float64], current: NDArray[np.bool_], pair: list[int]) -> tuple[bool, float, int]:
    """Sort pairs of a former id and a player: ids in use first, then by the time that they share."""
    at, player = pair
    return not current[at], -float(shared[at, player]), at


def _places(game: TrackedGame, identities: pd.DataFrame, seen_s: pd.Series) -> pd.DataFrame:
    """Give a place half-way along every tracklet of a player, by which it is found again."""
    row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy(np.int64)
    order = np.lexsort((game.box_frame[row], owner))
    track_id, start, count = np.unique(owner[order], return_index=True, return_counts=True)
    middle = row[order][start + count // 2]
    box = game.xyxy_px[middle]
    places = pd.DataFrame(
        {
            "track_id": track_id,
            "time_s": game.box_time_s[middle],
            "x_px": (box[:, 0] + box[:, 2]) / 2,
            "y_px": (box[:, 1] + box[:, 3]) / 2,
        }
    )
    places = identities[["track_id", "player_id"]].merge(places, on="track_id")
    return places.assign(seen_s=_seconds(places, seen_s))
