"""Flights to a basket in metres: a parabola from where somebody let the ball go to the rim, seen through the homography's camera.

With gravity, the rim and the moment at the rim given, the way is linear in the velocity there: each sighting gives two equations, the
place of who threw three more. Moments are tried one after another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.geometry.projection import in_picture

Floats = NDArray[np.float64]

RIM_M, G_MPS2 = 3.05, 9.81
RELEASE_M = np.array([0.6, 0.6, 0.45])
"""Standard deviation of where the ball leaves the hand: from the thrower's feet, and from RELEASE_HEIGHT_M."""
RELEASE_HEIGHT_M = 2.2
SIGHTING_WIDTHS = 0.4
"""Standard deviation of a sighting, in widths of the ball."""
SHORTEST_S, LONGEST_S, MOMENT_S = 0.35, 2.1, 0.04
"""Duration of a shot, and how finely the moment at the rim is looked for."""
OUTLIER = 3.0
"""A sighting further off, in standard deviations, is not on the way."""
WORTH = 4.0
"""What a sighting on the way speaks for it, less half its squared deviation."""
LEAST_SEEN, LEAST_SHARE = 4, 0.6
"""BallSightings on the way, and their share of all until the rim."""
RELEASE_OFF = 3.0
"""The release may be off by so many standard deviations."""
EARLIER_S, LATER_S = 0.6, 1.2
"""The ball may have left the hand so long before or after it was seen to be free."""
AFTER_S = 0.55
"""What comes after the rim is looked at for so long."""
NET_S = np.arange(-0.06, 0.15, 0.04)
"""A net holds the ball up by so much, s."""
THROUGH_M, SOFT_M = 0.42, 0.07
"""A ball that falls through the rim is so near to its line (even odds), and how sharp that is."""


@dataclass(frozen=True)
class BallSightings:
    """The ball in n pictures, with the camera of each."""

    time_s: Floats
    """(n,) rising."""
    px: Floats
    """(n, 2) undistorted."""
    width_px: Floats
    """(n,)"""
    cameras: Floats
    """(n, 3, 4) metres to undistorted px."""

    def between(self, start_s: float, end_s: float) -> BallSightings:
        """Keep those from one time to another."""
        first, last = np.searchsorted(self.time_s, [start_s - 1e-6, end_s + 1e-6])
        return BallSightings(**{name: values[first:last] for name, values in vars(self).items()})

    def about(self, start_s: float) -> BallSightings:
        """Take those on which a flight that begins about a time can rest."""
        return self.between(start_s - EARLIER_S, start_s + LATER_S + LONGEST_S)


@dataclass(frozen=True)
class ShotFlight:
    """A shot."""

    start_s: float
    rim_s: float
    """When it is at the rim."""
    rim_m: Floats
    """(3,)"""
    velocity_mps: Floats
    """(3,) at the rim."""
    seen: int
    """BallSightings on the way."""
    share: float
    """Of the sightings until the rim."""
    worth: float
    """What speaks for it, log-odds."""

    def place_m(self, time_s: Floats) -> Floats:
        """Return where the ball is (n, 3) at times (n,)."""
        since = (time_s - self.rim_s)[:, None]
        return np.asarray(self.rim_m + self.velocity_mps * since - 0.5 * G_MPS2 * since**2 * np.array([0, 0, 1.0]))


def rims_m(court: Court) -> Floats:
    """Return the centres of the rims (baskets, 3), the left one first."""
    x = [court.basket_m, court.length_m - court.basket_m][: court.baskets]
    return np.array([[place, court.width_m / 2, RIM_M] for place in x])


def find_flight(seen: BallSightings, start_s: float, feet_m: Floats, rims: Floats) -> ShotFlight | None:
    """Fit a shot that begins about a time.

    Args:
        seen: sightings, in order of time.
        start_s: when the ball was let go, about.
        feet_m: (2,) where the thrower stood.
        rims: (r, 3) centres of the rims that he may shoot at.

    Returns:
        The likeliest flight; None where no flight to a rim agrees with what was seen.
    """
    near = seen.about(start_s)
    if len(near.time_s) < LEAST_SEEN:
        return None
    tried = [_Throws(near, start_s, rim_m, feet_m).best() for rim_m in rims]
    return max((flight for flight in tried if flight is not None), key=lambda flight: flight.worth, default=None)


