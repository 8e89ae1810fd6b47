"""Corrections by a user as must-link and cannot-link constraints on tracklets."""

from pipeline.understand.features.corrections.constraints import UserConstraints, check_corrections, constraints_of
from pipeline.understand.features.corrections.spots import TrackletAtSpot, split_where_corrected

__all__ = ["TrackletAtSpot", "UserConstraints", "check_corrections", "constraints_of", "split_where_corrected"]
