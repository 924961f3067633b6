"""`prflow metrics behind`: the pull requests behind a number, as a table, JSON and CSV."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.cli.parts.arguments import parse_week
from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.connection import Warehouse
from warehouse.measure import measure_team

FACTS = make_facts(
    pull_requests="""
        pr | title           | opened    | merged
        1  | =HYPERLINK("x") | Mon 09:00 | Tue 09:00
        2  | Add a cache     | Mon 09:00 | Tue2 09:00
        3  | Add a test      | Mon 09:00 | -
    """,
    reviews="""
        pr | at        | state
        1  | Mon 12:00 | APPROVED
        1  | Mon 13:00 | COMMENTED
    """,
)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    store(warehouse, FACTS)
    measure_team(warehouse, "acme", AS_OF)
    warehouse.close()


@pytest.mark.usefixtures("acme")
def test_the_table_has_each_with_what_it_adds_and_n(run: Any) -> None:
    code, out, _ = run("metrics", "behind", "time_to_merge_p50_hours", "--week", "2026-W32")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[1:] == ['acme/api#1 =HYPERLINK("x") ann merged 24.00', "n = 1: 1 pull request"]
    assert "n = 2: 2 pull requests" in run("metrics", "behind", "merged_prs", "acme", "--weeks", "3")[1]
    _, out, _ = run("metrics", "behind", "submitted_reviews", "--weeks", "4", "--repo", "acme/api")
    assert "n = 2: 2 reviews of 1 pull request" in out


@pytest.mark.usefixtures("acme")
def test_json_and_csv_have_every_row_and_a_spreadsheet_runs_nothing_of_it(run: Any) -> None:
    _, out, _ = run("metrics", "behind", "merged_prs", "--week", "2026-08-03", "--json")
    found = json.loads(out)
    assert (found["metric"], found["n"], len(found["pull_requests"])) == ("merged_prs", 1, 1)
    _, out, _ = run("metrics", "behind", "merged_prs", "--week", "2026-08-03", "--csv")
    assert len(out.splitlines()) == 2
    assert "'=HYPERLINK" in out


@pytest.mark.usefixtures("acme")
def test_what_cannot_be_is_one_sentence_and_the_way_out(run: Any) -> None:
    for arguments, words in {
        ("behind", "cycle"): "There is no metric cycle.",
        ("behind", "merged_prs", "--week", "2026-W01"): "There are those of the weeks from 2026-08-03 to 2026-08-17.",
        ("behind", "merged_prs", "--repo", "acme/none"): "acme/none is not followed",
        ("behind", "merged_prs", "nobody"): "There is no team nobody",
    }.items():
        code, out, err = run("metrics", *arguments)
        assert (code, out) == (1, "")
        assert words in err


WEEKS = [("week",), ("notify", "digest"), ("metrics", "behind", "merged_prs"), ("metrics", "as-of", "2026-08-29")]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("command", WEEKS, ids=" ".join)
def test_a_week_is_written_in_the_same_ways_everywhere(command: tuple[str, ...], run: Any) -> None:
    outcomes = {run(*command, "--week", week) for week in ("2026-W33", "2026w33", "2026-08-10", "2026-08-13")}
    assert len(outcomes) == 1
    for text in ("2026-W00", "2026-W99", "W32", "2026", "soon"):
        code, _, err = run(*command, "--week", text)
        assert code == 2
        assert f"'{text}' is not a week: write it as 2026-W32" in " ".join(err.replace("│", " ").split())


def test_a_week_is_its_monday() -> None:
    assert parse_week("2026-W32") == parse_week(" 2026-08-03 ") == parse_week("2026-08-09") == date(2026, 8, 3)
    assert parse_week("2020-W53") == date(2020, 12, 28)
