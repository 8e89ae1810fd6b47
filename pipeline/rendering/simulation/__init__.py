"""The game itself, in metres: its course, what everybody does, how bodies move; and recorded trajectories played back."""
