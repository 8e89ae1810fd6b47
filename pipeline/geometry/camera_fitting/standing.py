"""A camera that stands still, from all that its pictures show together: a long search, as it is needed once per video.

Rough places of the floor may err together by metres (a painted apron taken for court, a strong lens), and their
consensus then leads to a wrong fit. So many cameras are tried, as if the places were stretched and shifted; the best are drawn
to the lines, and from the best of these the search goes on in random steps (basin hopping, Wales and Doye 1997). What counts is how
much of the court's lines is seen (`line_coverage`), not how many line points agree: that asks for the inner lines too.
Where the places lead to no camera that is good enough, as behind an end line or low at the floor, cameras are tried wherever they may
stand (`about_court`), and drawn to the lines alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.about_court import cameras_about
from pipeline.geometry.camera_fitting.alignment import align, align_all, line_coverage, line_support, polish_all
from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.start import COARSE_PX, start_from_places
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole

Floats = NDArray[np.float64]

LENSES = (0.0, -0.1, -0.2, -0.32)
"""Distortions that the search starts from."""
GUESSES = 60
"""Cameras that are tried for each of them."""
DRAWN = 16
"""The best of all these are drawn to the lines."""
ROUNDS, PATIENCE, HOPS = 25, 5, 6
"""Rounds of random steps at most, and without a gain once much is covered; steps of one round."""
_KEPT = 4
"""Fits that the steps start from."""
_ABOUT, _ABOUT_DRAWN, _ABOUT_ROUNDS = 600, 60, 4
"""Cameras about the court that are compared by their lines, those of them that are drawn to the lines, and how often at most."""
_ABOUT_REACH_PX, _ABOUT_REACHES_PX = 40.0, (60.0, 40.0, 26.0, 18.0, 12.0, 8.0, 5.0, 3.5, 3.0)
"""At 1280 px width: random cameras are further off than those that places lead to."""
_BELIEVABLE = 0.6
"""Coverage with which no further cameras about the court are tried: that of wrong ones stays below."""
_ENOUGH, _MUCH, _GAIN = 0.8, 0.7, 0.005
"""Coverage: with the first, places need not be doubted; with the second, the search may end."""
_FEW, _MOST = (200, 600), (400, 6000)
"""Places and line points that are fitted: to compare cameras, and in the end."""
_STRETCH, _SHEAR, _SHIFT_M = (0.08, 0.3), 0.03, 1.2
"""How the places may err together: along and across the court."""
_STEP = np.array([0.02, 0.03, 0.006, 0.6, 1.0, 0.5, 0.06])
"""Of the camera's seven numbers, in a random step."""
_REACHES_PX = (18.0, 12.0, 8.0, 5.0, 3.5, 3.0)


@dataclass(frozen=True, eq=False)
class _Rated:
    """A fit to few points, and the coverage by many."""

    coverage: float
    fit: Aligned


def align_standing(
    evidence: CourtEvidence, lines: CourtLines, size_px: tuple[int, int], seed: int, start: Aligned | None = None
) -> Aligned | None:
    """Find a standing camera and its lens.

    Args:
        evidence: of all its pictures, joined.
        lines: the court's.
        size_px: width, height.
        seed: of the random guesses and steps.
        start: a camera that is about right, found with another court's lines perhaps; None to look everywhere.

    Returns:
        The fit whose lines are seen best; None where the places do not agree on any camera.
    """
    rng = np.random.default_rng(seed)
    search = _Search(evidence.thinned(*_FEW), evidence.thinned(*_MOST), lines, size_px)
    kept = search.everywhere(rng) if start is None else search.drawn([(start.camera, start.lens)])
    return _best(evidence, lines, search, kept, rng)


def align_anywhere(evidence: CourtEvidence, lines: CourtLines, size_px: tuple[int, int], seed: int) -> Aligned | None:
    """Find a standing camera and its lens where the places are wrong, by the lines alone: 5 to 15 s.

    Args:
        evidence: of all its pictures, joined.
        lines: the court's.
        size_px: width, height.
        seed: of the random cameras and steps.

    Returns:
        The fit whose lines are seen best.
    """
    rng = np.random.default_rng(seed)
    search = _Search(evidence.thinned(*_FEW), evidence.thinned(*_MOST), lines, size_px)
    return _best(evidence, lines, search, search.about_court(rng), rng)


def _best(
    evidence: CourtEvidence, lines: CourtLines, search: _Search, kept: list[_Rated], rng: np.random.Generator
) -> Aligned | None:
    """Go on from the best fits in random steps, and fit the best one to all points."""
    kept = _improved(kept, search, rng)
    return align_again(evidence, lines, kept[0].fit) if kept else None


