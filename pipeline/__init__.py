"""From the video of a basketball game to per-player statistics; users import `courtside`."""
