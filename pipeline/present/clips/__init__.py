"""Clips: what is worth watching again, as stretches of the video with names and an index."""

from pipeline.present.clips.highlights import Clip, Highlight, Wanted, find_highlights, merged
from pipeline.present.clips.index import index_table, named_clips

__all__ = ["Clip", "Highlight", "Wanted", "find_highlights", "index_table", "merged", "named_clips"]
