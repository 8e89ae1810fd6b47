"""Clustering of tracklets into people under must-link and cannot-link constraints; splitting and identity stand on it."""
