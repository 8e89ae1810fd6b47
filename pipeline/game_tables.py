"""The tables of the game: clock and score, live and dead time, line-ups, stints, events, and those of the ball."""

from __future__ import annotations

from pipeline.schema import Column, Table, at_least, one_of, share

FIVE_COLUMNS = tuple(f"player_{place}" for place in range(1, 6))
_FRAME = Column("frame", "int64", "", "analysed frame", check=at_least(0))
_TEAM = Column("team", "str", "", "A or B", check=one_of("A", "B"))
_START = Column("start_s", "float64", "s", "begin in the source video", check=at_least(0))
_END = Column("end_s", "float64", "s", "end in the source video", check=at_least(0))
_LIVE = Column("live_s", "float64", "s", "of it with the ball in play", check=at_least(0))
_FIVE = tuple(
    Column(name, "Int64", "", "player_id, rising; none where it is not known who it was", True, at_least(1))
    for name in FIVE_COLUMNS
)
_POINTS = (
    Column("points_for", "Int64", "", "points of the team meanwhile; none where the score was not read", True),
    Column("points_against", "Int64", "", "points of the opponents meanwhile, likewise", True),
)

SCOREBOARD_TEXTS = Table(
    "scoreboard_texts",
    ("frame", "word"),
    (
        _FRAME,
        Column("word", "int64", "", "from 0 in each frame", check=at_least(0)),
        Column("x_px", "float32", "px", "left edge in the source frame"),
        Column("y_px", "float32", "px", "top edge in the source frame"),
        Column("width_px", "float32", "px", "width", check=at_least(0)),
        Column("height_px", "float32", "px", "height", check=at_least(0)),
        Column("text", "str", "", "what was read, without spaces"),
        Column("score", "float32", "", "the reader's confidence", check=share()),
    ),
)
"""Words on the scoreboard in the frames in which it was read; a frame without any has no row."""

CLOCK = Table(
    "clock",
    ("frame",),
    (
        _FRAME,
        Column("period", "Int64", "", "period of the game, from 1; overtimes go on counting", True, at_least(1)),
        Column("clock_s", "float64", "s", "what the game clock shows", True, at_least(0)),
        Column("running", "boolean", "", "whether the game clock runs; none where that is not known", True),
        Column("shot_clock_s", "float64", "s", "what the shot clock shows", True, at_least(0)),
        Column("score_first", "Int64", "", "score of the team named first, on the left or above", True, at_least(0)),
        Column("score_second", "Int64", "", "score of the team named second", True, at_least(0)),
        Column("confidence", "float32", "", "how sure it is that the clock is right to a second", check=share()),
    ),
)
"""A frame in which the clock is hidden, or not known, has no row."""

PLAY = Table(
    "play",
    ("start_s",),
    (
        _START,
        _END,
        Column("state", "str", "", "live: the ball is in play; dead: it is not", check=one_of("live", "dead")),
        Column(
            "by", "str", "", "what says so: the game clock, or how fast people move", check=one_of("clock", "movement")
        ),
        Column("confidence", "float64", "", "mean probability of the state", check=share()),
    ),
)
"""Stretches of time, one after another; what the video does not show has no row."""

LINEUPS = Table(
    "lineups",
    ("team", "start_s"),
    (
        _TEAM,
        _START,
        _END,
        *_FIVE,
        Column(
            "confidence",
            "float64",
            "",
            "mean probability that these five, and no others, are on the floor",
            check=share(),
        ),
        Column("seen_s", "float64", "s", "of it with the game in view", check=at_least(0)),
        _LIVE,
        *_POINTS,
    ),
)

STINTS = Table(
    "stints",
    ("player_id", "start_s"),
    (
        Column("player_id", "int64", "", "stable person", check=at_least(1)),
        _TEAM,
        _START,
        _END,
        Column("seen_s", "float64", "s", "of it with a box of the player", check=at_least(0)),
        Column("bridged_s", "float64", "s", "of it without: out of view, hidden, or not recognised", check=at_least(0)),
        _LIVE,
        Column(
            "came_for", "Int64", "", "player_id of who went out; none at the start, or where that is not known", True
        ),
        Column("left_for", "Int64", "", "player_id of who came in; none at the end, or where that is not known", True),
        Column("confidence", "float64", "", "mean probability of being on the floor", check=share()),
    ),
)

