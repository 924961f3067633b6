"""A team of N pull requests whose rows are written directly, and the GitHub that it is synced with.

Fetching a million pull requests from the simulated GitHub would take hours. So the rows of `benchmarks.metrics` are
written as if a sync had, and the simulated GitHub has the same repositories, with only what is opened later.
"""

import os
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.dashboard.large_team import TEAM, fill
from benchmarks.metrics.drawing import AS_OF, REPOSITORIES
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from tasks.github.api.queries.pull_requests import FIELDS_VERSION
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

QUIET, BUSY = AS_OF + timedelta(days=2), AS_OF + timedelta(days=3)
"""When the nights are. The last sync was a day before the first."""
BUSY_COUNT = 1_000
# Numbers of later pull requests, above those of all that are drawn.
FIRST_NUMBER = 10_000_000
KEY = "scale"


def settings_of(home: Path, s3_port: int) -> WarehouseSettings:
    """Return the settings of a warehouse whose data files lie on the simulated S3."""
    os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "scale-secret"}
    return WarehouseSettings(
        home=home,
        warehouse_catalog="",
        warehouse_data=f"s3://lake/{home.name}",
        s3_endpoint=f"http://127.0.0.1:{s3_port}",
        s3_region="eu-central-1",
    )


def make_team(settings: WarehouseSettings, pull_requests: int) -> None:
    """Store the team, its numbers, and what a sync would have noted: that all is done, and when."""
    with Warehouse(settings) as warehouse:
        fill(warehouse, pull_requests)
        warehouse.transact(_note)


def _note(cursor: duckdb.DuckDBPyConnection) -> None:
    for sql in _NOTED:
        cursor.execute(sql)


_NOTED = (
    f"UPDATE pull_requests SET fields_version = {FIELDS_VERSION}, fetched_at = updated_at + INTERVAL 1 DAY",
    "UPDATE repositories SET full_name = 'acme/' || lower(id), name = lower(id), "
    f"watermark_at = TIMESTAMPTZ '{QUIET - timedelta(days=1)}', deliveries_read_at = TIMESTAMPTZ '{QUIET}'",
    "INSERT INTO sync_items "
    "(team_id, repository_id, pull_request_id, number, phase, updated_at, state, attempts, done_at) "
    "SELECT team_id, repository_id, id, number, 1, updated_at, 'done', 0, updated_at FROM pull_requests",
)


def make_github() -> Organisation:
    """Make the team's GitHub: its repositories, and nobody but two people."""
    born = records.iso((AS_OF - timedelta(days=900)).timestamp())
    owner = records.actor("Organization", 500, TEAM, TEAM.capitalize(), born)
    people = [records.actor("User", 600 + place, name, name, born) for place, name in enumerate(("ann", "bob"))]
    organisation = Organisation(owner, people[0], records.iso(AS_OF.timestamp()))
    for person in people:
        organisation.add_member(person)
    for place in range(REPOSITORIES):
        organisation.add_repository(records.repository(owner, 1_000 + place, f"r{place}", born) | {"id": f"R{place}"})
    return organisation


def open_many(organisation: Organisation) -> None:
    """Open BUSY_COUNT pull requests in the hours before the busy night; each has a review and a comment."""
    for place in range(BUSY_COUNT):
        name = f"{TEAM}/r{place % REPOSITORIES}"
        at = records.iso((BUSY - timedelta(minutes=5 + place % 600)).timestamp())
        number = organisation.add(name, at, f"Change {place}", "ann", body="Because it has to be so. " * 12)["number"]
        organisation.review(name, number, "bob", at, "APPROVED")
        organisation.comment(name, number, "ann", at, "Thanks")
