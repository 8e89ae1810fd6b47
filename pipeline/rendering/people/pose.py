"""From the state of bodies to joints in the world, metres."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.simulation.bodies import Bodies

Array = NDArray[np.float64]


class Joint(IntEnum):
    """Rows of a skeleton; left and right are the person's own."""

    PELVIS = 0
    CHEST = 1
    NECK = 2
    HEAD = 3
    L_SHOULDER = 4
    R_SHOULDER = 5
    L_ELBOW = 6
    R_ELBOW = 7
    L_HAND = 8
    R_HAND = 9
    L_HIP = 10
    R_HIP = 11
    L_KNEE = 12
    R_KNEE = 13
    L_ANKLE = 14
    R_ANKLE = 15
    L_TOE = 16
    R_TOE = 17
    L_HEEL = 18
    R_HEEL = 19


THIGH, SHIN, ANKLE = 0.245, 0.245, 0.045
"""Share of the body height."""
_UP = np.array([0.0, 0.0, 1.0])


def skeletons(bodies: Bodies, height_m: Array, build: Array, seated: NDArray[np.bool_]) -> Array:
    """Pose everybody.

    Args:
        bodies: positions, gait, arms.
        height_m: (n,) body heights.
        build: (n,) relative widths.
        seated: (n,) who sits on a chair at the position.

    Returns:
        (n, 20, 3) metres, see `Joint`; soles on the floor, feet at rest on it while they carry.
    """
    count = len(height_m)
    joints = np.zeros((count, len(Joint), 3))
    ahead = np.column_stack([np.cos(bodies.facing), np.sin(bodies.facing), np.zeros(count)])
    left = np.column_stack([ahead[:, 1], -ahead[:, 0], np.zeros(count)])
    speed = np.hypot(bodies.velocity[:, 0], bodies.velocity[:, 1])
    ground = np.column_stack([bodies.position, bodies.lift])
    tall = height_m[:, None]
    hip_height = (0.52 - 0.085 * bodies.crouch - 0.008 * np.clip(speed, 0, 6)) * height_m
    hip_height = hip_height + 0.012 * height_m * np.cos(4 * np.pi * bodies.phase) * np.clip(speed / 3, 0, 1)
    hip_height = np.where(seated, 0.27 * height_m, hip_height)
    pelvis = ground + _UP * hip_height[:, None]
    lean = bodies.lean[:, None]
    spine = _UP * np.cos(lean) + ahead * np.sin(lean)
    pelvis = pelvis - ahead * (0.16 * tall * np.sin(lean))
    joints[:, Joint.PELVIS] = pelvis
    joints[:, Joint.CHEST] = pelvis + spine * 0.19 * tall
    joints[:, Joint.NECK] = pelvis + spine * 0.305 * tall
    head_way = _UP * np.cos(lean * 0.3) + ahead * (np.sin(lean * 0.3) + 0.12)
    joints[:, Joint.HEAD] = joints[:, Joint.NECK] + head_way * 0.105 * tall
    for side, name in ((1.0, "L"), (-1.0, "R")):
        _leg(joints, name, side, bodies, speed, ahead, left, height_m, build, seated)
        _arm(joints, name, 0 if side > 0 else 1, side, bodies, ahead, left, spine, height_m, build)
    return joints


