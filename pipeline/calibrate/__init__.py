"""By hand: where the court lies in the picture, from points that a person clicks or writes into a file."""

from pipeline.calibrate.points import PointError, calibrate_by_points, point_errors
from pipeline.calibrate.server import Clicking, clicking

__all__ = ["Clicking", "PointError", "calibrate_by_points", "clicking", "point_errors"]