def _improved(kept: list[_Rated], search: _Search, rng: np.random.Generator) -> list[_Rated]:
    """Go on from the best fits in random steps; best first."""
    since = 0
    for _ in range(ROUNDS if kept else 0):
        bases = [kept[0] if number % 2 else kept[number // 2 % len(kept)] for number in range(HOPS)]
        found = search.drawn([_stepped(base.fit, rng) for base in bases])
        since = 0 if found[0].coverage > kept[0].coverage + _GAIN else since + 1
        kept = sorted([*kept, *found], key=_coverage, reverse=True)[:_KEPT]
        if kept[0].coverage > _MUCH and since >= PATIENCE:
            break
    return kept


def align_again(evidence: CourtEvidence, lines: CourtLines, before: Aligned) -> Aligned:
    """Fit a standing camera that may be the one of another shot.

    Args:
        evidence: of the pictures of this shot.
        lines: the court's.
        before: the fit of another shot.
    """
    return align(
        evidence.thinned(*_MOST), lines, before.camera, before.lens, free_lens=True, reaches_px=_REACHES_PX[1:]
    )


class _Search:
    """What the search compares cameras with."""

    def __init__(self, few: CourtEvidence, many: CourtEvidence, lines: CourtLines, size_px: tuple[int, int]) -> None:
        self._few, self._many, self._lines, self._size = few, many, lines, size_px

    def everywhere(self, rng: np.random.Generator) -> list[_Rated]:
        """Fit the cameras that the places lead to; if too little is covered, also those that they lead to if they err."""
        starts = []
        for lens in (_centred(self._size, lam) for lam in LENSES):
            camera = start_from_places(self._few, self._lines.court, lens, self._size, 0)
            starts += [] if camera is None else [(camera, lens)]
        rated = self.drawn(starts)[:_KEPT]
        if rated and rated[0].coverage > _ENOUGH:
            return rated
        guesses = [guess for start in starts for guess in self._guesses(*start, rng)]
        best = sorted(guesses, key=lambda guess: -guess[0])[:DRAWN]
        drawn = self.drawn([(camera, lens) for _, camera, lens in best])[:_KEPT]
        return sorted([*rated, *drawn], key=_coverage, reverse=True)[:_KEPT]

    def about_court(self, rng: np.random.Generator) -> list[_Rated]:
        """Fit cameras that may stand anywhere about the court to the lines alone."""
        lens, best = _centred(self._size, 0.0), list[_Rated]()
        for _ in range(_ABOUT_ROUNDS):
            cameras = cameras_about(self._few, self._lines.court, self._size, rng, _ABOUT)
            parts = [cameras[begin : begin + GUESSES] for begin in range(0, len(cameras), GUESSES)]
            support = np.concatenate(
                [line_support(self._few, self._lines, part, lens, _ABOUT_REACH_PX) for part in parts]
            )
            chosen = [(cameras[place], lens) for place in np.argsort(-support, kind="stable")[:_ABOUT_DRAWN]]
            best = sorted([*best, *self.drawn(chosen, by_lines=True)], key=_coverage, reverse=True)[:_KEPT]
            if best[0].coverage > _BELIEVABLE:
                break
        return best

    def drawn(self, cameras: list[tuple[Pinhole, Lens]], by_lines: bool = False) -> list[_Rated]:
        """Draw cameras to the lines, or from far off and to nothing else; best first."""
        starts, lenses = [camera for camera, _ in cameras], [lens for _, lens in cameras]
        few = [self._few.without_places() if by_lines else self._few] * len(cameras)
        reaches_px = _ABOUT_REACHES_PX if by_lines else _REACHES_PX
        fits = align_all(few, self._lines, starts, lenses, free_lens=True, reaches_px=reaches_px)
        covered = line_coverage(self._many, self._lines, [fit.camera for fit in fits], [fit.lens for fit in fits])
        return sorted(map(_Rated, covered, fits), key=_coverage, reverse=True)

    def _guesses(self, camera: Pinhole, lens: Lens, rng: np.random.Generator) -> list[tuple[float, Pinhole, Lens]]:
        """Return cameras that the places lead to if they err together, each with what its lines support."""
        bent = [_bent(self._few, rng) for _ in range(GUESSES)]
        cameras = polish_all(bent, self._lines.court, [camera] * GUESSES, lens)
        support = line_support(self._few, self._lines, cameras, lens, COARSE_PX)
        return [(each, guess, lens) for each, guess in zip(support, cameras, strict=True)]


def _stepped(fit: Aligned, rng: np.random.Generator) -> tuple[Pinhole, Lens]:
    """Return a camera nearby, at random."""
    step = _STEP * np.exp(rng.normal(0, 0.6)) * rng.normal(0, 1, len(_STEP))
    return fit.camera.with_values(fit.camera.values + step), fit.lens


def _coverage(rated: _Rated) -> float:
    return rated.coverage


def _bent(evidence: CourtEvidence, rng: np.random.Generator) -> CourtEvidence:
    """Move all places together."""
    middle = evidence.place.mean(axis=0)
    matrix = np.eye(2) + np.diag(rng.normal(0, _STRETCH)) + np.fliplr(np.diag(rng.normal(0, _SHEAR, 2)))
    shift = rng.normal(0, _SHIFT_M, 2) / [28.0, 15.0]
    return replace(evidence, place=(evidence.place - middle) @ matrix.T + middle + shift)


def _centred(size_px: tuple[int, int], lam: float) -> Lens:
    """Return the lens in the middle of the picture, scaled by half its width."""
    return Lens((size_px[0] / 2, size_px[1] / 2), size_px[0] / 2, lam)
