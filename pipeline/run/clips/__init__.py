"""Clips of a finished run."""

from pipeline.run.clips.writing import ClipFiles, ClipsAsked, write_clips

__all__ = ["ClipFiles", "ClipsAsked", "write_clips"]
