"""Whose turn an open pull request is, by what was done last."""

from datetime import UTC, datetime

import polars as pl
import pytest

from warehouse.metrics.waiting import decide_turns

Event = tuple[str, int]


def at(hour: int | None) -> datetime | None:
    return None if hour is None else datetime(2026, 8, 3, hour, tzinfo=UTC)


def turn(*reviews: Event, pushed: int | None = 1, said: int | None = None, ready: int = 2) -> tuple[str, int]:
    """Return whose turn it is, and since which hour, after reviews of a state at an hour."""
    types = {name: pl.Datetime("us", "UTC") for name in ("ready_at", "pushed_at", "author_at")}
    row = {"id": ["PR"], "ready_at": [at(ready)], "pushed_at": [at(pushed)], "author_at": [at(said)]}
    made = pl.DataFrame(
        {
            "pull_request_id": ["PR"] * len(reviews),
            "state": [state for state, _ in reviews],
            "submitted_at": [at(hour) for _, hour in reviews],
        },
        schema={"pull_request_id": pl.String, "state": pl.String, "submitted_at": pl.Datetime("us", "UTC")},
    )
    found = decide_turns(pl.DataFrame(row, schema={"id": pl.String, **types}), made).row(0, named=True)
    return found["turn"], found["turn_since"].hour


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (turn(), ("reviewer", 2)),
        (turn(pushed=5, said=6), ("reviewer", 2)),
        (turn(("COMMENTED", 4)), ("author", 4)),
        (turn(("CHANGES_REQUESTED", 4)), ("author", 4)),
        (turn(("CHANGES_REQUESTED", 4), pushed=5), ("reviewer", 5)),
        (turn(("COMMENTED", 4), said=6), ("reviewer", 6)),
        (turn(("APPROVED", 4)), ("merge", 4)),
        (turn(("APPROVED", 4), pushed=5), ("merge", 4)),
        (turn(("APPROVED", 4), ("COMMENTED", 6)), ("merge", 4)),
        (turn(("APPROVED", 4), ("CHANGES_REQUESTED", 6)), ("author", 6)),
        (turn(("CHANGES_REQUESTED", 4), ("APPROVED", 6)), ("merge", 6)),
        (turn(("COMMENTED", 4), pushed=None, ready=2), ("author", 4)),
    ],
)
def test_the_turn_follows_the_last_step(found: tuple[str, int], expected: tuple[str, int]) -> None:
    assert found == expected
