"""The stages of teams: who is on the floor, and what teams do there."""

from pipeline.run.stages.team_play.lineups import LINEUPS_STAGE
from pipeline.run.stages.team_play.tactics import TACTICS_STAGE

__all__ = ["LINEUPS_STAGE", "TACTICS_STAGE"]
