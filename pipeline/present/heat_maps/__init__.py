"""Heat maps: where a player or a team spent the time, as an estimate over the court and as a picture."""
