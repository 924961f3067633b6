"""The open pull requests of the Overview are those that its insight speaks of, however long the history is."""

import polars as pl
import pytest

from tests.tasks.stored_team import store
from tests.warehouse.insights.team import look
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.insights import waiting_pull_requests
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.reads.pull_requests import PullRequestQuery, read_waiting
from warehouse.store import Replace, commit


def make_team(history_from: str) -> Facts:
    return make_facts(
        repositories=f"""
            repo | full_name | from
            R1   | acme/api  | {history_from}
        """,
        pull_requests="""
            pr | by      | opened       | is_draft
            1  | ann     | Mon2 00:00   | no
            2  | ann     | Mon-20 00:00 | no
            3  | ann     | Mon-90 00:00 | no
            4  | ann     | Mon-90 00:00 | no
            5  | ann     | Mon-80 00:00 | no
            6  | ann     | Mon1 00:00   | no
            7  | ann     | Mon1 00:00   | yes
            8  | rustbot | Mon1 00:00   | no
        """,
        comments="""
            pr | at
            4  | Mon0 00:00
        """,
        reviews="""
            pr | at
            5  | Mon-80 01:00
            6  | Mon2 00:00
        """,
    )


def measure(warehouse: Warehouse, facts: Facts) -> None:
    store(warehouse, facts)
    rows = compute_pull_request_metrics(facts, AS_OF)
    commit(warehouse, Replace(schema.pull_request_metrics, rows, {"team_id": facts.team_id}))


@pytest.mark.parametrize("history_from", ["Mon-102 00:00", "Mon-10 00:00"], ids=["24 months", "90 days"])
def test_the_panel_and_the_insight_mean_the_same_pull_requests(warehouse: Warehouse, history_from: str) -> None:
    facts = make_team(history_from)
    measure(warehouse, facts)
    rows = read_waiting(warehouse, "acme", PullRequestQuery(include_bots=False))
    [finding] = waiting_pull_requests.find(look(facts, AS_OF))
    assert finding.pull_request_ids == ["4", "1"]
    assert rows.filter("is_unreviewed", ~pl.col("is_forgotten"))["id"].to_list() == finding.pull_request_ids
    assert finding.detail.endswith("and so are 2 that nobody has touched for 90 days.")
    assert set(rows.filter("is_unreviewed", "is_forgotten")["id"]) == {"2", "3"}


def test_the_longest_wait_is_on_top_and_what_nobody_touches_comes_last(warehouse: Warehouse) -> None:
    measure(warehouse, make_team("Mon-102 00:00"))
    rows = read_waiting(warehouse, "acme", PullRequestQuery(include_bots=False))
    assert rows["id"].to_list() == ["4", "1", "6", "3", "2", "5"]
    assert rows["is_forgotten"].to_list() == [False, False, False, True, True, True]


def test_a_pull_request_that_is_not_measured_yet_is_as_old_as_its_last_update(warehouse: Warehouse) -> None:
    facts = make_team("Mon-102 00:00")
    store(warehouse, facts)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE pull_requests SET updated_at = created_at WHERE id = '3'")
    rows = compute_pull_request_metrics(facts, AS_OF).filter(pl.col("pull_request_id") != "3")
    commit(warehouse, Replace(schema.pull_request_metrics, rows, {"team_id": "acme"}))
    found = read_waiting(warehouse, "acme", PullRequestQuery(include_bots=False))
    assert found.filter("is_forgotten")["id"].to_list() == ["3", "2", "5"]
