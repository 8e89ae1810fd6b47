"""Kalman filter of boxes, of all tracklets and in three planes at once (constant velocity, white noise acceleration).

A box is a point in each of three planes: its centre in the picture, its shape (aspect and height), and where its feet are on
the court. One filter of two coordinates and their velocities follows all of them. In the picture a step towards the camera is a
few pixels, one to the side many times as much, and a camera that shakes moves everybody; on the court all directions are alike
and the camera is gone. How far off a foot is stays a matter of the picture: a box that ends a little too high puts somebody
far from the camera metres back. So on the court noise comes in with the box.

People go on as they went and accelerate at random (white noise acceleration: Bar-Shalom, Li and Kirubarajan, "Estimation
with Applications to Tracking and Navigation", 2001, 6.2.2), in seconds, so that the frame rate does not matter. Lengths of
noise in the picture are in heights of the box. The filter of deep-sort-realtime counts frames and expects the next box several
times as far from its prediction as boxes are; measured so, two neighbours stand at the same place.

Tracklets are the last axis of every array: a frame has a dozen of them, and an operation on all costs hardly more than on one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PICTURE, SHAPE, COURT = 0, 1, 2
"""The planes: centre in px, aspect and height in px, foot point in m."""
_ACCELERATION, _GROWTH, _ASPECT_DRIFT = 1.0, 0.6, 0.3
"""Spectral densities (root) of what drives place and height, heights / s^1.5, and of the aspect's random walk, 1 / s^0.5."""
_COURT_ACCELERATION = 1.0
"""Spectral density (root) of what drives people on the court, m / s^1.5."""
_PLACE, _HEIGHT, _ASPECT = 0.02, 0.04, 0.1
"""Standard deviations of a measured box: place and height in heights, aspect."""
_FIRST_SPEED, _FIRST_GROWTH, _FIRST_COURT_SPEED = 1.5, 0.2, 3.0
"""Standard deviations of speed and growth where there is but one box, heights / s, and of speed on the court, m / s."""
_MAX_ZOOM = 2.0
"""A camera does not zoom by more than this between two analysed frames: such a motion is a wrong estimate."""
_PER_HEIGHT2 = np.zeros((2, 2, 3, 1))
"""What a squared height adds to the covariance of a measured box, in each plane."""
_PER_HEIGHT2[0, 0, PICTURE] = _PER_HEIGHT2[1, 1, PICTURE] = _PLACE**2
_PER_HEIGHT2[1, 1, SHAPE] = _HEIGHT**2
_ADJUGATE = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None, None]
"""Signs of the adjugate of a matrix (2, 2), whose elements on the diagonal change places."""
_FIRST, _FIRST_PER_HEIGHT2 = np.zeros((2, 4, 4, 3, 1))
"""The covariance where there is but one box, without its own `noise`, and what a squared height adds to it."""
_FIRST[2, 2, COURT] = _FIRST[3, 3, COURT] = _FIRST_COURT_SPEED**2
_FIRST_PER_HEIGHT2[:2, :2] = _PER_HEIGHT2
_FIRST_PER_HEIGHT2[2, 2, PICTURE] = _FIRST_PER_HEIGHT2[3, 3, PICTURE] = _FIRST_SPEED**2
_FIRST_PER_HEIGHT2[3, 3, SHAPE] = _FIRST_GROWTH**2


@dataclass(frozen=True)
class MeasuredBoxes:
    """Where n boxes are in the three planes."""

    place: Floats  # (2, 3, n) NaN on the court where unknown
    noise: Floats  # (2, 2, 3, n) covariance of its error, but for what grows with the height of the box

    @classmethod
    def of(cls, ltwh: Floats, feet_m: Floats, foot_covariance_m2: Floats) -> MeasuredBoxes:
        """Measure boxes.

        Args:
            ltwh: (n, 4) left, top, width, height, px.
            feet_m: (n, 2) foot points on the court, NaN where unknown.
            foot_covariance_m2: (n, 2, 2) of their error.

        Example:
            >>> boxes = MeasuredBoxes.of(np.array([[10.0, 20, 30, 60]]), np.array([[7.0, 3.0]]), np.eye(2)[None])
            >>> boxes.place[:, :, 0].T.tolist()
            [[25.0, 50.0], [0.5, 60.0], [7.0, 3.0]]
        """
        left, top, width, height = ltwh.T
        planes = (left + width / 2, top + height / 2), (width / height, height), (feet_m[:, 0], feet_m[:, 1])
        noise = np.zeros((2, 2, 3, len(ltwh)))
        noise[0, 0, SHAPE] = _ASPECT**2
        noise[:, :, COURT] = np.moveaxis(foot_covariance_m2, 0, -1)
        return cls(np.stack([np.stack(plane) for plane in planes], axis=1), noise)

    def take(self, boxes: Ints | slice) -> MeasuredBoxes:
        """Choose boxes (k,), in the order named."""
        return MeasuredBoxes(self.place[..., boxes], self.noise[..., boxes])


