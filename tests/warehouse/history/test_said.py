"""What is read back of a day is what stood in the tables then, whatever changed since."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tests.warehouse.history.world import compute, compute_all, draw, frames_stored, make
from tests.warehouse.metrics.tables import FIRST_MONDAY, moment
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.history.keep import VALUES
from warehouse.history.moved import Comparison, Scope, find_metrics
from warehouse.history.reasons import Reason
from warehouse.history.said import NothingSaid, find_report, go_back, read_pull_requests_now, read_values_at
from warehouse.metrics.facts import KEY
from warehouse.migrations.steps import upgrade_by_steps
from warehouse.settings import WarehouseSettings
from warehouse.store import Replace, commit

DAYS = [moment("Mon2 02:00") + timedelta(days=day) for day in range(4)]
WEEKS = [FIRST_MONDAY.date() + timedelta(weeks=week) for week in range(2)]
NOT_COMPARED = ("as_of", "author_login", "requested_by_login", "merged_by_login")


def values(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return rows.filter(pl.col("n") > 0).select("metric", *VALUES).sort("metric").rows()


def comparable(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """Leave out what grows while a pull request is open, and names."""
    growing = [name for name in rows.columns if name.startswith("waiting_on") or name == "draft_hours"]
    return rows.drop(*NOT_COMPARED, *growing, "title", strict=False).sort(KEY).rows()


def test_each_day_is_read_back_as_it_was_stored(warehouse: Warehouse) -> None:
    random = Random(4)
    stored: dict[datetime, tuple[dict[date, list[tuple[object, ...]]], list[tuple[object, ...]]]] = {}
    for day in DAYS:
        compute(warehouse, draw(random), day)
        told, expected = frames_stored(warehouse), compute_all(warehouse, day)
        assert all(one.equals(other) for one, other in zip(told, expected, strict=True)), "of what changed alone"
        team = "SELECT * FROM weekly_metrics WHERE scope = 'team' AND week_start = ?"
        stored[day] = (
            {week: values(warehouse.read(team, [week])) for week in WEEKS},
            comparable(read_pull_requests_now(warehouse, "acme")),
        )
    for day, (weekly, pull_requests) in stored.items():
        report = find_report(warehouse, "acme", day.date(), DAYS[-1] + timedelta(hours=1))
        assert report.said_at == day
        for week, expected in weekly.items():
            assert values(read_values_at(warehouse, report, week, "team", None)) == expected
        then = go_back(warehouse, report, read_pull_requests_now(warehouse, "acme"))
        assert comparable(then) == pull_requests


def test_each_value_is_said_from_the_end_of_the_one_before(warehouse: Warehouse) -> None:
    for day, merged in zip(DAYS, ("Thu 10:00", "Fri 10:00", "Sat 10:00"), strict=False):
        compute(warehouse, make(f"pr | opened | merged\n1 | Mon 09:00 | {merged}"), day)
    sql = (
        "SELECT said_from, said_until, round(value) FROM weekly_metrics_history "
        "WHERE metric = 'time_to_merge_p50_hours' AND scope = 'team' ORDER BY said_until"
    )
    assert warehouse.read(sql).rows() == [(None, DAYS[1], 73.0), (DAYS[1], DAYS[2], 97.0)]


def test_what_was_kept_of_people_goes_when_a_team_allows_no_numbers_per_person(warehouse: Warehouse) -> None:
    kept = "SELECT count(*) AS n FROM weekly_metrics_history WHERE scope = 'person'"
    people = [make("pr | opened | merged\n1 | Mon 09:00 | Tue 09:00", has_people_views=True)]
    people += [make("pr | opened | merged\n1 | Mon 09:00 | -", has_people_views=allowed) for allowed in (True, False)]
    counts = []
    for day, facts in zip(DAYS, people, strict=False):
        compute(warehouse, facts, day)
        counts.append(warehouse.read(kept)["n"].item())
    assert counts[1] > 0
    assert (counts[0], counts[2]) == (0, 0)


@pytest.mark.slow
def test_the_history_of_an_older_warehouse_begins_with_its_last_numbers(tmp_path: Path) -> None:
    settings = WarehouseSettings(home=tmp_path / "old", warehouse_catalog="", warehouse_data="")
    with Warehouse(settings) as warehouse:
        before = next(
            one for one, two in zip(migrations.revisions(), migrations.revisions()[1:], strict=False) if two == STEP
        )
        upgrade_by_steps(warehouse, before)
        row = {"team_id": "acme", "week_start": WEEKS[0], "scope": "team", "scope_id": "acme", "as_of": DAYS[1]}
        row |= {"metric": "merged_prs", "value": 7.0, "n": 7, "is_complete": True, "is_partial": False}
        commit(warehouse, Replace(schema.weekly_metrics, schema.frame(schema.weekly_metrics, [row], row)))
        migrations.upgrade(warehouse)
        compute(warehouse, make("pr | opened | merged\n1 | Mon 09:00 | Tue 09:00"), DAYS[3])
        with pytest.raises(NothingSaid, match="keeps it since 2026-08-11 02:00"):
            find_report(warehouse, "acme", DAYS[0].date(), DAYS[3])
        report = find_report(warehouse, "acme", DAYS[2].date(), DAYS[3])
        said = read_values_at(warehouse, report, WEEKS[0], "team", None)
        assert said.filter(pl.col("metric") == "merged_prs")["value"].to_list() == [7.0]
        comparison = Comparison(warehouse, report, WEEKS[0], Scope(), "UTC")
        (moved,) = comparison.compare(find_metrics(["merged_prs"]))
        assert [cause.reason for cause in moved.causes] == [Reason.DEFINITION]
        assert comparison.settings == []


STEPS = Path(migrations.__file__).parent / "versions"
STEP = next(path.name.partition("_")[0] for path in STEPS.glob("*_what_was_said.py"))
