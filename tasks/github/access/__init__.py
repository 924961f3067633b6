"""Find a team's tokens and check them at GitHub."""
