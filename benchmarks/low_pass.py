"""Errors of position and speed as sports science states them: root mean squares after a low-pass on both sides.

Found and true positions go through a Butterworth filter of second order, 1 Hz, forwards and backwards; true speed is the
derivative of the true positions, found speed the published one. Published validations of tracking from broadcasts have 1.7 to
16 m and 0.3 to 2.4 m/s, of systems in stadiums 0.08 m and 0.08 m/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Floats = NDArray[np.float64]

CUTOFF_HZ = 1.0
LEAST_S = 3.0
"""Stretches that are shorter are left out: the filter needs some time on either side."""
BANDS_MPS = (0.0, 1.9, 3.9, 5.9, np.inf)
"""Borders of the bands of true speed: those of the settings' zones."""
NAMES = ("walking", "jogging", "running", "sprinting")


@dataclass(frozen=True)
class PathErrors:
    """Samples (n,) of one or of many paths."""

    true_mps: Floats
    position_m: Floats
    speed_mps: Floats
    """Found less true."""


def path_errors(time_s: Floats, true_m: Floats, found_m: Floats, found_mps: Floats) -> PathErrors:
    """Compare two paths at the same moments.

    Args:
        time_s: (n,) rising; a step of more than 1.5 usual ones ends a stretch.
        true_m: (n, 2).
        found_m: (n, 2).
        found_mps: (n,) published speed; NaN where unknown ends a stretch.
    """
    usual = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    rated = np.flatnonzero(np.isfinite(found_mps))
    parts: list[PathErrors] = []
    for rows in np.split(rated, np.flatnonzero(np.diff(time_s[rated]) > 1.5 * usual) + 1):
        if len(rows) * usual < LEAST_S:
            continue
        filtered = butter(2, CUTOFF_HZ * 2 * usual, output="sos")
        true, found = (sosfiltfilt(filtered, path[rows], axis=0) for path in (true_m, found_m))
        true_mps = np.linalg.norm(np.gradient(true, usual, axis=0), axis=1)
        speed = sosfiltfilt(filtered, found_mps[rows])
        parts.append(PathErrors(true_mps, np.linalg.norm(found - true, axis=1), speed - true_mps))
    return joined(parts)


def joined(parts: list[PathErrors]) -> PathErrors:
    """Lay errors one after the other."""
    return PathErrors(
        *(
            np.concatenate([np.zeros(0), *(getattr(part, name) for part in parts)])
            for name in ("true_mps", "position_m", "speed_mps")
        )
    )


def table(errors: PathErrors) -> str:
    """Print root mean squares by band of true speed, in Markdown."""
    lines = ["| true speed | share of the time | position, m | speed, m/s |", "|---|---:|---:|---:|"]
    everything = np.ones(len(errors.true_mps), bool)
    inside = [(errors.true_mps >= low) & (errors.true_mps < high) for low, high in pairwise(BANDS_MPS)]
    for name, chosen in zip((*NAMES, "all"), (*inside, everything), strict=True):
        if chosen.any():
            of_position, of_speed = (
                float(np.sqrt(np.mean(values[chosen] ** 2))) for values in (errors.position_m, errors.speed_mps)
            )
            lines.append(f"| {name} | {chosen.mean():.1%} | {of_position:.2f} | {of_speed:.2f} |")
    return "\n".join(lines)
