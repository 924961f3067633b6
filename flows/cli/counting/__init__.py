"""What counts, and how, by the choice of a team."""
