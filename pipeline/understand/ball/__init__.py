"""Ball: where it is, who has it, and how it flies to the basket; nothing where it was hardly seen."""

from pipeline.understand.ball.linking import linked
from pipeline.understand.ball.sightings import ball_candidates
from pipeline.understand.ball.stage import BallView, find_ball

__all__ = ["BallView", "ball_candidates", "find_ball", "linked"]
