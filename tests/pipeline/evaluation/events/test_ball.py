"""Which passes can be told at all."""

import numpy as np
import pandas as pd

from pipeline.evaluation.events.ball import _seen_passes
from pipeline.tables import ALL, conform


def test_a_pass_is_seen_if_the_ball_is_in_both_hands():
    frame = np.arange(60)  # ten a second: 1 has the ball until 2 s, 2 from 2.5 s on
    holder = pd.array([1.0] * 20 + [None] * 5 + [2.0] * 35, dtype="Int64")
    truth = pd.DataFrame({"frame": frame, "time_s": frame / 10, "holder": holder})
    passes = pd.DataFrame({"id": [1], "partner": [2], "time_s": [2.0]})

    def seen(*frames, source="seen"):
        rows = pd.DataFrame([ALL["ball"].unknown() for _ in frames]).assign(frame=frames, time_s=np.array(frames) / 10)
        rows = rows.assign(state="flight", source=source, confidence=1.0)
        return _seen_passes(passes, truth, conform("ball", rows)).tolist()

    assert seen(10, 30) == [True]
    assert seen(10, 22) == [False]
    assert seen(22, 30) == [False]
    assert seen(10, 30, source="bridged") == [False]
