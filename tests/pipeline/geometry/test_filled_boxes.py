"""Boxes that blink are filled in, and no others."""

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.filled_boxes import LONGEST_FRAMES, filled_boxes


def frames(count: int = 60, fps: float = 25.0, cut_at: int = 60) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame({"frame": number, "time_s": number / fps, "shot": (number >= cut_at).astype(int)})


def boxes(*seen: int, track_id: int = 1) -> pd.DataFrame:
    """Somebody who goes 3 px a frame to the right."""
    x = 3.0 * np.array(seen)
    return pd.DataFrame(
        {
            "track_id": track_id,
            "frame": seen,
            "x1": x,
            "y1": 0.0,
            "x2": x + 20,
            "y2": 50.0,
            "score": 0.8,
            "class": "player",
        }
    )


@pytest.mark.parametrize("missing", range(1, LONGEST_FRAMES + 1))
def test_a_short_gap_is_filled_on_the_straight_way(missing: int) -> None:
    filled = filled_boxes(boxes(10, 11 + missing), frames())
    assert filled["frame"].tolist() == list(range(10, 12 + missing))
    assert filled["interpolated"].tolist() == [False, *[True] * missing, False]
    assert filled["x1"].to_numpy() == pytest.approx(3.0 * filled["frame"].to_numpy())
    assert (filled["class"] == "player").all()


def test_longer_gaps_cuts_and_other_tracklets_are_left_alone() -> None:
    assert len(filled_boxes(boxes(10, 12 + LONGEST_FRAMES), frames())) == 2
    assert len(filled_boxes(boxes(10, 13), frames(cut_at=12))) == 2
    assert len(filled_boxes(boxes(10, 13), frames(fps=5.0))) == 2
    two = pd.concat([boxes(10), boxes(13, track_id=2)], ignore_index=True)
    assert not filled_boxes(two, frames())["interpolated"].any()
    assert filled_boxes(boxes(), frames()).empty


def test_order_of_rows_does_not_matter() -> None:
    given = pd.concat([boxes(1, 4, 9), boxes(2, 3, 6, track_id=2)], ignore_index=True)
    shuffled = given.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(filled_boxes(given, frames()), filled_boxes(shuffled, frames()))
