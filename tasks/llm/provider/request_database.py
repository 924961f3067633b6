"""The database that the log of requests lies in."""

from pathlib import Path

from warehouse.home.shared_database import Database, open_shared

# One lock for all buckets: it is held for a few statements.
ADVISORY_LOCK = 7_264_119_350_114


def open_database(home: Path) -> Database:
    """Open the database of the log: PostgreSQL if the catalog is there, else the file `llm/rate.sqlite` of the home."""
    return open_shared(home, "llm/rate.sqlite", "The log of requests to the model", ADVISORY_LOCK)
