"""The tables of identity: whose tracklet is whose, who the players are, and why."""

from __future__ import annotations

from pipeline.schema import PERSON_CLASSES, ROLES, Column, Table, at_least, one_of, share

IDENTITIES = Table(
    "identities",
    ("track_id",),
    (
        Column("track_id", "int64", "", "tracklet; one of nobody has no row", check=at_least(1)),
        Column("player_id", "int64", "", "stable person, from 1", check=at_least(1)),
        Column("confidence", "float32", "", "how sure it is that the tracklet is this person", check=share()),
    ),
)

PLAYERS = Table(
    "players",
    ("player_id",),
    (
        Column("player_id", "int64", "", "stable person, from 1", check=at_least(1)),
        Column("role", "str", "", "player or referee", check=one_of(*PERSON_CLASSES)),
        Column("team", "str", "", "A, B; none for a referee or where unknown", True),
        Column("number", "str", "", "jersey number as printed ('0' and '00' differ)", True),
        Column("name", "str", "", "from the roster or a correction", True),
        Column("color", "str", "", "jersey colour as #rrggbb", True),
        Column(
            "name_from",
            "str",
            "",
            "roster (by the number), inferred (only this row of the roster is left for the team's only player without one) or "
            "correction",
            True,
            one_of("roster", "inferred", "correction"),
        ),
        Column(
            "team_name",
            "str",
            "",
            "what the roster calls the team; none where it does not, or it is not known which",
            True,
        ),
    ),
    later=("name_from", "team_name"),
)

TRACKLETS = Table(
    "tracklets",
    ("track_id",),
    (
        Column("track_id", "int64", "", "tracklet", check=at_least(1)),
        Column("seen_s", "float64", "s", "time with a box", check=at_least(0)),
        Column("role", "str", "", "player, referee, bench (staff too), coach or crowd", check=one_of(*ROLES)),
        Column("team", "str", "", "A or B, whichever is likelier; none unless a player", True),
        Column("team_confidence", "float32", "", "probability of that team", True, share()),
        Column("number", "str", "", "likeliest number by its own reads; none where nothing was read", True),
        Column("number_confidence", "float32", "", "probability of that number", True, share()),
        Column("likeliest", "Int64", "", "likeliest player_id; none unless player or referee", True, at_least(1)),
        Column("likeliest_confidence", "float32", "", "probability that it is this person", True, share()),
        Column("runner_up", "Int64", "", "player_id of the next likeliest person", True, at_least(1)),
        Column("runner_up_confidence", "float32", "", "probability of the next likeliest person", True, share()),
    ),
)
"""One row per tracklet. A player's tracklet without a row in `identities` shows somebody unknown."""

PLAYER_EVIDENCE = Table(
    "player_evidence",
    ("player_id",),
    (
        Column("player_id", "int64", "", "stable person", check=at_least(1)),
        Column("tracklets", "int64", "", "tracklets of this person", check=at_least(1)),
        Column("team_confidence", "float32", "", "probability of the team", True, share()),
        Column("number_confidence", "float32", "", "probability of the likeliest number", True, share()),
        Column("nearest", "Int64", "", "player_id of whom this person is most easily taken for", True, at_least(1)),
        Column("nearest_log_odds", "float64", "", "log-odds that the two are one, if nothing forbade it", True),
        Column("together_s", "float64", "s", "time that both are in the picture", True, at_least(0)),
        Column(
            "kept_apart_by",
            "str",
            "",
            "why the two are not one person: together (in the picture at once), reach, number, jersey, correction (a person "
            "said so), or evidence (it is likelier that they are two)",
            True,
            one_of("together", "reach", "number", "jersey", "correction", "evidence"),
        ),
    ),
)

NUMBER_VOTES = Table(
    "number_votes",
    ("player_id", "number"),
    (
        Column("player_id", "int64", "", "stable person", check=at_least(1)),
        Column("number", "str", "", "a number that was read"),
        Column("reads", "int64", "", "reads whose likeliest number it is", check=at_least(0)),
        Column("probability", "float32", "", "that it is this person's, by all reads", check=share()),
    ),
)

PLAYER_IDS = Table(
    "player_ids",
    ("player_id", "track_id"),
    (
        Column("player_id", "int64", "", "stable person, from 1", check=at_least(1)),
        Column("track_id", "int64", "", "a tracklet that the person has, or had last", check=at_least(1)),
        Column("time_s", "float64", "s", "half-way along it", check=at_least(0)),
        Column("x_px", "float64", "px", "middle of its box there"),
        Column("y_px", "float64", "px", "middle of its box there"),
        Column("seen_s", "float64", "s", "time that the tracklet has a box", check=at_least(0)),
        Column("current", "bool", "", "whether anybody has the id now; else it is retired, and nobody new is given it"),
    ),
)
FORMER_PLAYER_IDS = Table("former_player_ids", PLAYER_IDS.key, PLAYER_IDS.columns)
"""What `player_ids` was before the stage `identity` ran last: from it the ids of now follow."""
