"""A page for the browser of this machine alone: its address, who may ask, and how much."""

from pipeline.serve.answering import LocalPage
from pipeline.serve.reading import Content, FileContent, RequestError, number
from pipeline.serve.server import HOST, serving

__all__ = ["HOST", "Content", "FileContent", "LocalPage", "RequestError", "number", "serving"]
