"""Dismissed insights: until a day, for what they are about, and not for ever."""

from datetime import UTC, date, datetime, timedelta

import pytest

from warehouse.connection import Warehouse
from warehouse.decisions.dismissals import UnknownInsight, dismiss_insight, take_back_dismissal
from warehouse.errors import BadArgument
from warehouse.reads.insights import read_all_insights, read_insights
from warehouse.schema import frame, insights
from warehouse.store import Replace, commit

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
TODAY = NOW.date()
LATER = date(2026, 12, 1)


def insight(detector: str, scope_id: str = "t", **more: object) -> dict[str, object]:
    scope = "team" if scope_id == "t" else "repository"
    metric = more.get("metric")
    return {
        "id": f"t:{detector}:{metric or '-'}:{scope_id}", "team_id": "t", "detector": detector, "rank": 1,
        "severity": "warning", "title": detector, "scope": scope, "scope_id": scope_id, "as_of": NOW,
    } | more  # fmt: skip


def store(warehouse: Warehouse, *rows: dict[str, object]) -> None:
    commit(warehouse, Replace(insights, frame(insights, rows), {"team_id": "t"}))


def shown(warehouse: Warehouse, on: date = TODAY) -> list[str]:
    return sorted(read_insights(warehouse, "t", on)["title"])


def test_a_dismissed_insight_is_shown_again_from_its_day_on(warehouse: Warehouse) -> None:
    store(warehouse, insight("slow"), insight("waits"))
    dismiss_insight(warehouse, "t", "t:slow:-:t", LATER, NOW, None)
    assert shown(warehouse) == ["waits"]
    assert shown(warehouse, LATER - timedelta(days=1)) == ["waits"]
    assert shown(warehouse, LATER) == ["slow", "waits"]
    everything = read_all_insights(warehouse, "t", TODAY)
    assert dict(everything.select("title", "dismissed_until").iter_rows()) == {"slow": LATER, "waits": None}


def test_a_dismissal_is_of_one_repository_and_metric_and_survives_the_next_computation(warehouse: Warehouse) -> None:
    rows = [insight("slow", scope, metric=metric) for scope in ("t", "R_1", "R_2") for metric in ("a", "b")]
    store(warehouse, *rows)
    dismiss_insight(warehouse, "t", "t:slow:a:R_1", LATER, NOW, "ada@example.com")
    renamed = [row | {"id": f"new {row['id']}", "title": f"{row['scope_id']} {row['metric']}"} for row in rows]
    store(warehouse, *renamed)
    assert shown(warehouse) == ["R_1 b", "R_2 a", "R_2 b", "t a", "t b"]
    (by,) = read_all_insights(warehouse, "t", TODAY)["dismissed_by"].drop_nulls()
    assert by == "ada@example.com"


def test_a_dismissal_can_be_changed_and_taken_back(warehouse: Warehouse) -> None:
    store(warehouse, insight("slow"))
    dismiss_insight(warehouse, "t", "t:slow:-:t", LATER, NOW, None)
    dismiss_insight(warehouse, "t", "t:slow:-:t", LATER + timedelta(days=9), NOW, None)
    assert shown(warehouse, LATER) == []
    take_back_dismissal(warehouse, "t", "t:slow:-:t")
    take_back_dismissal(warehouse, "t", "t:slow:-:t")
    assert shown(warehouse) == ["slow"]


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=366)])
def test_a_day_that_is_no_later_day_of_the_next_year_is_refused(warehouse: Warehouse, until: date) -> None:
    store(warehouse, insight("slow"))
    with pytest.raises(BadArgument, match="after today and within a year"):
        dismiss_insight(warehouse, "t", "t:slow:-:t", until, NOW, None)
    assert shown(warehouse) == ["slow"]


def test_what_is_not_there_or_another_teams_cannot_be_dismissed(warehouse: Warehouse) -> None:
    store(warehouse, insight("slow"))
    for team_id, insight_id in (("t", "nonsense"), ("other", "t:slow:-:t")):
        with pytest.raises(UnknownInsight):
            dismiss_insight(warehouse, team_id, insight_id, LATER, NOW, None)
