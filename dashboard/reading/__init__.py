"""The reads of pages: the warehouse by snapshot, Prefect's run state, settings."""
