"""The whole stage: what the tracker leaves impure is split."""

from pipeline.config import IdentifySettings, TrackSettings
from pipeline.tables import RAW_TRACKS
from pipeline.understand.splitting import split_tracklets
from tests.pipeline.understand.splitting.test_split import PURE, game

NO_GAPS = TrackSettings(max_gap_s=0)


def test_pure_tracklets_stay_as_they_are() -> None:
    made = game(PURE)
    assert split_tracklets(made, NO_GAPS, IdentifySettings()).equals(made.tracks)


def test_two_who_are_exchanged_are_four_tracklets() -> None:
    made = game([*PURE, (200, [0] * 50 + [1] * 50), (200, [1] * 50 + [0] * 50)])
    found = split_tracklets(made, NO_GAPS, IdentifySettings())
    assert found["track_id"].nunique() == made.tracks["track_id"].nunique() + 2


def test_no_tracklets_stay_none() -> None:
    made = game(PURE).with_tracks(RAW_TRACKS.empty())
    assert split_tracklets(made, TrackSettings(), IdentifySettings()).empty
