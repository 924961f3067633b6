"""Which pull requests are read a second time."""

import hashlib

SEED = "second reading 1"
# The rest of what is drawn waits for the next run: this is no reason to keep a team waiting.
MAX_A_RUN = 100


def is_drawn(pull_request_id: str, share: float) -> bool:
    """Return whether a pull request is among the share that is read twice: by its id alone, so always the same."""
    digest = hashlib.sha256(f"{SEED}\n{pull_request_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share