PAIRS = Table(
    "pairs",
    ("player_id", "partner_id"),
    (
        _TEAM,
        Column("player_id", "int64", "", "the one of the lower id", check=at_least(1)),
        Column("partner_id", "int64", "", "the team-mate", check=at_least(1)),
        Column("together_s", "float64", "s", "both on the floor", check=at_least(0)),
        _LIVE,
        *_POINTS,
    ),
)

FIVES = Table(
    "fives",
    ("team", *FIVE_COLUMNS),
    (
        _TEAM,
        *_FIVE,
        Column("together_s", "float64", "s", "all on the floor, and nobody else", check=at_least(0)),
        _LIVE,
        Column("times", "int64", "", "so often they were put together", check=at_least(1)),
        *_POINTS,
        Column("confidence", "float64", "", "mean probability, over time", check=share()),
    ),
)

EVENTS = Table(
    "events",
    ("event_id",),
    (
        Column("event_id", "int64", "", "from 1 in order of time", check=at_least(1)),
        Column("time_s", "float64", "s", "in the source video", check=at_least(0)),
        Column("earliest_s", "float64", "s", "it was not before", check=at_least(0)),
        Column("latest_s", "float64", "s", "it was not after", check=at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "what happened",
            check=one_of("substitution", "period-start", "period-end", "points"),
        ),
        Column("team", "str", "", "whose it is", True, one_of("A", "B")),
        Column("player_id", "Int64", "", "who did it, or came in", True, at_least(1)),
        Column("partner_id", "Int64", "", "with whom, or who went out", True, at_least(1)),
        Column("points", "Int64", "", "that it brought", True, at_least(0)),
        Column("period", "Int64", "", "of the game clock", True, at_least(1)),
        Column("clock_s", "float64", "s", "what the game clock showed", True, at_least(0)),
        Column("confidence", "float64", "", "how sure it is", check=share()),
        Column("status", "str", "", "sure: counts; candidate: does not", check=one_of("sure", "candidate")),
    ),
)

_CONFIDENCE = Column("confidence", "float64", "", "how sure it is", check=share())
_STATUS = Column("status", "str", "", "sure: counts; candidate: does not", check=one_of("sure", "candidate"))

BALL = Table(
    "ball",
    ("frame",),
    (
        Column("frame", "int64", "", "analysed frame", check=at_least(0)),
        Column("time_s", "float64", "s", "presentation timestamp", check=at_least(0)),
        Column("x_px", "float32", "px", "its middle in the source frame; NaN where it is hidden", True),
        Column("y_px", "float32", "px", "likewise", True),
        Column("x_m", "float64", "m", "on the court: where its holder stands, or below a shot", True),
        Column("y_m", "float64", "m", "likewise", True),
        Column("z_m", "float64", "m", "height of a shot; NaN otherwise", True, at_least(0)),
        Column("state", "str", "", "held (or dribbled), or in the air", check=one_of("held", "flight")),
        Column("player_id", "Int64", "", "who holds it", True, at_least(1)),
        Column("source", "str", "", "seen, or bridged between two sightings", check=one_of("seen", "bridged")),
        _CONFIDENCE,
    ),
)
"""A frame in which nobody can say where the ball is has no row."""

FLIGHTS = Table(
    "flights",
    ("start_s",),
    (
        _START,
        Column("rim_s", "float64", "s", "when it is at the rim", check=at_least(0)),
        Column("player_id", "int64", "", "who had the ball before", check=at_least(1)),
        Column("x_m", "float64", "m", "where he stood"),
        Column("y_m", "float64", "m", "likewise"),
        Column("rim_x_m", "float64", "m", "of the rim"),
        Column("seen", "int64", "", "sightings on the way", check=at_least(0)),
        Column("fell_through", "float64", "", "how likely it went in, by its way after the rim", True, share()),
        Column("player_confidence", "float64", "", "how sure it is that he threw", check=share()),
        _CONFIDENCE,
    ),
)
"""Flights of the ball to a basket that agree with a parabola."""

TOUCHES = Table(
    "touches",
    ("start_s",),
    (
        Column("player_id", "int64", "", "who has the ball", check=at_least(1)),
        _TEAM,
        _START,
        _END,
        Column("seen_s", "float64", "s", "of it with the ball seen", check=at_least(0)),
        Column("x_m", "float64", "m", "where it ends", True),
        Column("y_m", "float64", "m", "likewise", True),
        _CONFIDENCE,
    ),
)
"""Stretches in which one player has the ball, one after another."""

