"""What is changed again soon: judged once three weeks are over, and not by releases, which list everybody's files."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl

from warehouse.metrics.outcomes.retouched import find_retouched

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
Merged = tuple[str, int, str]


def found(*merged: Merged, releases: tuple[str, ...] = ()) -> dict[str, bool | None]:
    """Return `is_retouched` by pull request; each is its id, how many days ago it was merged, and its file."""
    rows = {(one, "R", AS_OF - timedelta(days=days)) for one, days, _ in merged}
    facts: Any = SimpleNamespace(
        pull_requests=pl.DataFrame(sorted(rows), schema=["id", "repository_id", "merged_at"], orient="row"),
        files=pl.DataFrame([(one, path) for one, _, path in merged], schema=["pull_request_id", "path"], orient="row"),
    )
    excluded = pl.DataFrame(
        sorted({(one, one in releases, "release" if one in releases else None) for one, _, _ in merged}),
        schema={"pull_request_id": pl.String, "is_release": pl.Boolean, "excluded_by": pl.String},
        orient="row",
    )
    return dict(find_retouched(facts, excluded, AS_OF).iter_rows())


def test_what_was_changed_again_within_three_weeks_counts_once_they_are_over() -> None:
    assert found(("old", 60, "a.py"), ("again", 50, "a.py"), ("late", 25, "a.py")) == {
        "old": True,
        "again": False,
        "late": False,
    }


def test_those_of_the_last_three_weeks_are_not_judged_changed_or_not() -> None:
    assert found(("one", 10, "a.py"), ("two", 5, "a.py"), ("three", 4, "b.py")) == dict.fromkeys(
        ("one", "two", "three")
    )


def test_a_release_changes_nothing_again_and_hides_nothing_behind_it() -> None:
    rows = (("one", 60, "a.py"), ("two", 60, "b.py"), ("release", 55, "a.py"), ("fix", 50, "a.py"))
    assert found(*rows, ("release", 55, "b.py"), releases=("release",)) == {
        "one": True,
        "two": False,
        "release": True,
        "fix": False,
    }
