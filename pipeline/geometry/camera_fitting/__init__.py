"""Cameras from what pictures show of the court: rough places of the floor, and points on the court's painted lines."""
