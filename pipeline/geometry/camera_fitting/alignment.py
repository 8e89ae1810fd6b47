"""A camera from what a picture shows of the court: rough places of the floor, and points on the court's painted lines.

The places give a start; then every line point is drawn to the nearest line of the court that runs in its direction,
measured in px across that line, ever more strictly (iteratively reweighted least squares with Tukey's weights).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.gauss_newton import CameraFits
from pipeline.geometry.court import Court
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole

REACHES_PX = (40.0, 26.0, 18.0, 12.0, 8.0, 6.0, 4.5, 3.5, 3.0, 3.0)
"""A line point further from a line, at 1280 px width, does not count; one number per round."""
_TOGETHER = 32
"""Cameras that are fitted at once: more need more memory and are no faster."""


def align(
    evidence: CourtEvidence, lines: CourtLines, start: Pinhole, lens: Lens, free_lens: bool = False,
    shared_camera: Aligned | None = None, reaches_px: tuple[float, ...] = REACHES_PX,
) -> Aligned:  # fmt: skip
    """Fit a camera to the painted lines: Gauss-Newton with Tukey's weights, lines matched anew in every round.

    Args:
        evidence: the picture's.
        lines: the court's.
        start: from `start_from_places`, or a neighbouring frame's.
        lens: the lens, or a start for it.
        free_lens: fit the lens's lambda as well.
        shared_camera: where the camera stands, with its covariance, if other frames show it.
        reaches_px: one number per round; shorter for a good start.
    """
    return align_all([evidence], lines, [start], [lens], free_lens, shared_camera, reaches_px)[0]


def align_all(
    evidence: Sequence[CourtEvidence], lines: CourtLines, starts: Sequence[Pinhole], lenses: Sequence[Lens],
    free_lens: bool = False, shared_camera: Aligned | None = None, reaches_px: tuple[float, ...] = REACHES_PX,
) -> list[Aligned]:  # fmt: skip
    """Fit several cameras, each to its own picture, as `align` does one.

    Args:
        evidence: of each picture; all are of one size.
        lines: the court's.
        starts: of each camera.
        lenses: of each camera; they differ in lambda alone.
        free_lens: see `align`.
        shared_camera: see `align`; the same for all.
        reaches_px: see `align`.
    """
    found: list[Aligned] = []
    for begin in range(0, len(starts), _TOGETHER):
        part = slice(begin, begin + _TOGETHER)
        fits = CameraFits(starts[part], lenses[part], lines.court, evidence[part], lines, shared_camera, free_lens)
        unit = starts[0].size_px[0] / 1280
        for reach_px in (reach * unit for reach in reaches_px):
            fits.match(reach_px)
            fits.step(reach_px, 1.5)
            fits.step(reach_px, 1.5)
        found += fits.results(reaches_px[-1] * unit)
    return found


def polish_all(evidence: Sequence[CourtEvidence], court: Court, starts: Sequence[Pinhole], lens: Lens) -> list[Pinhole]:
    """Fit several cameras to the places alone.

    Args:
        evidence: of each picture.
        court: the court.
        starts: cameras that are about right.
        lens: of all of them.
    """
    if not starts:
        return []
    fits = CameraFits(starts, [lens] * len(starts), court, evidence, None)
    for _ in range(8):
        fits.step(None, 2.5)
    return fits.cameras


def line_support(
    evidence: CourtEvidence, lines: CourtLines, cameras: Sequence[Pinhole], lens: Lens, reach_px: float
) -> list[float]:
    """Sum how well the line points of a picture agree with cameras as they are, 0 to 1 each.

    Args:
        evidence: the picture's.
        lines: the court's.
        cameras: the cameras.
        lens: of all of them.
        reach_px: line points further from a line, at 1280 px width, do not count.
    """
    if not cameras:
        return []
    fits = CameraFits(cameras, [lens] * len(cameras), lines.court, [evidence] * len(cameras), lines)
    return list(map(float, fits.support(reach_px * cameras[0].size_px[0] / 1280)))


def line_coverage(
    evidence: CourtEvidence, lines: CourtLines, cameras: Sequence[Pinhole], lenses: Sequence[Lens]
) -> list[float]:
    """Measure which share of the court's lines that lie in the picture is seen there: 0 to 1, by their length in px.

    A wrong camera can lay one long line of the court on many line points; it leaves the others bare.

    Args:
        evidence: the picture's.
        lines: the court's.
        cameras: the cameras.
        lenses: of each of them.
    """
    if not cameras:
        return []
    reach_px = REACHES_PX[-1] * cameras[0].size_px[0] / 1280
    fits = CameraFits(cameras, lenses, lines.court, [evidence] * len(cameras), lines)
    return list(map(float, fits.covered(reach_px)))
