"""What is done with the ball, as people look at it: one list of events, shot charts, the report's section."""

from pipeline.present.ball_play.events import all_events, event_columns, told_by_a_shot
from pipeline.present.ball_play.section import ball_section
from pipeline.present.ball_play.shot_chart import shot_chart
from pipeline.present.ball_play.zone_chart import zone_chart

__all__ = ["all_events", "ball_section", "event_columns", "shot_chart", "told_by_a_shot", "zone_chart"]
