"""From tables to tables, without a look at the video: one stage after the other."""
