"""Shots: what each camera shot shows, live play, a close-up or a replay."""
