"""What was found, as rows, the most telling first."""

import re

from tests.warehouse.insights.team import Habit, look, make_team
from tests.warehouse.metrics.tables import make_facts
from warehouse import schema
from warehouse.insights.find import find_insights

SLOWER = make_team(Habit("api", prs=9, pickup=5, later=30), Habit("web", prs=5, pickup=5, later=5))


def test_the_slower_phase_comes_first_and_the_repository_that_explains_it_next() -> None:
    rows = find_insights(look(SLOWER))
    assert rows["detector"].to_list() == ["slowed_phase", "driving_repository"]
    assert rows["rank"].to_list() == [1, 2]


def test_the_rows_have_the_columns_of_their_table_and_ids_that_stay_the_same() -> None:
    rows, again = find_insights(look(SLOWER)), find_insights(look(SLOWER))
    assert dict(rows.schema) == schema.polars_schema(schema.insights)
    assert rows["id"].to_list() == again["id"].to_list()
    assert rows["id"].is_unique().all()
    assert rows["id"][0] == "acme:slowed_phase:pickup_p50_hours:acme"


def test_a_team_without_pull_requests_has_no_insights() -> None:
    assert find_insights(look(make_facts())).is_empty()


def test_no_sentence_is_more_precise_than_half_a_day() -> None:
    rows = find_insights(look(SLOWER))
    for text in [*rows["title"], *rows["detail"]]:
        assert set(re.findall(r"\d\.(\d+)", text)) <= {"5"}
