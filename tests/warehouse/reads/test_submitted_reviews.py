"""The reviews of a person are those that the metrics count."""

import polars as pl
from polars.testing import assert_frame_equal

from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.life.reviews import compute_reviews
from warehouse.reads.reviews import read_submitted_reviews
from warehouse.store import Replace, commit

TEAM = make_facts(
    people="""
        login | is_bot
        carl  | yes
        dora  | no
    """,
    pull_requests="""
        pr | by      | opened
        1  | ann     | Mon 09:00
        2  | rustbot | Mon 09:00
        3  | ghost   | Mon 09:00
        4  | carl    | Mon 09:00
    """,
    reviews="""
        id | pr | by           | state    | at
        1  | 1  | bob          | APPROVED | Tue 09:00
        2  | 1  | Bob          | APPROVED | Tue2 09:00
        3  | 1  | Ann          | APPROVED | Tue 09:00
        4  | 1  | coderabbitai | APPROVED | Tue 09:00
        5  | 1  | carl         | APPROVED | Tue 09:00
        6  | 1  | bob          | PENDING  | Tue 09:00
        7  | 2  | bob          | APPROVED | Tue 09:00
        8  | 3  | ghost        | APPROVED | Tue 09:00
        9  | 3  | dora         | APPROVED | Tue 09:00
        10 | 4  | dora         | APPROVED | Tue 09:00
        11 | 1  | ghost        | APPROVED | Tue 09:00
    """,
)


def test_the_reviews_of_pages_are_those_that_the_metrics_count(warehouse: Warehouse) -> None:
    store(warehouse, TEAM)
    metrics = compute_pull_request_metrics(TEAM, AS_OF)
    commit(warehouse, Replace(schema.pull_request_metrics, metrics, {"team_id": "acme"}))
    read = read_submitted_reviews(warehouse, "acme")
    order = ["pull_request_id", "reviewer_id", "submitted_at"]
    assert_frame_equal(read.sort(order), compute_reviews(TEAM, metrics).sort(order))
    counted = read.filter(~pl.col("is_bot")).group_by("reviewer_id").agg(pl.len()).sort("reviewer_id")
    assert counted.rows() == [("@bob", 2), ("@dora", 1), ("@ghost", 1)]
