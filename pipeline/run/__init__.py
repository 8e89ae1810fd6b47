"""The order of the stages, and one analysis from video to report."""
