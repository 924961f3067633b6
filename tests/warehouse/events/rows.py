"""A team and its runs, as rows, for the tests of events and messages."""

from datetime import UTC, datetime, timedelta

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

NOW = datetime(2026, 11, 27, 6, tzinfo=UTC)
STALE = timedelta(hours=26)


def put(warehouse: Warehouse, table: str, *rows: dict[str, object]) -> None:
    """Insert or update rows of a table; all name the same columns."""
    kind = schema.metadata.tables[table]
    commit(warehouse, Merge(kind, schema.frame(kind, rows, rows[0])))


def put_team(warehouse: Warehouse, team_id: str = "acme", **columns: object) -> None:
    put(warehouse, "teams", {"team_id": team_id, "login": team_id, "status": "complete", **columns})


def put_run(
    warehouse: Warehouse,
    run_id: str,
    state: str,
    ended_at: datetime,
    flow: str = "refresh",
    team_id: str = "acme",
    **columns: object,
) -> None:
    """Put a run of ten minutes."""
    phase = {"onboarding": 1, "background": 2}.get(flow, 3)
    row = {
        "run_id": run_id,
        "team_id": team_id,
        "flow": flow,
        "phase": phase,
        "state": state,
        "stage": "complete",
        "started_at": ended_at - timedelta(minutes=10),
        "moved_at": ended_at,
        "ended_at": None if state == "running" else ended_at,
    }
    put(warehouse, "pipeline_runs", row | columns)


def put_repositories(warehouse: Warehouse, *names: str, status: str = "done", team_id: str = "acme") -> None:
    rows = [
        {
            "id": f"R_{name}",
            "team_id": team_id,
            "full_name": f"acme/{name}",
            "is_followed": True,
            "sync_status": status,
            "last_sync_error": None if status == "done" else "GitHub responded with 502.",
        }
        for name in names
    ]
    put(warehouse, "repositories", *rows)
