"""The queue of doubts: questions about who is who, the one first whose answer is expected to mend the most player-time."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipeline.review.game import ReviewedGame

Reason = Literal["unsure", "fragment", "number", "unknown", "crowded"]

MOST_DOUBTS = 200
"""In the queue; it is made anew after each answer."""
LEAST_GAIN_S = 0.1
"""Smaller ones are not asked about, in seconds."""
SHORT_S = 90.0
"""A player seen for less may be a piece of another, in seconds."""
MOST_OF_A_TEAM = 5
"""Players of a team on court at once."""
_TEMPERATURE = 2.0
"""Log-odds of two players being one are divided by this, as those of tracklets are."""
_CHANCE_OF_SHORT = 0.7
"""That somebody seen for a short time is a piece of the player nearest to him, if that is not quite impossible."""
_IMPOSSIBLE = -40.0
"""Log-odds of two players being one below which they are not."""
_UNSURE_SHARE = 0.5
"""Share of the runner-up's probability that comes true: probabilities of tracklets are careful."""
_REFEREE_SHARE = 0.1
"""What a second of a referee is worth, in seconds of a player."""
_LEAST_READ = 0.6
"""From here on the number that a tracklet shows is held against that of its player."""
_CHANCE_OF_NUMBER = 0.5
"""That a tracklet whose number is not its player's is another's, for each unit of the number's probability."""
_CHANCE_OF_SIXTH = 0.1
"""That the least sure of six players of a team is one of the other tracklets' player, at least."""
_SPILL = 0.5
"""Tracklets of the same player with the same runner-up: so much of their doubt is decided with the one asked about."""


@dataclass(frozen=True)
class Doubt:
    """A question: do the two tracklets show the same person?"""

    reason: Reason
    track_id: int
    """What is doubted."""
    against: int
    """A sure tracklet of `player_id`."""
    player_id: int
    """Of whom it is asked."""
    shown_as: int
    """Who it counts as now; 0: nobody."""
    chance: float
    """How likely the answer is yes, 0 to 1."""
    gain_s: float
    """Player-time that the answer is expected to mend, in seconds."""
    at_s: float
    """When the picture of the doubted tracklet was taken, in seconds: the answer is about the pictures."""
    against_at_s: float
    """When that of the sure one was taken."""
    words: str
    """Why it is asked."""

    def document(self) -> dict[str, Any]:
        """Return plain data."""
        rounded = {"chance": round(self.chance, 3), "gain_s": round(self.gain_s, 2), "at_s": round(self.at_s, 3)}
        rounded["against_at_s"] = round(self.against_at_s, 3)
        return asdict(self) | rounded


def doubts_of(game: ReviewedGame) -> tuple[Doubt, ...]:
    """Ask about what is doubtful, the largest expected gain first.

    A tracklet is asked about once: where several reasons speak, the one with the largest gain.
    """
    questions = _Questions(game)
    found = [
        *questions.unsure(),
        *questions.fragments(),
        *questions.numbers(),
        *questions.unknown(),
        *questions.crowded(),
    ]
    found.sort(key=lambda doubt: (-doubt.gain_s, doubt.track_id, doubt.player_id))
    asked: dict[int, Doubt] = {}
    for doubt in found:
        if doubt.gain_s >= LEAST_GAIN_S:
            asked.setdefault(doubt.track_id, doubt)
    return tuple(asked.values())[:MOST_DOUBTS]


@dataclass(frozen=True)
class _Piece:
    """A tracklet of a player or a referee; what is missing is None, and 0 of nobody."""

    track_id: int
    player_id: int
    begin_s: float
    end_s: float
    seen_s: float
    role: str
    confidence: float
    likeliest: int
    likeliest_confidence: float
    runner_up: int
    runner_up_confidence: float
    number: str | None
    number_confidence: float


