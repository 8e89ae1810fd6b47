"""Splitting: from tracklets as linked to pure tracklets, cut where the person changes and linked over short gaps."""
