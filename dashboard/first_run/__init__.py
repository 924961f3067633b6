"""The screens before a team's first page."""