class _Throws:
    """Throws from one place to one rim that get there at k moments, fitted all at once."""

    def __init__(self, near: BallSightings, start_s: float, rim_m: Floats, feet_m: Floats) -> None:
        """Write down the equations: two for each of n sightings, three for the release."""
        self.near, self.start_s, self.rim_m = near, start_s, rim_m
        self.rim_s = np.arange(start_s + SHORTEST_S, start_s + LATER_S + LONGEST_S, MOMENT_S)  # (k,)
        self.hand_m = np.append(feet_m, RELEASE_HEIGHT_M)
        self.since = near.time_s[None] - self.rim_s[:, None]  # (k, n)
        weight = near.cameras[:, 2, :3] @ rim_m + near.cameras[:, 2, 3]
        sigma = SIGHTING_WIDTHS * near.width_px * np.where(weight > 0, weight, np.inf)  # (n,)
        lines = (near.cameras[:, :2] - near.px[:, :, None] * near.cameras[:, 2:]) / sigma[:, None, None]  # (n, 2, 4)
        self.left = lines[:, :, :3] * self.since[:, :, None, None]  # (k, n, 2, 3)
        fixed = lines[:, :, :3] @ rim_m + lines[:, :, 3]  # (n, 2)
        self.right = 0.5 * G_MPS2 * self.since[:, :, None] ** 2 * lines[:, :, 2] - fixed  # (k, n, 2)

    def best(self) -> ShotFlight | None:
        """Return the likeliest of them that is sound."""
        release_s = np.full(len(self.rim_s), self.start_s)
        for _ in range(2):
            velocity, off = self._solved(release_s)
            release_s = self._released(velocity)
        velocity, off = self._solved(release_s)
        used = (self.near.time_s >= release_s[:, None] - 1e-6) & (self.since <= 1e-6)
        squared = np.sum(off**2, axis=2)  # (k, n)
        on_way = used & (squared < OUTLIER**2)
        release = self._release_off(velocity, release_s)
        duration_s = self.rim_s - release_s
        count = on_way.sum(axis=1)
        share = count / np.maximum(used.sum(axis=1), 1)
        worth = np.sum(used * (WORTH - 0.5 * np.minimum(squared, OUTLIER**2 + 2 * WORTH)), axis=1)
        worth -= 0.5 * np.sum(release**2, axis=1)
        sound = (count >= LEAST_SEEN) & (share >= LEAST_SHARE) & (velocity[:, 2] < 0)
        sound &= (duration_s >= SHORTEST_S) & (duration_s <= LONGEST_S) & (np.abs(release).max(axis=1) <= RELEASE_OFF)
        if not sound.any():
            return None
        k = int(np.argmax(np.where(sound, worth, -np.inf)))
        return ShotFlight(
            float(release_s[k]),
            float(self.rim_s[k]),
            self.rim_m,
            velocity[k],
            int(count[k]),
            float(share[k]),
            float(worth[k]),
        )

    def _solved(self, release_s: Floats) -> tuple[Floats, Floats]:
        """Solve for the velocities at the rim (k, 3), with sightings that are far off weighed down; what is off (k, n, 2)."""
        used = (self.near.time_s >= release_s[:, None] - 1e-6) & (self.since <= 1e-6)
        trust = used.astype(np.float64)  # (k, n)
        span = release_s - self.rim_s
        hand = (self.hand_m - self.rim_m + 0.5 * G_MPS2 * span[:, None] ** 2 * np.array([0, 0, 1.0])) / RELEASE_M
        spread = span[:, None] / RELEASE_M  # (k, 3)
        for _ in range(2):
            normal = np.einsum("kn,knia,knib->kab", trust, self.left, self.left)
            normal += np.eye(3) * (spread**2 + 1e-9)[:, None]
            wanted = np.einsum("kn,knia,kni->ka", trust, self.left, self.right) + spread * hand
            velocity = np.linalg.solve(normal, wanted[:, :, None])[:, :, 0]
            off = np.einsum("knia,ka->kni", self.left, velocity) - self.right
            trust = used / (1 + np.sum(off**2, axis=2) / OUTLIER**2)
        return velocity, off

    def _release_off(self, velocity: Floats, release_s: Floats) -> Floats:
        """Say by how many standard deviations (k, 3) the way does not begin in the thrower's hand."""
        span = (release_s - self.rim_s)[:, None]
        place_m = self.rim_m + velocity * span - 0.5 * G_MPS2 * span**2 * np.array([0, 0, 1.0])
        return np.asarray((place_m - self.hand_m) / RELEASE_M)

    def _released(self, velocity: Floats) -> Floats:
        """Find when (k,) the ways are nearest to the thrower's hand."""
        times = np.arange(self.start_s - EARLIER_S, self.start_s + LATER_S, 0.03)
        away = np.stack([np.sum(self._release_off(velocity, np.full(len(velocity), at)) ** 2, axis=1) for at in times])
        away[times[:, None] > self.rim_s - SHORTEST_S] = np.inf
        return np.asarray(np.where(np.isfinite(away).any(axis=0), times[np.argmin(away, axis=0)], self.start_s))


def fell_through(flight: ShotFlight, seen: BallSightings) -> float:
    """Say how likely it is that a shot went in, by what is seen after the rim; NaN where too little is.

    Args:
        flight: the shot.
        seen: sightings, in order of time.
    """
    after = seen.between(flight.rim_s + 0.05, flight.rim_s + AFTER_S)
    if len(after.time_s) < 3:
        return np.nan
    scale = _px_per_m(after, flight.rim_m)
    since = after.time_s - flight.rim_s
    off = []
    for late_s in NET_S:
        fall = np.maximum(since - late_s, 0)
        place_m = flight.rim_m - 0.5 * G_MPS2 * fall[:, None] ** 2 * np.array([0, 0, 1.0])
        place_m[:, 2] = np.maximum(place_m[:, 2], 0.12)
        off.append(float(np.median(np.hypot(*(in_picture(after.cameras, place_m) - after.px).T) / scale)))
    return float(1 / (1 + np.exp((min(off) - THROUGH_M) / SOFT_M)))


def _px_per_m(seen: BallSightings, place_m: Floats) -> Floats:
    """Measure px per metre (n,) upwards at a place (3,)."""
    places = np.tile(place_m, (len(seen.time_s), 1))
    lower = places - np.array([0, 0, 0.5])
    return np.asarray(2 * np.hypot(*(in_picture(seen.cameras, places) - in_picture(seen.cameras, lower)).T))