def _pieces(table: pd.DataFrame) -> list[_Piece]:
    """Read the table `pieces` of a game; people beside the court are left out."""
    chosen = table[table["role"].isin(["player", "referee"]) | (table["player_id"] > 0)]
    whole, shares = ("track_id", "player_id", "likeliest", "runner_up"), ("begin_s", "end_s", "seen_s")
    doubtful = ("confidence", "likeliest_confidence", "runner_up_confidence", "number_confidence")
    columns: dict[str, list[Any]] = {name: chosen[name].fillna(0).astype("int64").tolist() for name in whole}
    columns |= {name: chosen[name].fillna(0.0).astype("float64").tolist() for name in (*shares, *doubtful)}
    columns["role"] = chosen["role"].astype(object).tolist()
    columns["number"] = [None if pd.isna(number) else str(number) for number in chosen["number"]]
    return [_Piece(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


class _Questions:
    """The reasons for doubt, one after another."""

    def __init__(self, game: ReviewedGame) -> None:
        """Lay ready what all of them need."""
        self.game = game
        self.pieces = _pieces(game.pieces)
        self.of_player: defaultdict[int, list[_Piece]] = defaultdict(list)
        for piece in self.pieces:
            self.of_player[piece.player_id].append(piece)
        self.seen_s = {who: sum(piece.seen_s for piece in mine) for who, mine in self.of_player.items()}
        players = game.tables["players"]
        self.referees = set(players.loc[players["role"] == "referee", "player_id"])
        self.team = _texts(players, "team")
        self.number = _texts(players, "number")
        self.anchor = {who: _surest(mine) for who, mine in self.of_player.items() if who > 0}

    def unsure(self) -> Iterator[Doubt]:
        """Ask about tracklets that may be the runner-up's: a no to whom they count as, or a yes to the next, moves them."""
        together_s: defaultdict[tuple[int, int], float] = defaultdict(float)
        mine = [piece for piece in self.pieces if piece.player_id > 0 and piece.runner_up in self.anchor]
        for piece in mine:
            together_s[piece.player_id, piece.runner_up] += piece.runner_up_confidence * piece.seen_s
        for piece in mine:
            own_s = piece.runner_up_confidence * piece.seen_s
            spilled_s = _SPILL * piece.runner_up_confidence * (together_s[piece.player_id, piece.runner_up] - own_s)
            who, chance = piece.player_id, piece.confidence
            if piece.runner_up_confidence >= chance or piece.track_id == self.anchor[who]:
                who, chance = piece.runner_up, piece.runner_up_confidence
            words = (
                f"{self._label(piece.player_id)} at {100 * piece.confidence:.0f} %, {self._label(piece.runner_up)} next"
            )
            yield from self._ask("unsure", piece, who, chance, _UNSURE_SHARE * (own_s + spilled_s), words)

    def fragments(self) -> Iterator[Doubt]:
        """Ask whether two players are one: those nearest to each other, and whoever is seen for a short time."""
        evidence = self.game.tables["player_evidence"].dropna(subset=["nearest"])
        columns = (evidence[name].tolist() for name in ("player_id", "nearest", "nearest_log_odds", "kept_apart_by"))
        for who, nearest, log_odds, reason in zip(*columns, strict=True):
            if reason in ("together", "correction") or not {who, nearest} <= self.anchor.keys():
                continue
            less, more = sorted((int(who), int(nearest)), key=lambda player: (self.seen_s[player], -player))
            chance = float(1 / (1 + np.exp(-log_odds / _TEMPERATURE)))
            if self.seen_s[less] < SHORT_S and log_odds > _IMPOSSIBLE:
                chance = max(chance, _CHANCE_OF_SHORT)
            piece = max(self.of_player[less], key=lambda piece: piece.seen_s)
            words = f"{self._label(less)} is seen for {self.seen_s[less]:.0f} s"
            yield from self._ask("fragment", piece, more, chance, chance * self.seen_s[less], words)

    def numbers(self) -> Iterator[Doubt]:
        """Ask about tracklets that show another number than that of the player they count as."""
        wearers = {(self.team.get(who), number): who for who, number in self.number.items()}
        for piece in self.pieces:
            own_number = self.number.get(piece.player_id)
            if own_number is None or piece.number in (None, own_number) or piece.number_confidence < _LEAST_READ:
                continue
            wrong = _CHANCE_OF_NUMBER * piece.number_confidence
            wearer = wearers.get((self.team.get(piece.player_id), str(piece.number)), piece.player_id)
            chance = wrong if wearer != piece.player_id else 1 - wrong
            words = f"shows {piece.number}, counts as {self._label(piece.player_id)}"
            yield from self._ask("number", piece, wearer, chance, wrong * piece.seen_s, words)

    def unknown(self) -> Iterator[Doubt]:
        """Ask about stretches of players that count as nobody's."""
        for piece in self.of_player[0]:
            if piece.role == "player":
                among = piece.likeliest_confidence + piece.runner_up_confidence  # somebody new is rare
                chance, words = piece.likeliest_confidence / (among or 1.0), f"nobody for {piece.seen_s:.0f} s"
                yield from self._ask("unknown", piece, piece.likeliest, chance, chance * piece.seen_s, words)

    def crowded(self) -> Iterator[Doubt]:
        """Ask about the least sure of six players of a team who are in the picture at once."""
        for team in sorted(set(self.team.values())):
            mine = [piece for piece in self.pieces if self.team.get(piece.player_id) == team]
            for piece, crowded_s in _least_sure_of_six(mine):
                among = (
                    piece.confidence + piece.runner_up_confidence
                )  # that it shows more than one is not decided by pictures
                wrong = max(_CHANCE_OF_SIXTH, piece.runner_up_confidence / (among or 1.0))
                words = f"six of {self.game.team_names.get(team, f'team {team}')} at once, for {crowded_s:.1f} s"
                yield from self._ask("crowded", piece, piece.player_id, 1 - wrong, wrong * crowded_s, words)

    def _ask(
        self, reason: Reason, piece: _Piece, who: int, chance: float, gain_s: float, words: str
    ) -> Iterator[Doubt]:
        """Ask whether a tracklet is a player, if there is something to compare with."""
        against = self.anchor.get(who)
        if against is not None and against != piece.track_id:
            pictured_s = (self.game.pictured_s(piece.track_id), self.game.pictured_s(against))
            gain_s *= _REFEREE_SHARE if piece.role == "referee" or who in self.referees else 1.0
            yield Doubt(reason, piece.track_id, against, who, piece.player_id, chance, gain_s, *pictured_s, words)

    def _label(self, player: int) -> str:
        return self.game.labels.get(player, "nobody")


def _texts(players: pd.DataFrame, column: str) -> dict[int, str]:
    """Read a column of `players` where it is known."""
    known_rows = players.dropna(subset=[column])
    return dict(zip(known_rows["player_id"].astype("int64").tolist(), known_rows[column].astype(str), strict=True))


def _surest(pieces: Sequence[_Piece]) -> int:
    """Choose the tracklet that shows a player most surely: seen for long, of high confidence."""
    return max(pieces, key=lambda piece: (min(piece.seen_s, 20.0) * piece.confidence**4, -piece.track_id)).track_id


def _least_sure_of_six(pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, float]]:
    """Yield who is least sure while too many players of a team are there, and for how many seconds."""
    changes = sorted(
        [(piece.begin_s, 1, place) for place, piece in enumerate(pieces)]
        + [(piece.end_s, 0, place) for place, piece in enumerate(pieces)]
    )
    crowded_s: defaultdict[int, float] = defaultdict(float)
    present: set[int] = set()
    for (time_s, begins, place), (after_s, _, _) in itertools.pairwise(changes):
        (present.add if begins else present.discard)(place)
        if after_s > time_s and len({pieces[row].player_id for row in present}) > MOST_OF_A_TEAM:
            least = min(present, key=lambda row: (pieces[row].confidence, row))
            crowded_s[least] += after_s - time_s
    for place, length_s in sorted(crowded_s.items()):
        yield pieces[place], length_s
