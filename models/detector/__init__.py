"""The detector: players, referees, ball, rims and jersey numbers in a frame."""
