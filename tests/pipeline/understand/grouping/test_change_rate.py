"""Where a change of person is likely: overlaps, meetings, gaps and jumps, whatever the camera does."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.features.evidence import gather_evidence
from pipeline.understand.game import TrackedGame
from pipeline.understand.grouping.change_rate import log_change_rate

FPS, WIDTH, HEIGHT = 10.0, 40.0, 100.0


def rates(
    left_px: NDArray[np.float64],
    frame: NDArray[np.int64] | None = None,
    second: tuple[int, int, float] | None = None,
    pan_px: float = 0.0,
    metre_px: float = np.nan,
) -> NDArray[np.float64]:
    """Rates along a tracklet whose box is at `left_px` (boxes,) in the first picture.

    Args:
        left_px: (boxes,) left edge.
        frame: (boxes,) all frames if None.
        second: first and last frame of another tracklet, and how far right of the first one it walks.
        pan_px: way of the picture in each frame.
        metre_px: metres on the court per px.
    """
    frame = np.arange(len(left_px)) if frame is None else frame
    rows = [(at, 1, left) for at, left in zip(frame, left_px, strict=True)]
    if second is not None:
        first, last, beside = second
        rows += [(at, 2, left + beside) for at, left in zip(frame, left_px, strict=True) if first <= at <= last]
    boxes = pd.DataFrame(rows, columns=["frame", "track_id", "x1"]).sort_values(["frame", "track_id"])
    boxes = boxes.assign(detection_id=np.arange(len(boxes)), x2=boxes["x1"] + WIDTH, y1=50.0, y2=50.0 + HEIGHT)
    feet_m = boxes[["x1", "y2"]].to_numpy() * metre_px
    boxes[["x1", "x2"]] -= pan_px * boxes[["frame"]].to_numpy()
    boxes[["score", "quality", "jersey_l", "jersey_a", "jersey_b"]] = 0.9, 0.8, 50.0, 0.0, 0.0
    frames = pd.DataFrame({"frame": np.arange(frame.max() + 1), "shot": 0})
    frames["time_s"] = frames["frame"] / FPS
    frames[list(MOTION_COLUMNS)] = 1.0, 0.0, -pan_px, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0
    detections = conform("detections", boxes.assign(**{"class": "player"}))
    tracks, vectors = conform("tracks", boxes), np.zeros((len(boxes), 4), dtype=np.float32)
    game = TrackedGame.of(conform("frames", frames), detections, vectors, feet_m, tracks)
    return log_change_rate(game, gather_evidence(game, 10))[: len(left_px)]


WALK = 5.0 * np.arange(40)


def test_a_calm_tracklet_is_calm_throughout() -> None:
    calm = rates(WALK)
    assert calm[0] == -np.inf
    assert np.ptp(calm[1:]) == pytest.approx(0.0, abs=1e-6)
    assert np.exp(calm[1:]).sum() < 0.05


def test_a_moving_camera_changes_nothing() -> None:
    assert rates(WALK, pan_px=12.0)[1:] == pytest.approx(rates(WALK)[1:])


def test_where_somebody_overlaps_a_change_is_likelier_and_more_so_where_he_comes_or_goes() -> None:
    calm, beside = rates(WALK), rates(WALK, second=(0, 39, 2 * WIDTH))
    throughout, comes = rates(WALK, second=(0, 39, WIDTH / 3)), rates(WALK, second=(20, 39, WIDTH / 3))
    assert beside[1:] == pytest.approx(calm[1:])
    assert (throughout[10:30] > calm[10:30] + 1).all()
    assert comes[20] > throughout[20] + 1
    assert comes[30] == pytest.approx(throughout[30])
    assert comes[10] == pytest.approx(calm[10])


def test_after_a_gap_a_change_is_likelier() -> None:
    frame = np.concatenate([np.arange(20), np.arange(30, 50)])
    found = rates(5.0 * frame, frame)
    assert found[20] == pytest.approx(found[5] + np.log(11), abs=0.01)


@pytest.mark.parametrize("jump_px", [-150.0, 150.0])
def test_a_jump_stands_out_and_never_counts_for_certain(jump_px: float) -> None:
    found = rates(WALK + np.where(np.arange(40) >= 20, jump_px, 0.0))
    assert found.argmax() == 20
    assert -0.5 <= found[20] <= 0.0


def test_metres_on_the_court_count_where_they_are_known() -> None:
    jump = np.where(np.arange(40) >= 20, 30.0, 0.0)
    slow, fast = rates(WALK + jump, metre_px=0.001), rates(WALK + jump, metre_px=0.05)
    assert rates(WALK + jump)[20] == pytest.approx(slow[20], abs=0.1)
    assert fast[20] > slow[20] + 1
