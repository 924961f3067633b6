"""What moved a metric of reviews, and what did not: only reviews of the week count, whatever else came."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest

from tests.warehouse.history.world import compute, make
from tests.warehouse.metrics.tables import FIRST_MONDAY, moment
from warehouse.connection import Warehouse
from warehouse.history import basis
from warehouse.history.basis import change_basis
from warehouse.history.moved import Comparison, Moved, Scope, find_metrics, read_zone
from warehouse.history.said import find_report
from warehouse.measure import measure_again

NIGHT, NEXT, LATER = (moment(at) for at in ("Mon2 03:00", "Wed2 02:00", "Thu2 02:00"))
PULL_REQUESTS = "pr | by | opened | merged\n1 | ann | Mon 09:00 | -\n2 | ann | Mon 09:00 | -\n3 | ann | Mon 09:00 | -\n"
REVIEWS = """
    id | pr | by  | at         | state
    a  | 1  | bob | Tue 09:00  | COMMENTED
    b  | 3  | bob | Mon2 02:00 | COMMENTED
"""
AGAIN = f"{REVIEWS}    c | 1 | bob | Tue2 09:00 | COMMENTED\n"
MORE = f"{AGAIN}    d | 2 | eve | Thu 09:00 | COMMENTED\n    e | 3 | coderabbitai | Fri 09:00 | COMMENTED\n"


def report_on(warehouse: Warehouse) -> Comparison:
    report = find_report(warehouse, "acme", NIGHT.date(), LATER)
    return Comparison(warehouse, report, FIRST_MONDAY.date(), Scope(), read_zone(warehouse, "acme"))


def compare(warehouse: Warehouse, *names: str) -> Mapping[str, Moved]:
    return {one.metric.name: one for one in report_on(warehouse).compare(find_metrics(names))}


def unfollow(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = false")
    measure_again(warehouse, "acme", LATER)


def told(one: Moved) -> list[tuple[str, str | None, str]]:
    return [(cause.reason.value, cause.pull_request, cause.words) for cause in one.causes]


def test_only_a_review_of_the_week_is_a_reason(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    compute(warehouse, make(PULL_REQUESTS, reviews=REVIEWS), NIGHT)
    monkeypatch.setattr(basis, "ANCHORS_VERSION", basis.ANCHORS_VERSION + 1)
    compute(warehouse, make(PULL_REQUESTS, reviews=AGAIN), NEXT)
    for one in compare(warehouse, "submitted_reviews", "reviewers").values():
        assert not one.has_moved
        assert told(one) == [], "neither the review of a later week nor another version moved it"
    compute(warehouse, make(PULL_REQUESTS, reviews=MORE), LATER)
    ((reason, name, words),) = told(compare(warehouse, "submitted_reviews")["submitted_reviews"])
    assert (reason, name) == ("late review", "acme/api#2"), "a bot's review counts for nothing"
    assert words == "a review was fetched later: reviews count (0 then, 1 now)"


def test_a_week_that_is_cut_otherwise_is_no_new_data(warehouse: Warehouse) -> None:
    compute(warehouse, make(PULL_REQUESTS, reviews=REVIEWS), NIGHT)
    compute(warehouse, make(PULL_REQUESTS, reviews=REVIEWS, timezone="America/New_York"), NEXT)
    one = compare(warehouse, "submitted_reviews")["submitted_reviews"]
    assert [row["n"] for row in (one.then, one.now) if row] == [1, 2]
    assert told(one) == [
        ("changed setting", "acme/api#3", "it falls into another week: timezone America/New_York on 2026-08-12")
    ]


def test_a_renamed_repository_changes_no_setting(warehouse: Warehouse) -> None:
    compute(warehouse, make(PULL_REQUESTS), NIGHT)
    more = make(f"{PULL_REQUESTS}4 | ann | Sun 09:00 | -\n")
    renamed = more.repositories.with_columns(full_name=pl.lit("acme/www"))
    compute(warehouse, replace(more, repositories=renamed), NEXT)
    one = compare(warehouse, "opened_prs")["opened_prs"]
    assert told(one) == [("new data", "acme/www#4", "it was not fetched yet")]
    unfollow(warehouse)
    compared = report_on(warehouse)
    assert [(change.name, change.words) for change in compared.settings] == [
        ("repository", "repository acme/www was removed on 2026-08-13")
    ]


def test_the_name_of_a_repository_that_an_earlier_version_kept_is_no_change(warehouse: Warehouse) -> None:
    compute(warehouse, make(PULL_REQUESTS), NIGHT)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE counted_with SET value = 'acme/api' WHERE name = 'repository'")
    assert change_basis(warehouse, "acme", NEXT) == []


def test_the_metrics_of_issues_can_be_asked_for_and_their_definitions_are_kept(warehouse: Warehouse) -> None:
    assert [metric.name for metric in find_metrics(["issue_share"])] == ["issue_share"]
    compute(warehouse, make(PULL_REQUESTS), NIGHT)
    kept = warehouse.read("SELECT name FROM counted_with WHERE kind = 'definition'")["name"]
    assert {"issue_share", "unplanned_share"} <= set(kept)
