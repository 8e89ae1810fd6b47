"""The whole stage: what the tracker leaves impure is split, and what a user says comes last."""

import numpy as np

from pipeline.config import IdentifySettings, TrackSettings
from pipeline.corrections import Correction, Spot
from pipeline.tables import RAW_TRACKS
from pipeline.understand.game import TrackedGame
from pipeline.understand.splitting import split_tracklets
from tests.pipeline.understand.splitting.test_split import FPS, PURE, game

NO_GAPS = TrackSettings(max_gap_s=0)


def middle(made: TrackedGame, tracklet: int, frame: int) -> Spot:
    """The middle of a tracklet's box."""
    row = np.flatnonzero((made.tracks["track_id"].to_numpy() == tracklet) & (made.box_frame == frame))[0]
    x1, y1, x2, y2 = made.xyxy_px[row]
    return Spot(frame / FPS, float(x1 + x2) / 2, float(y1 + y2) / 2)


def test_a_user_splits_where_nothing_else_would() -> None:
    made = game(PURE)
    cut = Correction("split", middle(made, 3, 40), middle(made, 3, 39))
    assert split_tracklets(made, NO_GAPS, IdentifySettings()).equals(made.tracks)
    found = split_tracklets(made, NO_GAPS, IdentifySettings(), [cut])["track_id"].to_numpy()
    of_third = made.tracks["track_id"].to_numpy() == 3
    assert found[of_third].tolist() == [3] * 40 + [13] * 40
    assert (found[~of_third] == made.tracks["track_id"].to_numpy()[~of_third]).all()


def test_two_who_are_exchanged_are_four_tracklets() -> None:
    made = game([*PURE, (200, [0] * 50 + [1] * 50), (200, [1] * 50 + [0] * 50)])
    found = split_tracklets(made, NO_GAPS, IdentifySettings())
    assert found["track_id"].nunique() == made.tracks["track_id"].nunique() + 2


def test_no_tracklets_stay_none() -> None:
    made = game(PURE).with_tracks(RAW_TRACKS.empty())
    assert split_tracklets(made, TrackSettings(), IdentifySettings()).empty
