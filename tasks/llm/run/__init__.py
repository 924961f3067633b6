"""Read the pending pull requests of a team."""
