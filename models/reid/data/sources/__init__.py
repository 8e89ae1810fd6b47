"""Readers: from collections, videos and a recipe's data section to crops."""
