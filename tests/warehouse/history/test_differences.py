"""Only what changed is written, and what is stored then is what all at once would be."""

from datetime import timedelta

import pytest

from tests.warehouse.history.world import compute, make
from tests.warehouse.metrics.tables import moment
from warehouse import measure
from warehouse.connection import Warehouse
from warehouse.history.differences import ChangedRows, Rows, Weeks, replace_weeks
from warehouse.measure import Overtaken, measure_again, measure_team

DAYS = [moment("Sun 02:00") + timedelta(days=day) for day in range(4)]


def test_only_what_changed_is_written_with_what_is_open_and_the_week_that_is_not_over(warehouse: Warehouse) -> None:
    rows = "pr | opened | merged\n1 | Mon 09:00 | Tue 09:00\n2 | Mon 10:00 | Wed 09:00\n3 | Mon 11:00 | -\n"
    compute(warehouse, make(rows + "4 | Mon 12:00 | Wed 09:00"), moment("Mon2 02:00"))
    compute(warehouse, make(rows.replace("Wed", "Thu") + "4 | Mon 12:00 | Wed 09:00"), moment("Tue2 02:00"))
    before, now = moment("Mon2 02:00"), moment("Tue2 02:00")
    prs = warehouse.read("SELECT pull_request_id, as_of FROM pull_request_metrics ORDER BY ALL").rows()
    assert prs == [("1", before), ("2", now), ("3", now), ("4", now)], "2 changed, 3 is open, 4 is the newest"
    compute(warehouse, make(rows.replace("Wed", "Thu") + "4 | Mon 12:00 | Wed 09:00"), moment("Wed2 02:00"))
    weeks = warehouse.read("SELECT DISTINCT week_start::VARCHAR, as_of FROM weekly_metrics ORDER BY ALL").rows()
    assert weeks == [("2026-08-03", now), ("2026-08-10", moment("Wed2 02:00"))]


def test_nothing_that_is_stored_already_is_written(warehouse: Warehouse) -> None:
    compute(warehouse, make("pr | opened | merged\n1 | Mon 09:00 | Tue 09:00\n2 | Mon 09:00 | Tue 09:00"), DAYS[0])
    rows, weeks = ChangedRows(warehouse, "acme"), Weeks.stored(warehouse, "acme")
    rows.compare(["R1"], Rows.stored(warehouse, "acme", ["R1"]))
    prs, turns = rows.writes()
    weekly, calendar = replace_weeks(weeks, weeks)
    assert (prs.rows.height, turns.rows.height) == (1, 0), "the newest tells when it was computed"
    assert weekly.rows["is_complete"].unique().to_list() == [False]
    assert calendar.rows["is_complete"].unique().to_list() == [False]


def test_numbers_that_another_process_writes_meanwhile_are_not_mixed_with_these(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(warehouse, make("pr | opened | merged\n1 | Mon 09:00 | Tue 09:00"), DAYS[0])
    others = iter([DAYS[1]])
    keep = measure.keep_numbers

    def keep_numbers(*arguments: object) -> object:
        for at in others:  # once, between what is read and what is written
            with warehouse.cursor() as cursor:
                cursor.execute("UPDATE pull_requests SET merged_at = ?", [moment("Wed 09:00")])
            measure_again(warehouse, "acme", at)
        return keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(measure, "keep_numbers", keep_numbers)
    measure_team(warehouse, "acme", DAYS[2])
    merged = warehouse.read("SELECT merged_at FROM pull_request_metrics")["merged_at"].to_list()
    assert merged == [moment("Wed 09:00")]
    monkeypatch.setattr(measure, "read_first_and_last", lambda *_: (DAYS[0], DAYS[0]))
    with pytest.raises(Overtaken, match="Another process has computed the numbers of acme"):
        measure_team(warehouse, "acme", DAYS[3])
