"""How each team stands, for programs that watch: the age of its last good sync, what runs, and what waits."""

from dataclasses import dataclass
from datetime import datetime

from warehouse.connection import Warehouse


@dataclass(frozen=True)
class TeamHealth:
    """How a team stands. `last_good_at` is the end of its last sync that did its work, None before the first.

    `is_expected` is false of a team that is paused, or whose anchor a person chose: no night syncs it.
    """

    team_id: str
    status: str
    last_good_at: datetime | None
    is_expected: bool
    is_running: bool
    pull_requests: int
    left_to_read: int

    def age_seconds(self, now: datetime) -> float | None:
        """Return the seconds since the last good sync, None before the first."""
        return None if self.last_good_at is None else max(0.0, (now - self.last_good_at).total_seconds())


def read_health(warehouse: Warehouse) -> list[TeamHealth]:
    """Read how each team stands, in the order of their ids."""
    return [TeamHealth(**row) for row in warehouse.read(_HEALTH).to_dicts()]


def count_unsent(warehouse: Warehouse) -> int:
    """Count the messages that wait to be sent."""
    row = warehouse.read_one("SELECT count(*) AS n FROM messages WHERE state = 'waiting'")
    return int(row["n"]) if row else 0


_HEALTH = """
WITH runs AS (
    SELECT team_id,
           max(ended_at) FILTER (state IN ('completed', 'partial') AND flow IN ('onboarding', 'background', 'refresh'))
               AS last_good_at,
           coalesce(bool_or(state = 'running'), false) AS is_running,
           coalesce(arg_max(llm_left, started_at) FILTER (state <> 'running' AND llm_total IS NOT NULL), 0)
               AS left_to_read
    FROM pipeline_runs GROUP BY team_id
), prs AS (SELECT team_id, count(*) AS n FROM pull_requests GROUP BY team_id)
SELECT t.team_id, coalesce(t.status, 'not_started') AS status, r.last_good_at,
       NOT coalesce(t.is_paused, false) AND NOT coalesce(t.is_as_of_fixed, false) AS is_expected,
       coalesce(r.is_running, false) AS is_running, coalesce(p.n, 0) AS pull_requests,
       coalesce(r.left_to_read, 0) AS left_to_read
FROM teams t LEFT JOIN runs r ON r.team_id = t.team_id LEFT JOIN prs p ON p.team_id = t.team_id
ORDER BY t.team_id
"""
