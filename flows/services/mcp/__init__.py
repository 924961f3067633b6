"""The Model Context Protocol server: a team's numbers for language models, each with what it takes to judge it."""
