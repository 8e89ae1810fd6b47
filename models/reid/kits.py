"""Which team a tracklet plays for, by the colour of its torso: for choosing team-mates as hard candidates."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from models.reid.crops import CropSet, Image, Ints

TORSO = (0.18, 0.48, 0.25, 0.75)
"""Top, bottom, left, right of the torso as shares of a person's box."""


def torso_color(person: Image) -> NDArray[np.float64]:
    """Return the median CIE L*, a*, b* (3,) of the torso of a crop (h, w, 3) BGR."""
    height, width = person.shape[:2]
    top, bottom, left, right = TORSO
    rows = slice(int(top * height), max(int(bottom * height), int(top * height) + 1))
    columns = slice(int(left * width), max(int(right * width), int(left * width) + 1))
    torso = np.ascontiguousarray(person[rows, columns]).astype(np.float32) / 255
    lab = cv2.cvtColor(torso, cv2.COLOR_BGR2LAB)
    return np.asarray(np.median(lab.reshape(-1, 3), axis=0), np.float64)


def kit_teams(crops: CropSet) -> Ints:
    """Tell two teams apart in every clip: 2-means over the median torso colours of its tracklets.

    Returns:
        (n,) 0 or 1 per crop (numbers mean nothing across clips); -1 in clips of a single tracklet.
    """
    color = np.array([torso_color(crops.person(row)) for row in range(len(crops))]).reshape(-1, 3)
    team = np.full(len(crops), -1, np.int64)
    for scene in np.unique(crops.scene):
        rows = np.flatnonzero(crops.scene == scene)
        identities, member = np.unique(crops.identity[rows], return_inverse=True)
        if len(identities) < 2:
            continue
        medians = np.array([np.median(color[rows[member == i]], axis=0) for i in range(len(identities))])
        team[rows] = KMeans(2, n_init=10, random_state=0).fit_predict(medians)[member]
    return team


def team_balance(crops: CropSet, team: Ints) -> float:
    """Return the share of frames with ten or more crops in which neither team has more than five."""
    _, moment = np.unique(np.column_stack([crops.scene, crops.frame]), axis=0, return_inverse=True)
    moment = moment.ravel()
    sizes = np.stack([np.bincount(moment[team == number], minlength=moment.max() + 1) for number in (0, 1)])
    full = sizes.sum(0) >= 10
    return float((sizes[:, full].max(0) <= 5).mean()) if full.any() else float("nan")
