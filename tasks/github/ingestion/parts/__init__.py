"""One team's sync over several processes: its repositories in parts, each taken by one process at a time."""
