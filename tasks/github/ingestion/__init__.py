"""Bring a window of a team's pull requests into the warehouse."""
