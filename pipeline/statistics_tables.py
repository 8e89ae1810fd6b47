"""The tables of statistics: periods, and numbers per player and per team, of the game and of each period."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.schema import PERSON_CLASSES, Column, Table, ValueCheck, at_least, one_of, share

_PERIOD = Column("period", "int64", "", "period of the game, from 1", check=at_least(1))

PERIODS = Table(
    "periods",
    ("period",),
    (
        _PERIOD,
        Column("start_s", "float64", "s", "begin in the source video", check=at_least(0)),
        Column("end_s", "float64", "s", "end in the source video", check=at_least(0)),
        Column(
            "right_team", "str", "", "team that attacks the right basket; none where unclear", True, one_of("A", "B")
        ),
        Column("agreement", "float64", "", "share of the time with set teams that says so", True, share()),
    ),
)


def _number(unit: str, check: ValueCheck | None = None, dtype: str = "float64") -> Callable[[str, str], Column]:
    """Give a maker of nullable columns of one unit."""
    return lambda name, meaning: Column(name, dtype, unit, meaning, True, check)


_seconds, _speed, _area = (_number(unit, at_least(0)) for unit in ("s", "m/s", "m2"))
_metres, _fraction, _count = _number("m"), _number("", share()), _number("", at_least(0), "Int64")
_SPEED_ZONES = {
    "walk": "below the jogging speed",
    "jog": "at jogging speed",
    "run": "at running speed",
    "sprint": "at sprinting speed",
}
_OF_PLAYER = (
    Column("player_id", "int64", "", "stable person", check=at_least(1)),
    Column("role", "str", "", "player or referee", check=one_of(*PERSON_CLASSES)),
    Column("team", "str", "", "A, B; none where unknown", True),
    Column("number", "str", "", "jersey number", True),
    Column("name", "str", "", "from the roster", True),
    Column("confidence", "float64", "", "time-weighted confidence of the identity", True, share()),
    Column("first_s", "float64", "s", "first time in view", check=at_least(0)),
    Column("last_s", "float64", "s", "last time in view", check=at_least(0)),
    Column("seen_s", "float64", "s", "time in view with a box", check=at_least(0)),
    Column("bridged_s", "float64", "s", "time in short gaps that were bridged", check=at_least(0)),
    Column("on_court_s", "float64", "s", "time in view and in absences short enough to be none", check=at_least(0)),
    _seconds("located_s", "time with a position in metres (seen and bridged)"),
    _metres("distance_m", "distance covered in located time; NaN without a calibration"),
    _metres("distance_low_m", "lower end of the 95 % interval of the distance"),
    _metres("distance_high_m", "upper end of the 95 % interval of the distance"),
    _metres("estimated_full_distance_m", "estimate: distance, and the mean speed over the rest of on_court_s"),
    Column("distance_per_min_m", "float64", "m/min", "distance over located minutes", True),
    Column("mean_speed_mps", "float64", "m/s", "distance over located time", True),
    Column("top_speed_mps", "float64", "m/s", "highest smoothed speed held for the settings' time", True),
    *(_seconds(f"{zone}_s", f"time {speed}") for zone, speed in _SPEED_ZONES.items()),
    *(_metres(f"{zone}_m", f"distance {speed}") for zone, speed in _SPEED_ZONES.items()),
    _count("sprints", "number of sprints"),
    _count("accelerations", "number of hard accelerations"),
    _count("decelerations", "number of hard decelerations"),
    _seconds("offence_s", "located time while the play is in the half that the team attacks"),
    _seconds("defence_s", "located time while the play is in the half that the team defends"),
    _metres("offence_m", "distance in offence_s"),
    _metres("defence_m", "distance in defence_s"),
    _fraction("left_half_share", "share of located time in the left half"),
    _fraction("paint_share", "share of located time in either paint"),
    _fraction("three_point_share", "share of located time outside both three-point lines"),
    _metres("mean_x_m", "mean position along the court"),
    _metres("mean_y_m", "mean position across the court"),
    _fraction("attack_paint_share", "share of located time in the attacked paint"),
    _fraction("attack_mid_range_share", "share inside the attacked three-point line, outside the paint"),
    _fraction("attack_corner_three_share", "share beyond the straight parts of the attacked three-point line"),
    _fraction("attack_above_break_share", "share beyond the arc of the attacked three-point line, in that half"),
    _fraction("backcourt_share", "share in the half that the team defends"),
    _metres("mean_attack_x_m", "mean position along the court, as if the right basket was attacked"),
    _metres("mean_attack_y_m", "mean position across the court, likewise"),
    _seconds("live_s", "located time in which the game clock was read and ran"),
    _metres("live_m", "distance in live_s"),
    Column("distance_per_live_min_m", "float64", "m/min", "live_m over the minutes of live_s with a speed", True),
)
_ADDED = ("live_s", "live_m", "distance_per_live_min_m")
PLAYER_STATS = Table("player_stats", ("player_id",), _OF_PLAYER, _ADDED)
PLAYER_PERIODS = Table("player_periods", ("player_id", "period"), (_OF_PLAYER[0], _PERIOD, *_OF_PLAYER[1:]), _ADDED)

EFFORTS = Table(
    "efforts",
    ("player_id", "kind", "start_s"),
    (
        Column("player_id", "int64", "", "stable person", check=at_least(1)),
        Column(
            "kind",
            "str",
            "",
            "a sprint, a hard acceleration or deceleration, or the stretch in which the player was fastest",
            check=one_of("sprint", "acceleration", "deceleration", "top-speed"),
        ),
        Column("start_s", "float64", "s", "begin in the source video", check=at_least(0)),
        Column("end_s", "float64", "s", "end in the source video", check=at_least(0)),
        Column("top_speed_mps", "float64", "m/s", "highest speed in it that is believed", True, at_least(0)),
    ),
)
"""What `player_stats` counts as efforts, one by one."""

_PHASES = {"": "", "offence_": ", in offence", "defence_": ", in defence"}
_OF_TEAM = (
    Column("team", "str", "", "A or B"),
    Column("players", "int64", "", "located players", check=at_least(1)),
    _seconds("seen_s", "time with a box of its players, everybody's added up"),
    _seconds(
        "unknown_s", "time with a box of somebody of the team of whom it is too doubtful who he is; in no player's"
    ),
    _metres("distance_m", "distance of all players together"),
    _speed("mean_speed_mps", "mean speed of a player"),
    _speed("offence_speed_mps", "the same while the play is in the half that the team attacks"),
    _speed("defence_speed_mps", "the same while the play is in the half that the team defends"),
    _seconds("offence_s", "time that the play is in the half that the team attacks"),
    _seconds("defence_s", "time that the play is in the half that the team defends"),
    _fraction("offence_share", "offence_s of both"),
    _count("attacks", "stays of the play in the attacked half"),
    Column("attacks_per_min", "float64", "1/min", "attacks over the minutes of both phases", True),
    _seconds("attack_s", "mean length of an attack"),
    _seconds("shape_s", "time with all five located, no more; what follows is averaged over it"),
    *(_metres(f"{phase}spacing_m", f"mean distance between two team-mates{when}") for phase, when in _PHASES.items()),
    *(_area(f"{phase}hull_m2", f"area of the convex hull of the team{when}") for phase, when in _PHASES.items()),
    _metres("centroid_x_m", "mean centre of the five along the court, as if the right basket was attacked"),
    _metres("centroid_y_m", "mean centre across the court, likewise"),
)
TEAM_STATS = Table("team_stats", ("team",), _OF_TEAM)
TEAM_PERIODS = Table("team_periods", ("team", "period"), (_OF_TEAM[0], _PERIOD, *_OF_TEAM[1:]))

_ATTACKER = Column("team", "str", "", "A or B", check=one_of("A", "B"))
_START = Column("start_s", "float64", "s", "begin in the source video", check=at_least(0))
_END = Column("end_s", "float64", "s", "end in the source video", check=at_least(0))
_CONFIDENCE = Column("confidence", "float64", "", "how sure it is", check=share())
_SPACING = (
    Column("spacing_m", "float64", "m", "mean distance between two of the five attackers", True, at_least(0)),
    Column("hull_m2", "float64", "m²", "area of the convex hull of the five attackers", True, at_least(0)),
    Column(
        "ball_side_share",
        "float64",
        "",
        "of the other attackers, on the side of the ball; none without it, or in the middle",
        True,
        share(),
    ),
)

PHASES = Table(
    "phases",
    ("start_s",),
    (
        Column("team", "str", "", "who attacks: A or B", check=one_of("A", "B")),
        _START,
        _END,
        Column(
            "kind",
            "str",
            "",
            "transition: on the way to the basket; half-court: there",
            check=one_of("transition", "half-court"),
        ),
        Column("possession", "int64", "", "which one of the game, both teams' counted, from 1", check=at_least(1)),
        Column(
            "by",
            "str",
            "",
            "what says who attacks: the ball, or the players' positions",
            check=one_of("ball", "positions"),
        ),
        *_SPACING,
        _CONFIDENCE,
    ),
)
"""Stretches of live time in which a team attacks."""

GUARDS = Table(
    "guards",
    ("player_id", "start_s"),
    (
        Column("player_id", "int64", "", "the defender", check=at_least(1)),
        Column("opponent_id", "int64", "", "whom he guards", check=at_least(1)),
        _START,
        _END,
        Column("distance_m", "float64", "m", "mean distance between the two", True, at_least(0)),
        _CONFIDENCE,
    ),
)
"""Who guards whom from when to when, in half-court play."""

MATCHUPS = Table(
    "matchups",
    ("player_id", "opponent_id"),
    (
        Column("team", "str", "", "of the defender: A or B", check=one_of("A", "B")),
        Column("player_id", "int64", "", "the defender", check=at_least(1)),
        Column("opponent_id", "int64", "", "whom he guarded", check=at_least(1)),
        Column("guarded_s", "float64", "s", "in half-court play", check=at_least(0)),
        Column("share", "float64", "", "of the time in which the defender is said to guard somebody", check=share()),
        Column("distance_m", "float64", "m", "mean distance between the two", True, at_least(0)),
        Column("on_ball_s", "float64", "s", "of it with the ball in the opponent's hands", True, at_least(0)),
        _CONFIDENCE,
    ),
)

TEAM_TACTICS = Table(
    "team_tactics",
    ("team",),
    (
        _ATTACKER,
        Column("possessions", "int64", "", "times that the team attacked", check=at_least(0)),
        Column("pace", "float64", "", "possessions of a team in the minutes of a game", True, at_least(0)),
        Column("possession_s", "float64", "s", "mean length of a possession", True, at_least(0)),
        Column("offence_s", "float64", "s", "attacking", check=at_least(0)),
        Column("transition_s", "float64", "s", "of it on the way to the basket", check=at_least(0)),
        Column("half_court_s", "float64", "s", "of it there", check=at_least(0)),
        Column("transition_share", "float64", "", "of the attacking time", True, share()),
        *_SPACING,
        Column(
            "by_ball_share", "float64", "", "of the attacking time in which the ball says who attacks", True, share()
        ),
    ),
)
"""Spacing and sides are those of half-court play."""