def _leg(
    joints: Array,
    name: str,
    side: float,
    bodies: Bodies,
    speed: Array,
    ahead: Array,
    left: Array,
    height_m: Array,
    build: Array,
    seated: NDArray[np.bool_],
) -> None:
    """Put one leg: a foot that stands while it carries, a knee that bends forward."""
    tall = height_m[:, None]
    hip = joints[:, Joint.PELVIS] + left * (side * 0.052 * tall * build[:, None])
    along, lift = _foot(bodies.phase + (0.0 if side > 0 else 0.5), speed)
    way = np.column_stack([bodies.velocity, np.zeros(len(speed))]) / np.maximum(speed, 0.05)[:, None]
    spread = (0.055 + 0.075 * bodies.crouch) * height_m
    base = np.column_stack([bodies.position, bodies.lift]) + left * (side * spread)[:, None]
    ankle = base + way * along[:, None] + _UP * (lift + ANKLE * height_m)[:, None]
    seat_ankle = base + ahead * (0.24 * tall) + _UP * (ANKLE * tall) + left * (side * 0.05 * tall)
    ankle = np.where(seated[:, None], seat_ankle, ankle)
    reach = ankle - hip
    length = np.linalg.norm(reach, axis=1)
    most = 0.995 * (THIGH + SHIN) * height_m
    ankle = hip + reach * np.minimum(1.0, most / length)[:, None]
    length = np.minimum(length, most)
    reach = (ankle - hip) / length[:, None]
    bend = np.sqrt(np.maximum((THIGH * height_m) ** 2 - (length / 2) ** 2, 0))
    forward = ahead + left * (side * 0.25)
    forward = forward - reach * np.sum(forward * reach, axis=1, keepdims=True)
    forward = forward / np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-6)
    joints[:, Joint[f"{name}_HIP"]] = hip
    joints[:, Joint[f"{name}_KNEE"]] = hip + reach * (length / 2)[:, None] + forward * bend[:, None]
    joints[:, Joint[f"{name}_ANKLE"]] = ankle
    pitch = np.clip(lift * 2.0, 0, 0.8)[:, None]
    toe = ahead * np.cos(pitch) + left * (side * 0.2) - _UP * np.sin(pitch)
    sole = _UP * (ANKLE * 0.75 * tall)
    joints[:, Joint[f"{name}_TOE"]] = ankle + toe * 0.105 * tall - sole
    joints[:, Joint[f"{name}_HEEL"]] = ankle - toe * 0.03 * tall - sole


def _foot(phase: Array, speed: Array) -> tuple[Array, Array]:
    """Place a foot in its cycle: metres along the way from under the pelvis, and above the floor, both (n,).

    While it carries, it moves back exactly as fast as the body moves forward.
    """
    phase = phase % 1.0
    stride = 0.75 + 0.42 * speed
    share = np.clip(0.62 - 0.045 * speed, 0.34, 0.62)
    travel = stride * share * np.clip(speed / 0.6, 0, 1)
    carry = phase < share
    swing = np.clip((phase - share) / (1 - share), 0, 1)
    along = np.where(carry, 0.5 - phase / share, -0.5 * np.cos(np.pi * swing))
    lift = np.where(carry, 0.0, np.sin(np.pi * swing) ** 1.5 * (0.05 + 0.07 * speed) * np.clip(speed / 0.6, 0, 1))
    return along * travel, lift


def _arm(
    joints: Array,
    name: str,
    index: int,
    side: float,
    bodies: Bodies,
    ahead: Array,
    left: Array,
    spine: Array,
    height_m: Array,
    build: Array,
) -> None:
    """Put one arm by its three angles."""
    tall = height_m[:, None]
    shoulder = joints[:, Joint.NECK] - spine * 0.03 * tall + left * (side * 0.108 * tall * build[:, None])
    raise_, spread, bend = (bodies.arms[:, index, k][:, None] for k in range(3))

    def direction(angle: Array, sideways: Array) -> Array:
        inward = left * side * np.sin(sideways)
        way: Array = inward + np.cos(sideways) * (ahead * np.sin(angle) - _UP * np.cos(angle))
        return way

    elbow = shoulder + direction(raise_, spread) * 0.175 * tall
    joints[:, Joint[f"{name}_SHOULDER"]] = shoulder
    joints[:, Joint[f"{name}_ELBOW"]] = elbow
    joints[:, Joint[f"{name}_HAND"]] = elbow + direction(raise_ + bend, spread * 0.3) * 0.185 * tall
