"""Boxes of people without painting them: for games of which only the tables are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.people.pose import Joint, skeletons
from pipeline.rendering.scene.renderer import MARGIN_M
from pipeline.rendering.simulation.bodies import Bodies

Array = NDArray[np.float64]

_HEAD_M, _SIDE_M, _SOLE_M = 0.13, 0.05, 0.03
"""What a body reaches beyond its outermost joints."""
_BODY_IN_BOX = 0.72
"""Share of a nearer person's box that hides what is behind it."""
_LEAST_IN_PICTURE = 0.15


@dataclass(frozen=True)
class Silhouettes:
    """People of some frames; arrays over frames and people."""

    box: Array
    """(t, n, 4) x1, y1, x2, y2 px, full body, not cut."""
    inside: Array
    """(t, n, 4) the same cut at the border."""
    visible: Array
    """(t, n) share of the body that is neither hidden nor outside."""
    shown: NDArray[np.bool_]
    """(t, n) takes part in the game and is in the picture."""
    position: Array
    """(t, n, 2) metres."""

    def seen(self, takes: Sequence[Take], people: list[CastMember]) -> dict[str, NDArray[Any]]:
        """Return the columns of the truth about everybody shown, by frame and person."""
        frame, who = np.nonzero(self.shown)
        order = np.lexsort([np.array([p.person_id for p in people])[who], frame])
        frame, who = frame[order], who[order]
        box = self.inside[frame, who]
        facts = {
            "frame": np.array([take.index for take in takes])[frame],
            "time_s": np.array([take.time_s for take in takes])[frame],
            "id": np.array([p.person_id for p in people])[who],
            "role": np.array([p.role for p in people], dtype=object)[who],
            "team": np.array([p.team for p in people], dtype=object)[who],
            "jersey": np.array([p.number for p in people], dtype=object)[who],
        }
        facts |= dict(zip("xywh", (box[:, 0], box[:, 1], box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]), strict=True))
        place = self.position[frame, who]
        return facts | {"visible": self.visible[frame, who], "x_m": place[:, 0], "y_m": place[:, 1]}


def silhouettes(takes: Sequence[Take], people: list[CastMember], court: Court) -> Silhouettes:
    """Find everybody's boxes in some frames.

    Args:
        takes: t frames.
        people: n, in the order of the cast.
        court: tells who is on it.
    """
    count, size = len(people), takes[0].view.size
    joints = _joints(takes, people)
    px, depth = _project(takes, joints)
    unit = np.array([take.view.focal_px for take in takes])[:, None] / np.maximum(depth[..., Joint.PELVIS], 0.1)
    low, high = np.nanmin(px, axis=2), np.nanmax(px, axis=2)
    box = np.concatenate([low, high], axis=2) + unit[..., None] * np.array([-_SIDE_M, -_HEAD_M, _SIDE_M, _SOLE_M])
    inside = np.clip(box, 0, np.array([*size, *size]))
    in_picture = _area(inside) / np.maximum(_area(box), 1e-9)
    position = np.stack([take.moment.bodies.position for take in takes])
    seated = np.stack([take.moment.facts.seated for take in takes])
    limits = np.array([court.length_m, court.width_m])
    off_court = np.maximum(-position, position - limits).max(axis=2) > MARGIN_M
    player = np.array([person.role == "player" for person in people])
    coach = np.array([person.role == "coach" for person in people])
    shorter_px = np.minimum(inside[..., 2] - inside[..., 0], inside[..., 3] - inside[..., 1])
    shown = ~seated & ~(off_court & player) & (depth.min(axis=2) > 0.5) & (in_picture >= _LEAST_IN_PICTURE)
    shown &= (shorter_px >= 3) & ~coach
    visible = in_picture * _uncovered(box, depth[..., Joint.PELVIS], shown | seated | coach)
    assert visible.shape == (len(takes), count)
    return Silhouettes(box, inside, np.clip(visible, 0, 1), shown, position)


def _joints(takes: Sequence[Take], people: list[CastMember]) -> Array:
    """Pose everybody in all frames: (t, n, 20, 3)."""
    bodies = [take.moment.bodies for take in takes]
    stacked = Bodies(**{name: np.concatenate([getattr(b, name) for b in bodies]) for name in vars(bodies[0])})
    tall = np.tile([person.style.height_m for person in people], len(takes))
    build = np.tile([person.style.build for person in people], len(takes))
    seated = np.concatenate([take.moment.facts.seated for take in takes])
    return skeletons(stacked, tall, build, seated).reshape(len(takes), len(people), len(Joint), 3)


def _project(takes: Sequence[Take], joints: Array) -> tuple[Array, Array]:
    """Project joints (t, n, 20, 3) by each frame's view: px (t, n, 20, 2) and depth (t, n, 20)."""
    seen = [take.view.project(joints[k]) for k, take in enumerate(takes)]
    px = np.nan_to_num(np.stack([p for p, _ in seen]), nan=-1e6)
    return px, np.stack([d for _, d in seen])


def _area(box: Array) -> Array:
    area: Array = np.maximum(box[..., 2] - box[..., 0], 0) * np.maximum(box[..., 3] - box[..., 1], 0)
    return area


def _uncovered(box: Array, depth: Array, shown: NDArray[np.bool_]) -> Array:
    """Share (t, n) of each body that nobody nearer covers."""
    a, b = box[:, :, None], box[:, None]
    overlap = np.concatenate([np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])], axis=-1)
    share = _area(overlap) / np.maximum(_area(box), 1e-9)[:, :, None]
    nearer = (depth[:, None] < depth[:, :, None]) & shown[:, None]
    uncovered: Array = np.prod(1 - _BODY_IN_BOX * share * nearer, axis=2)
    return uncovered
