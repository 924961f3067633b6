"""Like is compared with like: what changes is the time that the same people take in the same repository."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.insights.comparison import add_interval, compare, strata

TEXT = st.sampled_from(["api", "web"]), st.sampled_from(["ann", "bob", "cid"])
ROWS = st.lists(st.tuples(*TEXT, st.integers(0, 7), st.floats(-3, 3)), min_size=1, max_size=80)


def make_rows(rows: list[tuple[str, str, int, float]]) -> pl.DataFrame:
    """Make rows of a team: repository, author, week (recent from 4 on), y."""
    frame = pl.DataFrame(rows, schema=["repository_id", "author", "week", "y"], orient="row")
    frame = frame.with_columns(metric=pl.lit("m"), scope_id=pl.lit("acme"), is_recent=pl.col("week") >= 4)
    return strata(frame.cast({"y": pl.Float64, "week": pl.Int64}))


def steady(
    repository: str, author: str, before: float, recent: float, weeks: range = range(8)
) -> list[tuple[str, str, int, float]]:
    return [
        (repository, author, week, (recent if week >= 4 else before) + wobble)
        for week in weeks
        for wobble in (-0.1, 0.1)
    ]


def test_the_difference_is_that_of_the_same_people_in_the_same_repository() -> None:
    rows = make_rows([*steady("api", "ann", 1.0, 2.0), *steady("web", "bob", 5.0, 6.0)])
    [found] = add_interval(compare(rows), pl.lit(0.0)).to_dicts()
    assert found["difference"] == pytest.approx(1.0)
    assert found["low"] < 1.0 < found["high"]


def test_more_work_in_a_slow_repository_and_new_people_are_no_difference() -> None:
    quick, slow = steady("api", "ann", 1.0, 1.0), steady("web", "bob", 5.0, 5.0)
    more = steady("web", "bob", 5.0, 5.0, range(4, 8)) * 5
    newcomer = steady("api", "cid", 4.0, 4.0, range(4, 8))
    [found] = compare(make_rows([*quick, *slow, *more, *newcomer])).to_dicts()
    assert found["difference"] == pytest.approx(0.0)


def test_authors_of_few_pull_requests_are_compared_as_one() -> None:
    rows = [("api", f"person-{week}-{place}", week, 1.0 + (week >= 4)) for week in range(8) for place in range(2)]
    [found] = compare(make_rows(rows)).to_dicts()
    assert found["difference"] == pytest.approx(1.0)


def test_weeks_that_are_slow_as_a_whole_widen_the_interval() -> None:
    """A hundred pull requests of one bad week say little more than ten."""

    def with_weeks(spread: float) -> dict[str, float]:
        rows = [("api", "ann", week, spread * (week % 2) + wobble / 10) for week in range(8) for wobble in range(-5, 6)]
        compared = compare(make_rows(rows))
        [found] = add_interval(compared, pl.max_horizontal("week_effect", pl.lit(0.0))).to_dicts()
        return found

    calm, uneven = with_weeks(0.0), with_weeks(1.0)
    assert uneven["week_effect"] == pytest.approx(0.3, abs=0.02)
    assert uneven["high"] - uneven["low"] > 3 * (calm["high"] - calm["low"])


def test_two_weeks_are_not_compared() -> None:
    assert compare(make_rows(steady("api", "ann", 1.0, 2.0, range(3, 5)))).is_empty()


def test_where_nothing_varies_the_interval_is_the_difference() -> None:
    rows = [("api", "ann", week, float(week >= 4)) for week in range(8)]
    [found] = add_interval(compare(make_rows(rows)), pl.lit(0.0)).to_dicts()
    assert (found["difference"], found["low"], found["high"]) == (1.0, 1.0, 1.0)


@given(ROWS, st.randoms())
def test_the_order_of_rows_decides_nothing(rows: list[tuple[str, str, int, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (add_interval(compare(make_rows(order)), pl.lit(0.1)) for order in (rows, shuffled))
    assert one.height == other.height
    for name in ("difference", "low", "high"):
        assert one[name].to_list() == pytest.approx(other[name].to_list(), nan_ok=True)


@given(ROWS)
def test_turned_round_a_rise_is_a_fall(rows: list[tuple[str, str, int, float]]) -> None:
    turned = [(repository, author, week, -y) for repository, author, week, y in rows]
    one, other = (add_interval(compare(make_rows(order)), pl.lit(0.1)) for order in (rows, turned))
    assert one["low"].to_list() == pytest.approx([-value for value in other["high"]])
