"""Splitting: tracklets are cut where they go over to another person, and linked again over gaps."""

from pipeline.understand.splitting.stage import split_tracklets

__all__ = ["split_tracklets"]