class States:
    """What is known of n tracklets: in each plane two coordinates, their velocities per second, and the covariance."""

    def __init__(self, mean: Floats, covariance: Floats) -> None:
        """Keep states.

        Args:
            mean: (4, 3, n) coordinates and velocities, in each plane.
            covariance: (4, 4, 3, n) of the same; NaN on the court where the place is unknown.
        """
        self.mean, self.covariance = mean, covariance

    @classmethod
    def none(cls) -> States:
        """Start without tracklets."""
        return cls(np.zeros((4, 3, 0)), np.zeros((4, 4, 3, 0)))

    @classmethod
    def of_boxes(cls, boxes: MeasuredBoxes) -> States:
        """Start with one box each."""
        mean = np.zeros((4, *boxes.place.shape[1:]))
        mean[:2] = boxes.place
        covariance = _FIRST + _FIRST_PER_HEIGHT2 * boxes.place[1, SHAPE] ** 2
        covariance[:2, :2] += boxes.noise
        return cls(mean, covariance)

    def __len__(self) -> int:
        """Count the tracklets."""
        return int(self.mean.shape[2])

    @property
    def tall_px(self) -> Floats:
        """Heights (n,)."""
        return np.asarray(self.mean[1, SHAPE])

    def take(self, tracklets: Ints) -> States:
        """Choose tracklets (k,), in the order named."""
        return States(self.mean.take(tracklets, axis=-1), self.covariance.take(tracklets, axis=-1))

    def joined(self, others: States) -> States:
        """Put further tracklets behind these."""
        return States(
            np.concatenate([self.mean, others.mean], axis=-1),
            np.concatenate([self.covariance, others.covariance], axis=-1),
        )

    def predict(self, step_s: float, noise: Floats) -> None:
        """Go `step_s` ahead with constant velocity.

        Args:
            step_s: how far.
            noise: of such a step, see `step_noise`.
        """
        mean, covariance = self.mean, self.covariance
        fixed, per_height2 = noise
        fixed = fixed + per_height2 * (self.tall_px * self.tall_px)  # (4, 4, 3, n)
        mean[:2] += step_s * mean[2:]
        covariance[:2] += step_s * covariance[2:]
        covariance[:, :2] += step_s * covariance[:, 2:]
        covariance += fixed

    def move(self, motion: Floats) -> None:
        """Move from the previous picture into this one.

        The homography is taken as affine at each state's centre: centre and velocity go through it, the height is scaled by
        the square root of its area change, the aspect stays. A state that would go beyond the horizon or be zoomed by more
        than a camera does stays as it is.

        Args:
            motion: (3, 3), px of the previous frame -> px of this one.
        """
        mean, covariance = self.mean[:, :COURT], self.covariance[:, :, :COURT]  # (4, 2, n), (4, 4, 2, n)
        ahead = motion[:, :2] @ mean[:2, PICTURE] + motion[:, 2:]  # (3, n)
        with np.errstate(divide="ignore", invalid="ignore"):  # on the horizon; behind it the area is negative
            centre = ahead[:2] / ahead[2]
            jacobian = (motion[:2, :2, None] - centre[:, None] * motion[2, :2, None]) / ahead[2]  # (2, 2, n)
            area = jacobian[0, 0] * jacobian[1, 1] - jacobian[0, 1] * jacobian[1, 0]
        change = np.zeros((2, 2, 2, len(self)))  # of coordinates in the picture, and of shape
        change[:, :, PICTURE], change[0, 0, SHAPE], change[1, 1, SHAPE] = jacobian, 1.0, np.sqrt(np.abs(area))
        usable = (area > _MAX_ZOOM**-2) & (area < _MAX_ZOOM**2)
        if np.count_nonzero(usable) < len(usable):
            centre = np.where(usable, centre, mean[:2, PICTURE])
            change = np.where(usable, change, np.eye(2)[:, :, None, None])
        pairs = mean.reshape(2, 2, 2, -1)  # coordinates or velocities, which of two, plane, tracklet
        mean[:] = np.einsum("ijpn,vjpn->vipn", change, pairs).reshape(mean.shape)
        mean[:2, PICTURE] = centre
        blocks = covariance.reshape(2, 2, 2, 2, 2, -1)
        covariance[:] = np.einsum("aipn,bjpn,viwjpn->vawbpn", change, change, blocks).reshape(covariance.shape)

    def update(self, tracklets: Ints, boxes: MeasuredBoxes) -> None:
        """Correct the predictions of different tracklets (k,) by one box each.

        On the court a box whose place is unknown corrects nothing; a tracklet whose place was unknown starts with its box.
        """
        before = self.take(tracklets)
        mean, covariance = before.mean, before.covariance  # (4, 3, k), (4, 4, 3, k)
        spread = before.spread()
        spread += boxes.noise  # (2, 2, 3, k)
        # `spread` is symmetric but for rounding; the inverse of its transpose would let that difference grow from step to step
        inverse = _ADJUGATE * spread.swapaxes(0, 1)[::-1, ::-1]
        inverse /= spread[0, 0] * spread[1, 1] - spread[0, 1] * spread[1, 0]
        gain = np.einsum("ijpk,jlpk->ilpk", inverse, covariance[:2])  # (2, 4, 3, k)
        after = States(
            mean + np.einsum("jpk,jlpk->lpk", boxes.place - mean[:2], gain),
            covariance - np.einsum("ijpk,jlpk->ilpk", covariance[:, :2], gain),
        )
        unknown = np.isnan(after.mean[0, COURT])
        if np.count_nonzero(unknown):
            fresh = np.isnan(mean[0, COURT])
            after.copy_court(before, unknown & ~fresh)
            if np.count_nonzero(fresh):
                after.copy_court(States.of_boxes(boxes), fresh)
        self.mean[..., tracklets], self.covariance[..., tracklets] = after.mean, after.covariance

    def spread(self) -> Floats:
        """Return the covariance (2, 2, 3, n) of the places of boxes that would be measured, but for the boxes' own `noise`."""
        return self.covariance[:2, :2] + _PER_HEIGHT2 * (self.tall_px * self.tall_px)

    def copy_court(self, source: States, chosen: NDArray[np.bool_]) -> None:
        """Take what is known on the court of the chosen (n,) from other states of theirs."""
        self.mean[:, COURT, chosen] = source.mean[:, COURT, chosen]
        self.covariance[:, :, COURT, chosen] = source.covariance[:, :, COURT, chosen]

    def log_density(self, boxes: MeasuredBoxes, freedom: float) -> Floats:
        """Compute the log-density of m boxes under the n predictions, in the picture and on the court.

        It is that of a bivariate Student's t distribution in the place of the filter's normal one: most boxes lie close to
        where they are expected, and a few that are cut short by somebody in front lie far off.

        Args:
            boxes: m boxes.
            freedom: degrees of freedom.

        Returns:
            (2, n, m), of 1 / px^2 and 1 / m^2; NaN on the court where either place is unknown.
        """
        planes = slice(PICTURE, COURT + 1, COURT - PICTURE)
        spread = self.spread()[:, :, planes, :, None] + boxes.noise[:, :, planes, None]  # (2, 2, 2, n, m)
        dx, dy = boxes.place[:, planes, None] - self.mean[:2, planes, :, None]  # (2, n, m) each
        (across, both), (_, along) = spread
        area = across * along - both * both
        squared = dx * (along * dx - 2 * both * dy) + across * (dy * dy)
        scaled = freedom * area
        # log(area)/-2 - (freedom + 2)/2 log(1 + squared/scaled), with two logarithms of products
        density: Floats = (freedom + 1) / 2 * np.log(scaled) - (freedom + 2) / 2 * np.log(scaled + squared)
        density += 0.5 * np.log(freedom) - np.log(2 * np.pi)
        return density

    def xyxy(self) -> Floats:
        """Return the boxes (n, 4) x1 y1 x2 y2, px."""
        centre, (aspect, tall) = self.mean[:2, PICTURE], self.mean[:2, SHAPE]
        half = np.stack([aspect * tall, tall]) / 2
        return np.concatenate([centre - half, centre + half]).T


def step_noise(step_s: float) -> Floats:
    """Return the noise (2, 4, 4, 3, 1) of a step: what is fixed, and what grows with the square of a box's height in px."""
    in_time = np.array([[step_s**3 / 3, step_s**2 / 2], [step_s**2 / 2, step_s]])
    density = np.zeros((2, 2, 3))  # of coordinates in each plane
    density[0, :, COURT] = _COURT_ACCELERATION**2
    density[1, :, PICTURE], density[1, 1, SHAPE] = _ACCELERATION**2, _GROWTH**2
    noise: Floats = np.einsum("ab,ij,kip->kaibjp", in_time, np.eye(2), density).reshape(2, 4, 4, 3, 1)
    noise[0, 0, 0, SHAPE] = _ASPECT_DRIFT**2 * step_s
    return noise
