"""A calibration without clicks, from the points of the court that were seen in keyframes.

A standing camera is fitted once to all keyframes of a shot together, lens included. A moving one is fitted keyframe by
keyframe; cameras in halls stand on a tripod or in a hand, so where the first fits agree on a place, the others are held
to it. A fit that is not supported, not plausible, or that its neighbours contradict is dropped: between keyframes the
court is propagated by the measured camera motion as from any calibration.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.choices import CourtName
from pipeline.config import CourtSettings
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.camera_fitting.alignment import align, align_all
from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.standing import align_again, align_anywhere, align_standing
from pipeline.geometry.camera_fitting.start import align_by_search, starts_from_places
from pipeline.geometry.court import COURTS, Court, off_the_book_m
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import chained, stands_still
from pipeline.geometry.pinhole import X, Z
from pipeline.understand.court.consensus import mean_share, mean_support, middle_lens
from pipeline.understand.court.floor_size import best_size
from pipeline.understand.court.gate import Gate
from pipeline.understand.court.keyframe import Keyframe, keyframes
from pipeline.understand.court.motion_runs import known_motion, motion_runs
from pipeline.understand.court.moving_camera import SHORT_REACHES_PX, MovingCameraFitter
from pipeline.understand.court.propagation import is_known

Floats = NDArray[np.float64]

GUESSED: tuple[CourtName, ...] = ("nba", "fiba")
"""Courts that are looked for when none is given."""
KIN: tuple[CourtName, ...] = ("wnba", "ncaa")
"""Courts that are tried where one of those was found: they differ in the lane or the three-point line. Those of NCAA men and
women have the same lines."""
CLEARLY_BETTER = 1.03
"""So many times the support of the court that was found makes it another: views that show neither lane nor arc tell nothing."""
LENSES = (-0.1, -0.2, -0.32)
"""Distortions that a fit starts from where none does not explain the lines."""
WELL_EXPLAINED, BADLY_EXPLAINED = 0.35, 0.25
"""Shares of the line points that lie on lines of the court: below the first a fit is searched for longer, below the
second with distortions."""
SAMPLES = 10
"""Keyframes that decide about the court, and about the lens."""
STANDING_SEARCHES = 8
"""Runs of a standing camera, at most, in which it is searched for: seconds each."""

NO_KEYFRAME = "no picture shows enough of a court's floor and lines"
ONE_BASKET = "courts with one basket are not looked for"
NO_AGREEMENT = "in no picture do enough painted lines lie where a court has them"


@dataclass(frozen=True)
class AutomaticCalibration:
    """A calibration found without clicks, or none."""

    calibration: Calibration | None
    keyframes: int
    """How many showed enough of a court."""
    used: int
    """How many of them it has a fit of."""
    support: Mapping[CourtName, float] = field(default_factory=dict)
    """How well the lines of each court that was tried are seen; only ratios mean anything."""
    refused: str = ""
    """Why there is none, in plain words."""

    @property
    def runner_up(self) -> tuple[CourtName, float] | None:
        """The court that fits second best, and how many times as well the best one fits; None if no other was tried."""
        if self.calibration is None:
            return None
        found = self.calibration.court
        others = {name: value for name, value in self.support.items() if name != found}
        if not others or found not in self.support:
            return None
        second = max(others, key=others.__getitem__)
        return second, self.support[found] / max(others[second], 1e-9)


def find_calibration(
    frames: pd.DataFrame,
    court_points: pd.DataFrame,
    detections: pd.DataFrame,
    image_size_px: tuple[int, int],
    settings: CourtSettings,
) -> AutomaticCalibration:
    """Calibrate a video from its table `court_points`.

    Args:
        frames: table `frames`.
        court_points: table `court_points`.
        detections: table `detections`; people's sizes and places tell a wrong court.
        image_size_px: width, height.
        settings: the court, if it is given.
    """
    shown = keyframes(frames, court_points)
    if not shown:
        return AutomaticCalibration(None, 0, 0, refused=NO_KEYFRAME)
    names, kin = (GUESSED, KIN) if settings.court is None else ((settings.court,), ())
    if COURTS[names[0]].baskets == 1:  # the network knows courts with two
        return AutomaticCalibration(None, len(shown), 0, refused=ONE_BASKET)
    fitter = _KeyframeFitter(frames, detections, image_size_px)
    lines, fits = fitter.fit_best_court(shown, *([CourtLines(COURTS[name]) for name in some] for some in (names, kin)))
    if not fits:
        return AutomaticCalibration(None, len(shown), 0, refused=fitter.refused)
    time_s = frames["time_s"].to_numpy(np.float64)
    views = tuple(
        CalibratedFrame(fit.aligned.to_floor, time_s=float(time_s[fit.row]), error_px=fit.aligned.error_px)
        for fit in fits
    )
    fixed = len(fits) == 1 and fits[0].standing and fitter.is_one_run
    return AutomaticCalibration(
        Calibration(
            lines.court.name, image_size_px, fits[0].aligned.lens, views, fixed or None, off_the_book_m(lines.court)
        ),
        len(shown),
        len(fits),
        fitter.support,
    )


@dataclass(frozen=True, eq=False)
class KeyframeFit:
    """A keyframe with its camera."""

    row: int
    """Of `frames`."""
    aligned: Aligned
    standing: bool = False
    """Of all keyframes of a run in which the camera stands."""


def _scaled(fit: Aligned, lines: CourtLines) -> Aligned:
    """Move a camera to where a court of another size fills as much of the picture as its own does."""
    along, across = lines.court.length_m / fit.court.length_m, lines.court.width_m / fit.court.width_m
    values = fit.camera.values.copy()
    values[X : Z + 1] *= (along, across, (along + across) / 2)
    return replace(fit, camera=fit.camera.with_values(values))


class _KeyframeFitter:
    """Chooses court and lens, and fits a camera to each keyframe, or one to all in which it stands."""

    def __init__(self, frames: pd.DataFrame, detections: pd.DataFrame, size_px: tuple[int, int]) -> None:
        self._size = size_px
        self._time_s = frames["time_s"].to_numpy(np.float64)
        self._motion = known_motion(frames, Lens(), size_px)
        self._runs = list(motion_runs(~is_known(self._motion)))
        self._standing = [self._stands(run) for run in self._runs]
        self._gate = Gate(frames, detections)
        self._moving = MovingCameraFitter(self._time_s, self._motion, size_px, self._gate)
        self._searched_runs = 0
        self.refused = NO_AGREEMENT
        self.support: dict[CourtName, float] = {}

    @property
    def is_one_run(self) -> bool:
        """Say whether the motion is known from the first frame to the last."""
        return len(self._runs) == 1

    def _stands(self, run: slice) -> bool:
        """Say whether the camera stands still in a run."""
        return run.stop - run.start > 1 and stands_still(chained(self._motion[run]), self._time_s[run], self._size)

    def _flat(self, lam: float = 0.0) -> Lens:
        """Return a lens about the middle of the picture."""
        width, height = self._size
        return Lens((width / 2, height / 2), width / 2, lam)

    def fit_best_court(
        self, shown: list[Keyframe], candidates: list[CourtLines], kin: list[CourtLines]
    ) -> tuple[CourtLines, list[KeyframeFit]]:
        """Fit all keyframes to the court that suits them best.

        Where the camera always stands that is the court whose lines are seen best in the run with most keyframes.

        Args:
            shown: the keyframes.
            candidates: courts that are looked for.
            kin: courts that are tried where one was found.
        """
        by_run = self._by_run(shown)
        if not all(standing for _, standing in by_run):
            lines, lens = self.choose_court(shown, candidates, kin)
            return lines, self.fit_all(shown, lines, lens)
        richest = max((of_run for of_run, _ in by_run), key=len)
        middle, evidence = richest[len(richest) // 2].row, CourtEvidence.joined([key.evidence for key in richest])
        best, lines = self._best_standing(evidence, candidates, middle)
        if best is None or not self._gate.believes_standing(best, middle):
            self.refused = NO_AGREEMENT if best is None else self._gate.standing_refusal(best)
            return lines, []
        for candidate in kin:
            again = align_again(evidence, candidate, _scaled(best, candidate))
            self._note(candidate, again.coverage)
            if again.coverage > CLEARLY_BETTER * best.coverage:
                best, lines = again, candidate
        return lines, self.fit_all(shown, lines, self._flat(), [KeyframeFit(middle, best, True)])

    def _best_standing(
        self, evidence: CourtEvidence, candidates: list[CourtLines], middle: int
    ) -> tuple[Aligned | None, CourtLines]:
        """Find the standing camera, and the court, whose lines are seen best: from the places, else from anywhere about the court.

        Args:
            evidence: of all pictures.
            candidates: courts that are looked for.
            middle: row of one of the pictures.
        """
        best: Aligned | None = None
        lines = candidates[0]
        for search in (align_standing, align_anywhere):
            for candidate in candidates:
                if best is not None and self._gate.believes_standing(best, middle):
                    found = align_standing(evidence, candidate, self._size, middle, best)
                else:
                    found = search(evidence, candidate, self._size, middle)
                self._note(candidate, 0.0 if found is None else found.coverage)
                if found is not None and (best is None or self._worth(found, middle) > self._worth(best, middle)):
                    best, lines = found, candidate
            if best is not None and self._gate.believes_standing(best, middle):
                break
        return best, lines

    def _worth(self, fit: Aligned, row: int) -> tuple[bool, float]:
        """Rate a standing camera: believed or not, then by how much of the lines it explains."""
        return self._gate.believes_standing(fit, row), fit.coverage

    def _by_run(self, shown: list[Keyframe]) -> list[tuple[list[Keyframe], bool]]:
        """Return the keyframes of each run that has any, and whether the camera stands in it."""
        rows = [key.row for key in shown]
        every = (
            (shown[bisect_left(rows, run.start) : bisect_left(rows, run.stop)], standing)
            for run, standing in zip(self._runs, self._standing, strict=True)
        )
        return [(of_run, standing) for of_run, standing in every if of_run]

    def choose_court(
        self, shown: list[Keyframe], candidates: list[CourtLines], kin: list[CourtLines]
    ) -> tuple[CourtLines, Lens]:
        """Choose the court and the lens that most line points of a few keyframes agree with.

        Args:
            shown: the keyframes.
            candidates: courts that are looked for.
            kin: courts that are tried where one was found.
        """
        rich = sorted(shown, key=lambda key: -len(key.evidence.line_px))[: 3 * SAMPLES]
        chosen = sorted(rich, key=lambda key: key.row)[:: max(1, len(rich) // SAMPLES)][:SAMPLES]
        tried = [self._tried(chosen[::2], lines, 0.0, search=False) for lines in candidates]
        best = max(tried, key=mean_support)
        if mean_share(best) < WELL_EXPLAINED:
            tried = [self._tried(chosen[::2], lines, 0.0, search=True) for lines in candidates]
            best = max([best, *tried], key=mean_support)
        if mean_share(best) < BADLY_EXPLAINED:
            tried = [self._tried(chosen[::3], lines, lam, search=True) for lines in candidates for lam in LENSES]
            best = max([best, *tried], key=mean_support)
        for relative in kin if best else ():
            found = self._tried(chosen[::2], relative, middle_lens(best), search=False)
            if len(found) >= len(best) and mean_support(found) > CLEARLY_BETTER * mean_support(best):
                best = found
        if not best:
            return candidates[0], self._flat()
        book, lens = best[0].court, self._flat(middle_lens(best))

        def supported(court: Court) -> float:
            return self._supported(chosen[::2], court, lens)

        sized = best_size(book, supported)
        if sized is not None:  # on a floor of another size the other book may have looked better than it is
            every = [best_size(lines.court, supported) for lines in candidates if lines.court is not book]
            sized = max([sized, *(court for court in every if court is not None)], key=supported)
        return CourtLines(sized or book), lens

    def _supported(self, chosen: list[Keyframe], court: Court, lens: Lens) -> float:
        """Return how well the lines of a court are seen in some keyframes."""
        found = self._tried(chosen, CourtLines(court), lens.lam, search=False)
        return mean_support(found) * len(found) / len(chosen)

    def _tried(self, chosen: list[Keyframe], lines: CourtLines, lam: float, search: bool) -> list[Aligned]:
        """Fit some keyframes to a court with a free lens that starts from a lambda."""
        if search:
            searched = [self._searched(key.evidence, lines, lam, key.row) for key in chosen]
            found = [fit for fit in searched if fit is not None]
        else:
            found = self._free(chosen, lines, self._flat(lam))
        self._note(lines, mean_support(found))
        return found

    def _note(self, lines: CourtLines, support: float) -> None:
        """Remember how well a court's lines were seen at best."""
        name = lines.court.name
        self.support[name] = max(support, self.support.get(name, 0.0))

    def _searched(self, evidence: CourtEvidence, lines: CourtLines, lam: float, seed: int) -> Aligned | None:
        """Fit one keyframe from many guesses, then free the lens."""
        found = align_by_search(evidence, lines, self._size, self._flat(lam), seed)
        if found is None:
            return None
        return align(evidence, lines, found.camera, found.lens, free_lens=True, reaches_px=SHORT_REACHES_PX)

    def _free(self, chosen: list[Keyframe], lines: CourtLines, lens: Lens) -> list[Aligned]:
        """Fit keyframes with a free lens, those whose places agree on a camera."""
        evidence = [key.evidence for key in chosen]
        starts = starts_from_places(evidence, lines.court, lens, self._size, [key.row for key in chosen])
        begun = [(each, start) for each, start in zip(evidence, starts, strict=True) if start is not None]
        return align_all(
            [each for each, _ in begun], lines, [start for _, start in begun], [lens] * len(begun), free_lens=True
        )

    def fit_all(
        self, shown: list[Keyframe], lines: CourtLines, lens: Lens, standing_fits: Sequence[KeyframeFit] = ()
    ) -> list[KeyframeFit]:
        """Fit all keyframes; those of a run in which the camera stands together, unless its fit is given."""
        fits = list(standing_fits)
        moving: list[Keyframe] = []
        for of_run, standing in self._by_run(shown):
            if not standing:
                moving += of_run
            elif not any(of_run[0].row <= fit.row <= of_run[-1].row for fit in standing_fits):
                fits += self._standing_fit(of_run, lines, fits)
        if fits and not moving:
            lens = fits[0].aligned.lens
        elif fits:  # one lens for the whole video: as the moving shots have it
            fits = [fit for fit in fits if abs(fit.aligned.lens.lam - lens.lam) < 0.02]
        fits += [KeyframeFit(row, fit) for row, fit in self._moving.fit(moving, lines, lens).items()]
        return sorted(fits, key=lambda fit: fit.row)

    def _standing_fit(self, of_run: list[Keyframe], lines: CourtLines, before: list[KeyframeFit]) -> list[KeyframeFit]:
        """Fit a standing camera to all its keyframes together, lens free: from where it stood before, else by search."""
        middle = of_run[len(of_run) // 2].row
        evidence = CourtEvidence.joined([key.evidence for key in of_run])
        for fit in before[-1:]:
            again = align_again(evidence, lines, fit.aligned)
            if self._gate.believes_standing(again, middle):
                return [KeyframeFit(middle, again, True)]
        if self._searched_runs >= STANDING_SEARCHES:
            return []
        self._searched_runs += 1
        found = align_standing(evidence, lines, self._size, middle)
        return [KeyframeFit(middle, found, True)] if found and self._gate.believes_standing(found, middle) else []
