"""Facts in shares of repositories: the same rows as all at once."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.metrics.drawing import AS_OF, Drawing
from tests.warehouse.metrics.tables import AS_OF as WEDNESDAY
from tests.warehouse.metrics.tables import make_facts
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.life import prepared
from warehouse.metrics.life.shares import split_by_repository
from warehouse.metrics.measured import measure_all
from warehouse.metrics.weekly import compute_weekly, compute_weeks


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(KEY, *(name for name in ("place",) if name in rows.columns))


def measure_in_shares(monkeypatch: pytest.MonkeyPatch, facts: Facts, at_most: int) -> list[pl.DataFrame]:
    with monkeypatch.context() as patched:
        patched.setattr(prepared, "split_by_repository", lambda all_, _: split_by_repository(all_, at_most))
        return [ordered(rows) for rows in measure_pull_requests(facts, AS_OF)]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Draw eight repositories, and reviews, commits and files of pull requests that are not there."""
    drawn = Drawing(400).make()
    names = [f"R{place}" for place in range(8)]
    return replace(
        drawn,
        repositories=drawn.repositories.filter(pl.col("id").is_in(names)),
        pull_requests=drawn.pull_requests.filter(pl.col("repository_id").is_in(names)),
        has_people_views=True,
    )


@pytest.mark.parametrize("at_most", [1, 20])
def test_shares_give_the_same_rows_as_all_at_once(monkeypatch: pytest.MonkeyPatch, facts: Facts, at_most: int) -> None:
    complete = [ordered(rows) for rows in measure_pull_requests(facts, AS_OF)]
    for rows, expected in zip(measure_in_shares(monkeypatch, facts, at_most), complete, strict=True):
        assert rows.equals(expected)


def test_weekly_numbers_from_shares_are_those_from_all_rows_at_once(
    monkeypatch: pytest.MonkeyPatch, facts: Facts
) -> None:
    pull_requests, _ = measure_pull_requests(facts, AS_OF)
    expected = compute_weekly(facts, pull_requests, AS_OF)
    monkeypatch.setattr(prepared, "split_by_repository", lambda all_, _: split_by_repository(all_, 20))
    made = measure_all(facts, AS_OF)
    found = compute_weeks(facts, made.samples, AS_OF)
    assert ordered(made.pull_requests).equals(ordered(pull_requests))
    key = ["scope", "scope_id", "week_start"]
    assert found.calendar.sort(key).equals(expected.calendar.sort(key))
    assert found.values.sort(*key, "metric").equals(expected.values.sort(*key, "metric"))
    assert found.values["scope"].n_unique() == 3


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["R1", "R2", "R3", "R4"]), min_size=1, max_size=12), st.integers(1, 6))
def test_each_pull_request_is_in_one_share_with_all_that_is_its_own(repositories: list[str], at_most: int) -> None:
    opened = "\n".join(f"{number} | {name} | Mon 09:00" for number, name in enumerate(repositories, start=1))
    reviews = "\n".join(f"{number} | Tue 09:00" for number in range(1, len(repositories) + 1))
    facts = make_facts(pull_requests=f"pr | repo | opened\n{opened}", reviews=f"pr | at\n{reviews}")
    shares = list(split_by_repository(facts, at_most))
    rows = pl.concat(share.pull_requests.cast({"id": pl.String}) for share in shares)
    assert rows.sort("id").equals(facts.pull_requests.sort("id"))
    for share in shares:
        assert share.pull_requests.height <= at_most or share.pull_requests["repository_id"].n_unique() == 1
        assert set(share.reviews[KEY]) == set(share.pull_requests["id"])
        assert set(share.reviews[KEY]) <= set(facts.reviews[KEY])
        assert share.pull_requests.sort("id")["id"].to_list() == sorted(share.pull_requests["id"].to_list()), "as text"
        assert share.people is facts.people


def test_who_is_a_bot_is_decided_for_all_repositories_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = make_facts(
        repositories="repo\nR1\nR2",
        pull_requests="""
            pr | repo | by  | author_kind | opened    | merged
            1  | R1   | cat | Bot         | Mon 09:00 | Tue 09:00
            2  | R2   | cat | User        | Mon 09:00 | Tue 09:00
        """,
    )
    found = measure_in_shares(monkeypatch, facts, 1)[0]
    assert found["author_lane"].to_list() == ["automation", "automation"]
    assert WEDNESDAY > AS_OF
