"""Many games: which they are, one after the other or several at once, and a table of what became of them."""

from pipeline.run.batch.games import BatchGame, games_in
from pipeline.run.batch.running import BatchOptions, analyze_games
from pipeline.run.batch.summary import SUMMARY, GameSummary

__all__ = ["SUMMARY", "BatchGame", "BatchOptions", "GameSummary", "analyze_games", "games_in"]
