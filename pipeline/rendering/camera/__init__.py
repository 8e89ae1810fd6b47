"""Cameras, and which of them shows which moment."""