POSSESSIONS = Table(
    "possessions",
    ("start_s",),
    (
        _TEAM,
        _START,
        _END,
        Column("touches", "int64", "", "so many players' turns with the ball", check=at_least(1)),
        _CONFIDENCE,
    ),
)
"""Stretches in which one team has the ball."""

BALL_EVENTS = Table(
    "ball_events",
    ("event_id",),
    (
        Column("event_id", "int64", "", "from the last of `events` on", check=at_least(1)),
        Column("time_s", "float64", "s", "in the source video", check=at_least(0)),
        Column("earliest_s", "float64", "s", "it was not before", check=at_least(0)),
        Column("latest_s", "float64", "s", "it was not after", check=at_least(0)),
        Column(
            "kind",
            "str",
            "",
            "pass: arrives; turnover: the other team has the ball; shot; free-throw; rebound",
            check=one_of("pass", "turnover", "shot", "free-throw", "rebound"),
        ),
        _TEAM,
        Column("player_id", "Int64", "", "who did it, or lost the ball", True, at_least(1)),
        Column("partner_id", "Int64", "", "who receives the pass, or has taken the ball away", True, at_least(1)),
        Column("points", "Int64", "", "what a shot is worth by its place, made or not", True, at_least(0)),
        Column("result", "str", "", "of a shot: made, missed; of a rebound: offensive, defensive", True),
        Column("result_confidence", "float64", "", "how sure the result is", True, share()),
        Column("length_m", "float64", "m", "of a pass; of a shot: to the basket", True, at_least(0)),
        Column("x_m", "float64", "m", "where who did it stood", True),
        Column("y_m", "float64", "m", "likewise", True),
        Column("nearest_opponent_m", "float64", "m", "from who shot", True, at_least(0)),
        Column("period", "Int64", "", "of the game clock", True, at_least(1)),
        Column("clock_s", "float64", "s", "what the game clock showed", True, at_least(0)),
        _CONFIDENCE,
        _STATUS,
        Column("result_status", "str", "", "the same of the result", True, one_of("sure", "candidate")),
    ),
)

_COUNTS = {
    "fgm": "field goals made",
    "fga": "field goals attempted",
    "fg3m": "field goals made from beyond the arc: three-pointers, in 3x3 two-pointers",
    "fg3a": "likewise attempted",
    "ftm": "free throws made",
    "fta": "free throws attempted",
    "oreb": "offensive rebounds",
    "dreb": "defensive rebounds",
    "reb": "rebounds",
    "tov": "turnovers",
    "stl": "steals",
    "pts": "points of made field goals and free throws",
    "passes": "passes that arrived",
    "touches": "turns with the ball",
}
BOX_COLUMNS = tuple(_COUNTS)

BOX_SCORE = Table(
    "box_score",
    ("team", "player_id"),
    (
        _TEAM,
        Column("player_id", "Int64", "", "none: the team as a whole", True, at_least(1)),
        Column("min", "float64", "min", "on the floor with the ball in play", True, at_least(0)),
        *(Column(name, "Int64", "", f"{meaning}; sure ones", True, at_least(0)) for name, meaning in _COUNTS.items()),
        Column(
            "events",
            "int64",
            "",
            "shots, results, rebounds, turnovers and passes, candidates with them",
            check=at_least(0),
        ),
        Column("sure_share", "float64", "", "of them that are sure", True, share()),
        Column("possession_s", "float64", "s", "with the ball", check=at_least(0)),
    ),
)
"""Sums of sure events; candidates are left out. None of a kind of event that is never sure."""

SHOT_ZONES = Table(
    "shot_zones",
    ("team", "zone"),
    (
        _TEAM,
        Column("zone", "str", "", "of the attacked half: paint, mid_range, corner_three, above_break"),
        Column("worth", "int64", "", "points of a basket", check=at_least(1)),
        Column("attempts", "int64", "", "sure shots whose end is sure", check=at_least(1)),
        Column("made", "int64", "", "of them", check=at_least(0)),
        Column("points_per_attempt", "float64", "", "as counted", check=at_least(0)),
        Column(
            "expected_points", "float64", "", "the same drawn to the mean of such shots; none of few", True, at_least(0)
        ),
        Column("low_points", "float64", "", "it is above this in 19 of 20 cases", True, at_least(0)),
        Column("high_points", "float64", "", "it is below this in 19 of 20 cases", True, at_least(0)),
    ),
)
