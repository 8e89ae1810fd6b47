"""The ball: where it is in a picture, by a head on the detector's features and its map of a quarter of the picture."""
