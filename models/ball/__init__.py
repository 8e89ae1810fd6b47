"""The ball network: where the ball is in a picture, found by a map of a quarter of its size."""
