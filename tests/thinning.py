"""Games in which people are embedded now and then only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.understand.game import TrackedGame

CROP_COLUMNS = ["quality", "jersey_l", "jersey_a", "jersey_b"]
"""What is measured of a crop when it is embedded."""


def thinned(game: TrackedGame, every: int = 3, phase: int = 0) -> TrackedGame:
    """Keep embedding, jersey colour and quality of every third box of a tracklet; the others are unknown."""
    track = np.full(len(game.detections), -1)
    track[game.tracked_rows] = game.tracks["track_id"].to_numpy()
    gone = (pd.Series(track).groupby(track).cumcount() % every != phase).to_numpy()
    embeddings, detections = np.array(game.embeddings), game.detections.copy()
    embeddings[gone] = np.nan
    detections.loc[gone, CROP_COLUMNS] = np.float32(np.nan)
    return replace(game, embeddings=embeddings, detections=detections)
