"""The screens that a team sees before its first page, and the state of its import that later pages show."""
