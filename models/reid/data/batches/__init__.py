"""Batches of packed pictures, and how they are drawn."""
