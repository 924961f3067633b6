"""The reviews of a person are those that the metrics count."""

from datetime import timedelta

import polars as pl

from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY, make_facts
from warehouse.connection import Warehouse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.samples import compute_reviews
from warehouse.reads.overview import read_review_load

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


def test_a_review_counts_if_a_human_submitted_it_on_a_pull_request_of_another_human(warehouse: Warehouse) -> None:
    store(warehouse, TEAM)
    load = read_review_load(warehouse, "acme", (), FIRST_MONDAY, AS_OF)
    weeks = [FIRST_MONDAY.date(), FIRST_MONDAY.date() + timedelta(weeks=1)]
    assert load.select("login", "week_start", "reviews").rows() == [
        ("Bob", weeks[0], 1),
        ("Bob", weeks[1], 1),
        ("dora", weeks[0], 1),
        ("ghost", weeks[0], 1),
    ]


def test_the_load_is_the_number_of_reviews_that_the_metrics_count(warehouse: Warehouse) -> None:
    store(warehouse, TEAM)
    load = read_review_load(warehouse, "acme", (), FIRST_MONDAY, AS_OF).group_by("login").agg(pl.col("reviews").sum())
    counted = compute_reviews(TEAM, compute_pull_request_metrics(TEAM, AS_OF)).filter(~pl.col("is_bot"))
    by_metric = counted.group_by("reviewer_id").agg(reviews=pl.len())
    assert {f"@{login.lower()}": reviews for login, reviews in load.iter_rows()} == dict(by_metric.iter_rows())
