"""The stages of the ball: where it is and who has it, and what is done with it."""

from pipeline.run.stages.ball_play.events import BALL_EVENTS_STAGE
from pipeline.run.stages.ball_play.following import BALL_STAGE

__all__ = ["BALL_EVENTS_STAGE", "BALL_STAGE"]
