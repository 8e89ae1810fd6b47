"""Scores of what happens in a game: who is on the floor, who comes in for whom, and points."""
