"""Runs in Prefect: their names and states, which come next, what was left behind, how long they are kept."""
