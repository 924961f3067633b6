"""The API for programs: numbers of one team, read-only, by a key."""
