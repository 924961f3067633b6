"""An insight begins, lasts, is resolved, is forgotten, and may come back."""

from datetime import UTC, datetime, timedelta

import polars as pl

from warehouse import schema
from warehouse.insights.lives import KEPT_FOR, merge_known

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)
NIGHT = timedelta(days=1)


def find(*ids: str) -> pl.DataFrame:
    return schema.frame(schema.insights, [{"id": key, "team_id": "acme", "title": key} for key in ids])


def life(rows: pl.DataFrame, key: str) -> tuple[datetime | None, ...]:
    """Return when it was first seen, last seen and resolved."""
    [row] = rows.filter(pl.col("id") == key).select("first_seen_at", "last_seen_at", "resolved_at").rows()
    return row


def test_what_is_found_again_keeps_its_beginning() -> None:
    one = merge_known(find("a"), find(), MONDAY)
    two = merge_known(find("b", "a"), one, MONDAY + NIGHT)
    assert life(two, "a") == (MONDAY, MONDAY + NIGHT, None)
    assert life(two, "b") == (MONDAY + NIGHT, MONDAY + NIGHT, None)
    assert two["id"].to_list() == ["b", "a"]


def test_what_is_not_found_any_more_is_resolved_once_and_forgotten_after_a_quarter() -> None:
    rows = merge_known(find("a"), find(), MONDAY)
    for night in (1, 2, 3):
        rows = merge_known(find(), rows, MONDAY + night * NIGHT)
        assert life(rows, "a") == (MONDAY, MONDAY, MONDAY + NIGHT)
    assert merge_known(find(), rows, MONDAY + NIGHT + KEPT_FOR).is_empty()


def test_what_comes_back_begins_anew() -> None:
    rows = merge_known(find(), merge_known(find("a"), find(), MONDAY), MONDAY + NIGHT)
    assert life(merge_known(find("a"), rows, MONDAY + 2 * NIGHT), "a") == (MONDAY + 2 * NIGHT, MONDAY + 2 * NIGHT, None)
