"""Rules, holidays and working hours of a team are set by several people at once: nobody's change is lost."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from warehouse.connection import Warehouse
from warehouse.identity.team_calendar import Asked, store_calendar
from warehouse.metrics.outcomes.team_rules import Rule
from warehouse.teams.settings import InvalidRule, apply_changes

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
TEAM = "acme"
DOCS, BOTS = (Rule.EXCLUDE_LABEL, "docs"), (Rule.EXCLUDE_AUTHOR, "builder")
XMAS = Asked(holidays=(date(2026, 12, 25),))
OFFICE = Asked(working_hours="mon-fri 9-17")


def values(warehouse: Warehouse) -> list[str]:
    return warehouse.read("SELECT value FROM team_settings ORDER BY value")["value"].to_list()


def interrupt(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse, other: Callable[[], None]) -> None:
    """Let another writer commit once, between the first work of a transaction and its commit."""
    transact, left = warehouse.transact, [other]

    def transact_late(work: Callable[..., None]) -> None:
        def late(cursor: object) -> None:
            work(cursor)
            while left:
                left.pop()()

        transact(late)

    monkeypatch.setattr(warehouse, "transact", transact_late)


@pytest.mark.parametrize("first", [[], [(Rule.BASE, "main")]], ids=["an empty table", "a rule is there"])
def test_a_rule_working_hours_and_holidays_that_are_set_at_once_are_all_kept(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, first: list[tuple[Rule, str]]
) -> None:
    apply_changes(warehouse, TEAM, first, [], NOW)
    store_calendar(warehouse, TEAM, Asked(working_hours="mon-thu 8-16"), NOW)
    with Warehouse(warehouse.settings) as second, Warehouse(warehouse.settings) as third:
        interrupt(monkeypatch, second, lambda: store_calendar(third, TEAM, XMAS, NOW))
        interrupt(monkeypatch, warehouse, lambda: apply_changes(second, TEAM, [DOCS], [], NOW))
        store_calendar(warehouse, TEAM, OFFICE, NOW)
    assert values(warehouse) == ["2026-12-25", "docs", *(value for _, value in first), "mon-fri 09:00-17:00"]


def test_a_rule_that_another_has_removed_is_not_removed_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_changes(warehouse, TEAM, [DOCS], [], NOW)
    with Warehouse(warehouse.settings) as second:
        interrupt(monkeypatch, warehouse, lambda: apply_changes(second, TEAM, [], [DOCS], NOW))
        with pytest.raises(InvalidRule, match="no rule exclude-label=docs"):
            apply_changes(warehouse, TEAM, [BOTS], [DOCS], NOW)
    assert values(warehouse) == []


def test_what_is_there_keeps_its_date(warehouse: Warehouse) -> None:
    later = NOW.replace(hour=13)
    for at in (NOW, later):
        apply_changes(warehouse, TEAM, [DOCS], [], at)
        store_calendar(warehouse, TEAM, XMAS, at)
    assert set(warehouse.read("SELECT set_at FROM team_settings")["set_at"]) == {NOW}
