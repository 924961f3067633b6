"""What a person says of a reading counts for what was said, and only of those that are drawn."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.decisions.reading_checks import NotDrawn, ReadingKey, record_check, take_back_check
from warehouse.metrics.precision.agreement import compute_agreement
from warehouse.reads.reading_checks import DRAWN, SIGN, WORK_TYPE, read_drawn
from warehouse.schema import frame
from warehouse.store import Merge, commit

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


MERGED_AT = NOW - timedelta(days=1)


def store(warehouse: Warehouse, count: int, measured: dict[str, object] | None = None, **said: object) -> None:
    """Store merged pull requests of team t, each with a reading, and with what is `measured` of it."""
    ids = [f"PR_{number:03}" for number in range(count)]
    merged = {"team_id": "t", "merged_at": MERGED_AT}
    metrics = merged | {"is_bot": False, "excluded_by": None} | (measured or {})
    read = {"team_id": "t", "status": "done", "work_type": "feature"} | said
    pull_requests = [{"id": one, "number": place, "title": one} | merged for place, one in enumerate(ids)]
    readings = [{"pull_request_id": one} | read for one in ids]
    measures = [{"pull_request_id": one} | metrics for one in ids]
    commit(
        warehouse,
        Merge(schema.pull_requests, frame(schema.pull_requests, pull_requests)),
        Merge(schema.pull_request_metrics, frame(schema.pull_request_metrics, measures, measures[0])),
        Merge(schema.pr_analysis, frame(schema.pr_analysis, readings)),
    )


def answers(warehouse: Warehouse) -> list[bool | None]:
    return read_drawn(warehouse, "t")["is_right"].to_list()


def test_the_same_ones_are_drawn_each_time_and_chosen_by_nothing_that_matters(warehouse: Warehouse) -> None:
    store(warehouse, 100, ai_signatures=["claude-trailer", "cursor-footer"])
    drawn = read_drawn(warehouse, "t")
    assert drawn.equals(read_drawn(warehouse, "t"))
    counts = dict(drawn.group_by("question", "subject").len().select("subject", "len").iter_rows())
    assert counts == {"": DRAWN[WORK_TYPE], "claude-trailer": DRAWN[SIGN], "cursor-footer": DRAWN[SIGN]}
    assert set(drawn["hits"]) == {100}
    of_types = drawn.filter(question=WORK_TYPE)["number"]
    assert of_types.to_list() != sorted(of_types)
    assert of_types.max() > 60 > 40 > of_types.min()


def test_unclear_open_and_unread_ones_are_not_asked_about(warehouse: Warehouse) -> None:
    store(warehouse, 3, work_type="unclear")
    assert read_drawn(warehouse, "t").is_empty()
    store(warehouse, 3, status="failed")
    assert read_drawn(warehouse, "t").is_empty()


@pytest.mark.parametrize(
    ("measured", "questions"),
    [
        ({}, {WORK_TYPE, SIGN}),
        ({"is_bot": True}, set()),
        ({"excluded_by": "release"}, set()),
        ({"merged_at": None}, {SIGN}),
    ],
    ids=["agent", "automation", "release", "open"],
)
def test_what_a_coding_agent_opened_is_asked_about_and_what_no_share_counts_is_not(
    warehouse: Warehouse, measured: dict[str, object], questions: set[str]
) -> None:
    store(warehouse, 2, measured, is_bot=True, ai_signatures=["claude-trailer"])
    assert set(read_drawn(warehouse, "t")["question"]) == questions


def test_an_answer_is_kept_replaced_and_taken_back(warehouse: Warehouse) -> None:
    store(warehouse, 1)
    key = ReadingKey("PR_000", WORK_TYPE)
    assert answers(warehouse) == [None]
    record_check(warehouse, "t", key, False, NOW, None)
    assert answers(warehouse) == [False]
    record_check(warehouse, "t", key, True, NOW, "ada@example.com")
    assert answers(warehouse) == [True]
    assert warehouse.read("SELECT checked_by FROM reading_checks")["checked_by"].to_list() == ["ada@example.com"]
    take_back_check(warehouse, "t", key)
    assert answers(warehouse) == [None]


def test_another_reading_of_it_is_asked_about_again(warehouse: Warehouse) -> None:
    store(warehouse, 1)
    record_check(warehouse, "t", ReadingKey("PR_000", WORK_TYPE), True, NOW, None)
    store(warehouse, 1, work_type="bugfix")
    assert answers(warehouse) == [None]
    assert compute_agreement(read_drawn(warehouse, "t"))["checked"].to_list() == [0]


def test_one_that_is_not_drawn_or_of_another_team_is_refused(warehouse: Warehouse) -> None:
    store(warehouse, 100)
    drawn = set(read_drawn(warehouse, "t")["pull_request_id"])
    other = next(f"PR_{number:03}" for number in range(100) if f"PR_{number:03}" not in drawn)
    for team, key in (("t", ReadingKey(other, WORK_TYPE)), ("u", ReadingKey(min(drawn), WORK_TYPE))):
        with pytest.raises(NotDrawn):
            record_check(warehouse, team, key, True, NOW, None)
    assert warehouse.read("SELECT 1 FROM reading_checks").is_empty()
