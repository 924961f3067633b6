"""What `prflow up` says of its own processes, in `services.json`: which of them died and are being started again."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

STATE_FILE = "services.json"
"""In the home: what runs there."""

NAMES = {
    "server": "Prefect's server",
    "worker": "The worker",
    "dashboard": "The dashboard",
    "admin": "The set-up service",
    "github": "The simulated GitHub",
    "llm": "The simulated model",
    "jira": "The simulated Jira",
    "api": "The API",
}
"""The name of each process, as a sentence begins with it."""


def describe_away(home: Path) -> list[str]:
    """Return one sentence per process that died and is not back yet; none if none died, or nothing runs."""
    try:
        services = json.loads((home / STATE_FILE).read_text())
        return describe(services.get("away") or {})
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def describe(away: Mapping[str, str]) -> list[str]:
    """Return the sentences; `away` has the time of each death, ISO 8601 in UTC."""
    return [
        f"{NAMES.get(name, name)} ended at {datetime.fromisoformat(at):%H:%M:%S} UTC and is being started again. "
        "Nothing is lost: what runs goes on by itself."
        for name, at in sorted(away.items())
    ]
