"""What pages read: the warehouse by snapshot, Prefect's run state, settings."""
