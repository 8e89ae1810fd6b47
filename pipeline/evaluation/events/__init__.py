"""Scores of what happens in a game: line-ups, substitutions, points, and what is done with the ball."""
