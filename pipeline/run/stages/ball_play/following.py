"""The stage `ball`: where the ball is and who has it."""

from __future__ import annotations

from pipeline.run.stages.stage import TEAMS_OF_PLAYERS, Stage, StageContext, StageOutput
from pipeline.tables import ALL
from pipeline.understand.game import TrackedGame


def follow_ball(context: StageContext) -> StageOutput:
    """Follow the ball, if that is wanted and it was found at all."""
    from pipeline.understand import ball
    from pipeline.understand.shots import kinds_of_frames, live_tracks

    tables = context.tables
    if not context.settings.ball.follow or not (tables["detections"]["class"] == "ball").any():
        return StageOutput({name: ALL[name].empty() for name in BALL_STAGE.gives})
    game = TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["tracks"])
    registration = context.registration
    view = ball.BallView(
        kinds_of_frames(tables["frames"], tables["shots"]) == "game",
        registration.table,
        registration.lens,
        registration.court,
        context.image_size_px,
        tables["periods"],
    )
    game = game.with_tracks(live_tracks(game, tables["shots"]))
    of_people = (tables["identities"], tables["players"], tables["positions"])
    return StageOutput(ball.find_ball(game, view, *of_people, context.memory))


BALL_STAGE = Stage(
    "ball",
    needs=("frames", "detections", "tracks", "identities", "players", "shots", "positions", "periods", "court"),
    gives=("ball", "flights"),
    function=follow_ball,
    settings=("ball",),
    columns=TEAMS_OF_PLAYERS,
)
