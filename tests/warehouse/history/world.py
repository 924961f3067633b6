"""A team whose numbers are computed on several days, each kept."""

from dataclasses import replace
from datetime import datetime

from tasks.measure import write_metrics
from tests.tasks.stored_team import RUN, store
from tests.warehouse.metrics.tables import make_facts
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.facts import Facts
from warehouse.store import Replace, commit

LIVE = replace(RUN, is_as_of_fixed=False)


def make(pull_requests: str, **tables: str) -> Facts:
    """Make facts of a repository that was scanned to the end."""
    return make_facts(repositories="repo | until\nR1 | Sun9 00:00", pull_requests=pull_requests, **tables)


def compute(warehouse: Warehouse, facts: Facts, at: datetime, fetched_at: datetime | None = None) -> None:
    """Store the facts, fetched at a time, and compute all numbers."""
    settings = warehouse.read("SELECT * FROM team_settings")
    store(warehouse, facts)
    commit(warehouse, Replace(schema.team_settings, settings, {"team_id": []}))
    fetch(warehouse, facts.pull_requests["id"].to_list(), fetched_at or at)
    write_metrics(warehouse, LIVE, at)


def fetch(warehouse: Warehouse, keys: list[str], at: datetime) -> None:
    """Say when these pull requests were fetched."""
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE pull_requests SET fetched_at = ? WHERE list_contains(?, id)", [at, keys])
