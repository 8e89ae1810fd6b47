"""Constrained clustering of tracklets into people, under must-link and cannot-link constraints; for splitting and identity."""
