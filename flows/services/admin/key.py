"""The key of the set-up service: made at each start, in a file that only the owner of the home may read."""

import secrets
from pathlib import Path

from dashboard.reading.admin import KEY_FILE
from flows.services.private_file import write_private


def make_key(home: Path) -> str:
    """Return a new key, and write it where `read_key` and the dashboard find it."""
    key = secrets.token_urlsafe(32)
    write_private(home / KEY_FILE, key)
    return key


def read_key(home: Path) -> str:
    """Return the key of the service that runs on the home. Raises OSError if none was made."""
    return (home / KEY_FILE).read_text().strip()


def forget_key(home: Path) -> None:
    (home / KEY_FILE).unlink(missing_ok=True)
