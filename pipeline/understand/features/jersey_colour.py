"""Two jersey colours by two-medians clustering, with no assumption about which colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNDECIDED = -1
"""Team of a jersey that is nearly between the two colours, far off, or unknown."""

_MIN_SEPARATION = 12.0
"""Jerseys closer than this (CIE76 colour difference) are alike: about the spread of one jersey under uneven light."""
_MIN_CONTRAST = 2.0
"""The two centres must lie this many times further apart than the jerseys scatter about them."""
_CLEAR = 0.4
"""A tracklet is decided if its distance to the nearer colour is below this share of its distances to both."""
_MAX_ITERATIONS = 50
"""Of two-medians; it converges in a few."""


@dataclass(frozen=True)
class JerseyColours:
    """The jersey colours of the two teams: team A's is the lighter one."""

    centre: NDArray[np.float64]  # (2, 3) CIE L* a* b*, A then B

    def team(self, jersey: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give 0 (A), 1 (B) or UNDECIDED for jerseys (n, 3); NaN is undecided, as is what is nearly between or far off."""
        distance = np.linalg.norm(jersey[:, None] - self.centre, axis=2)  # (n, 2)
        near, total = distance.min(axis=1), distance.sum(axis=1)
        separation = float(np.linalg.norm(self.centre[0] - self.centre[1]))
        clear = (near < _CLEAR * total) & (near < separation)
        return np.where(clear, np.nan_to_num(distance, nan=np.inf).argmin(axis=1), UNDECIDED).astype(np.int64)


def find_jersey_colours(jersey: NDArray[np.float64], weight: NDArray[np.float64]) -> JerseyColours | None:
    """Find two colours among players' tracklets by k-medians with k = 2, started along the main axis of the colours.

    Args:
        jersey: (n, 3) CIE L* a* b*; NaN rows are left aside.
        weight: (n,) how much each counts, such as its number of boxes.

    Returns:
        The colours, or None where the colours do not fall into two.

    Example:
        >>> colours = find_jersey_colours(np.array([[90.0, 0, 0], [20, 0, 0], [88, 2, 0], [22, 0, 3]]), np.ones(4))
        >>> colours.team(np.array([[85.0, 0, 0], [25, 0, 0], [55, 0, 0]])).tolist()
        [0, 1, -1]
    """
    usable = np.isfinite(jersey).all(axis=1) & (weight > 0)
    jersey, weight = jersey[usable], weight[usable]
    if len(jersey) < 2:
        return None
    middle = np.average(jersey, axis=0, weights=weight)
    spread = (jersey - middle).T * weight @ (jersey - middle)  # (3, 3)
    first = (jersey - middle) @ np.linalg.eigh(spread)[1][:, -1] > 0
    for _ in range(_MAX_ITERATIONS):
        if first.all() or not first.any():
            return None
        centre = np.array([_weighted_median(jersey[members], weight[members]) for members in (first, ~first)])  # (2, 3)
        distance = np.linalg.norm(jersey[:, None] - centre, axis=2)  # (n, 2)
        nearer_first = distance[:, 0] < distance[:, 1]
        if (nearer_first == first).all():
            break
        first = nearer_first
    separation = float(np.linalg.norm(centre[0] - centre[1]))
    scatter = float(_weighted_median(distance.min(axis=1)[:, None], weight)[0])
    if separation < max(_MIN_SEPARATION, _MIN_CONTRAST * scatter):
        return None
    return JerseyColours(
        centre[np.lexsort(centre.T)[::-1]] if centre[0, 0] == centre[1, 0] else centre[np.argsort(-centre[:, 0])]
    )


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the weighted median of each column (n, c) -> (c,)."""
    order = np.argsort(values, axis=0)
    below = np.cumsum(weight[order], axis=0)  # (n, c)
    middle = (below < 0.5 * weight.sum()).sum(axis=0)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[np.minimum(middle, len(values) - 1), columns], columns])


def hex_color(lab: NDArray[np.float64]) -> str | None:
    """Write CIE L* a* b* (3,), D65, as sRGB #rrggbb, clipped to what a screen can show; None if NaN.

    Formulas: CIE 15 (L*a*b* to XYZ) and IEC 61966-2-1 (XYZ to sRGB).

    Example:
        >>> hex_color(np.array([100.0, 0.0, 0.0])), hex_color(np.array([53.24, 80.09, 67.2]))
        ('#ffffff', '#ff0000')
    """
    if not np.isfinite(lab).all():
        return None
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * np.array([0.95047, 1.0, 1.08883])
    to_rgb = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556], [0.0556434, -0.2040259, 1.0572252]]
    )
    linear = np.clip(to_rgb @ xyz, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(c)):02x}" for c in rgb)
