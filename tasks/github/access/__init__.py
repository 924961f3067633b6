"""Where a team's tokens come from, and whether GitHub accepts them."""
