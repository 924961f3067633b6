"""Analyse the pending pull requests of a team."""
