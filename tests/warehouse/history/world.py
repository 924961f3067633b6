"""A team whose numbers are computed on several days, each kept."""

from dataclasses import replace
from datetime import datetime
from random import Random

import polars as pl

from tasks.measure import write_metrics
from tests.tasks.stored_team import RUN, store
from tests.warehouse.metrics.tables import make_facts
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.history.differences import Rows, Weeks
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.facts import Facts
from warehouse.metrics.weekly import compute_weekly
from warehouse.read_facts import read_facts
from warehouse.schema import key_of, metadata
from warehouse.store import Replace, commit

TABLES = ("pull_request_metrics", "turns", "weekly_values", "weekly_calendar")
LIVE = replace(RUN, is_as_of_fixed=False)


def make(pull_requests: str, **tables: str) -> Facts:
    """Make facts of a repository that was scanned to the end."""
    return make_facts(repositories="repo | until\nR1 | Sun9 00:00", pull_requests=pull_requests, **tables)


def draw(random: Random) -> Facts:
    """Draw a team of which anything may differ from one day to the next: what is there, its times and states."""
    rows, reviews = [], []
    for number in range(1, 9):
        if random.random() < 0.15:
            continue
        merged = random.choice(["-", "Thu 10:00", "Sat 12:00", "Tue2 01:00"])
        lines, by = random.choice([10, 600]), random.choice(["ann", "renovate"] if number == 1 else ["ann"])
        rows.append(f"{number} | {by} | Mon 0{number}:00 | {merged} | {lines}")
        for place in range(random.randrange(3)):
            state = random.choice(["APPROVED", "COMMENTED", "DISMISSED"])
            at = random.choice(["Tue 09:00", "Wed 09:00", "Mon2 01:00"])
            reviews.append(f"{number}-{place} | {number} | bob | {at} | {state}")
    head = "pr | by | opened | merged | additions"
    return make("\n".join([head, *rows]), reviews="\n".join(["id | pr | by | at | state", *reviews]))


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


def compute_all(warehouse: Warehouse, at: datetime) -> list[pl.DataFrame]:
    """Compute all numbers of what is stored at once: the rows of `TABLES`, as `frames_stored` gives them."""
    facts = read_facts(warehouse, "acme")
    pull_requests, turns = measure_pull_requests(facts, at)
    weekly = compute_weekly(facts, pull_requests, at)
    return _in_order([pull_requests, turns, weekly.values, weekly.calendar])


def frames_stored(warehouse: Warehouse) -> list[pl.DataFrame]:
    """Read the rows of the four tables in order, without the time as of which each was computed."""
    weeks = Weeks.stored(warehouse, "acme")
    rows = Rows.stored(warehouse, "acme", warehouse.read("SELECT id FROM repositories")["id"].to_list())
    return _in_order([rows.pull_requests, rows.turns, weeks.values, weeks.calendar])


def _in_order(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    return [
        rows.drop("as_of", strict=False).sort(*key_of(metadata.tables[name]))
        for name, rows in zip(TABLES, frames, strict=True)
    ]
