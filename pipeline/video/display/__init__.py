"""From decoded frames to what a player would show: whole pictures, standard range, upright, square pixels."""

from pipeline.video.display.dynamic_range import in_standard_range, is_high_range
from pipeline.video.display.fields import first_field_only
from pipeline.video.display.orientation import TURNS, Orientation, orientation_of, pixel_aspect

__all__ = [
    "TURNS",
    "Orientation",
    "first_field_only",
    "in_standard_range",
    "is_high_range",
    "orientation_of",
    "pixel_aspect",
]
