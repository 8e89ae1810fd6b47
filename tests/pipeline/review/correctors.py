"""A journal in memory, which carries out corrections to the letter and solves nothing again."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pipeline.corrections import DifferentPeople, Merge, Move, Name, Role, SamePerson, SplitTracklet
from pipeline.errors import InputError
from pipeline.review import JournalState, JournalStep, ReviewedGame


@dataclass
class JournalInMemory:
    """Every step keeps the game as it is after it."""

    games: list[ReviewedGame]
    said: list[str] = field(default_factory=list)
    asked: list = field(default_factory=list)
    place: int = 0
    rosters: list[str] = field(default_factory=list)
    exports: list[bool] = field(default_factory=list)
    requests: dict[str, object] = field(default_factory=dict)
    """Accepted, and not carried out."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Corrections wait for it."""

    def __post_init__(self):
        self.hold.set()

    def warm(self):
        pass

    def catch_up(self, goes_on):
        pass

    def journal(self):
        steps = tuple(JournalStep(k + 1, words, k >= self.place) for k, words in enumerate(self.said))
        undo = self.said[self.place - 1] if self.place else None
        redo = self.said[self.place] if self.place < len(self.said) else None
        return JournalState(f"revision {self.place} {len(self.said)}", steps, undo, redo)

    def game(self):
        return self.games[self.place]

    def correct(self, asked, revision):
        assert self.hold.wait(30)
        game = self.game()
        for correction in asked:
            game = corrected(game, correction)
        del self.games[self.place + 1 :], self.said[self.place :]
        self.games.append(game)
        self.said.append(type(asked[0]).__name__)
        self.asked += [(revision, correction) for correction in asked]
        self.place += 1
        return {"words": f"done: {self.said[-1]}", "people": [], "warnings": []}

    def undo(self, step):
        assert step is None
        if not self.place:
            raise InputError("nothing to undo")
        self.place -= 1
        return {"words": "undone", "people": [], "warnings": []}

    def redo(self, step):
        assert step is None
        self.place += 1
        return {"words": "done again", "people": [], "warnings": []}

    def keep(self, request):
        name = f"{len(self.requests)} {request}"
        self.requests[name] = request
        return name

    def kept(self):
        return list(self.requests.items())

    @contextmanager
    def carrying_out(self, name):
        try:
            yield
        finally:
            del self.requests[name]

    def give_roster(self, file):
        self.rosters.append(file.read_text(encoding="utf-8"))
        return {"words": "the roster is used", "people": [], "warnings": []}

    def export(self, video, advance):
        advance("report", 0.5)
        self.exports.append(video)
        return ["report.html"]


def corrected(game, correction):
    """Carry out one correction on the tables; what changes nothing in them is only said."""
    identities, players = game.tables["identities"].copy(), game.tables["players"].copy()
    tracks, labels = game.tables["tracks"].copy(), dict(game.labels)

    def give(track_id, player_id):
        identities.loc[identities["track_id"] == track_id, "player_id"] = player_id

    def owner(track_id):
        return int(identities.set_index("track_id")["player_id"].get(track_id, 0))

    match correction:
        case Merge(player, second):
            identities.loc[identities["player_id"] == second, "player_id"] = player
            players = players[players["player_id"] != second]
        case Move(track_id, to) if to is not None:
            if to not in set(players["player_id"]):
                raise InputError(f"there is no player {to}")
            give(track_id, to)
        case SamePerson(track_id, second):
            give(track_id, owner(second))
        case Name(player, value):
            players.loc[players["player_id"] == player, "name"] = value
            labels[player] = value
        case Role(player, "nobody"):
            identities = identities[identities["player_id"] != player]
            players = players[players["player_id"] != player]
        case SplitTracklet(track_id, at_s):
            times = game.tables["detections"].set_index("detection_id")["frame"].map(dict(enumerate(game.time_s)))
            later = (tracks["track_id"] == track_id) & (tracks["detection_id"].map(times) >= at_s)
            tracks.loc[later, "track_id"] = tracks["track_id"].max() + 1
        case DifferentPeople():
            pass
    changed = {"identities": identities, "players": players, "tracks": tracks}
    return replace(game, tables={**game.tables, **changed}, labels=labels)
