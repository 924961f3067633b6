"""What was said of a week stays known: what changed is kept with the time of the change."""
