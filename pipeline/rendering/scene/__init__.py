"""The hall and all that is in it, painted as one camera sees it."""
