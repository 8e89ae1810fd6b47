"""Losses on pairs and on clusters, for the methods to share."""
