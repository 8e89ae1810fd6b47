"""Pieces of a video as files of their own, and files joined to one: without encoding anew wherever that can be."""

from pipeline.video.cutting.joining import join
from pipeline.video.cutting.pieces import VideoPiece, write_piece

__all__ = ["VideoPiece", "join", "write_piece"]
