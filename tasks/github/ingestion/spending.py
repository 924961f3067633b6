"""Requests and points that a run has used, written together with the work and added to earlier attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.github.api.client import GitHub
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.store import Write

MOVED_EVERY = timedelta(seconds=1)


@dataclass
class Spending:
    """`requests` and `points` are those of earlier attempts at the same run."""

    github: GitHub
    run: Run
    requests: int = 0
    points: int = 0
    written_at: datetime | None = None

    def write_if_due(self, now: datetime) -> Write | None:
        """Return the write that goes with a commit about once a second; None in between."""
        if self.written_at is not None and now - self.written_at < MOVED_EVERY:
            return None
        self.written_at = now
        return self.write(now)

    def write(self, now: datetime) -> Write:
        """Return the write that records that the run moved, and what it has used, as of `now`."""
        return moved(
            self.run,
            now,
            github_requests=self.requests + self.github.requests,
            github_points=self.points + self.github.points_spent,
            github_remaining=self.github.remaining,
            github_reset_at=self.github.reset_at,
        )


def read_spending(github: GitHub, warehouse: Warehouse, run: Run) -> Spending:
    """Read what earlier attempts of `run` have used."""
    sql = "SELECT github_requests AS requests, github_points AS points FROM pipeline_runs WHERE run_id = ?"
    row = warehouse.read_one(sql, [run.run_id]) or {}
    return Spending(github, run, row.get("requests") or 0, row.get("points") or 0)
