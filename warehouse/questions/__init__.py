"""Questions about a team's numbers, answered with what a reader needs to judge the answer."""
