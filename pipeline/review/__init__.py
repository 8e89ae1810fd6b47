"""By hand: who is who in a game, corrected in the browser by a person who watches it."""

from pipeline.review.correcting import Advance, Correcting, JournalState, JournalStep
from pipeline.review.doubts import Doubt, doubts_of
from pipeline.review.game import TABLES, Dress, ReviewedGame
from pipeline.review.pictures import VideoPictures
from pipeline.review.playback import Playback
from pipeline.review.server import Reviewing, reviewing

__all__ = [
    "TABLES",
    "Advance",
    "Correcting",
    "Doubt",
    "Dress",
    "JournalState",
    "JournalStep",
    "Playback",
    "ReviewedGame",
    "Reviewing",
    "VideoPictures",
    "doubts_of",
    "reviewing",
]
