"""Location: from split tracklets and identities to positions in metres, and who counts as on court."""

from pipeline.understand.location.lineup import lineup_tracks, off_court
from pipeline.understand.location.stage import locate

__all__ = ["lineup_tracks", "locate", "off_court"]
