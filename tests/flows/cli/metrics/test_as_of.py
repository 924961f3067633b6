"""`prflow metrics as-of`: what a week said on a day, and each reason for which it says something else now."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli import app as cli
from flows.cli.metrics import as_of
from tasks.insights import write_insights
from tests.warehouse.history.world import LIVE, compute, make
from tests.warehouse.metrics.tables import moment
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.history.said import NothingSaid
from warehouse.measure import measure_again
from warehouse.metrics import registry
from warehouse.metrics.definitions.flow import LARGE_PR_SHARE
from warehouse.metrics.metric import share
from warehouse.metrics.outcomes.team_rules import Rule
from warehouse.settings import WarehouseSettings
from warehouse.teams.settings import apply_changes
from warehouse.upkeep import tidy

NIGHT, NEXT, RULED, UPGRADED = (moment(at) for at in ("Mon2 02:00", "Tue2 02:00", "Wed2 09:00", "Thu2 02:00"))
PULL_REQUESTS = """
    pr | by  | opened    | merged    | labels | additions
    1  | ann | Sun 20:00 | -         | -      | 10
    2  | ann | Mon 09:00 | Thu 09:00 | -      | 300
    3  | bob | Tue 09:00 | Thu 09:00 | chore  | 500
    4  | ann | Tue 10:00 | Fri 10:00 | -      | 10
    6  | ann | Sun 22:30 | -         | -      | 10
"""
REVIEWS = """
    id | pr | by  | at        | state
    a  | 2  | bob | Tue 09:00 | APPROVED
    b  | 3  | ann | Wed 09:00 | COMMENTED
    d  | 4  | bob | Wed 10:00 | APPROVED
"""
MORE = f"{PULL_REQUESTS}    5  | bob | Wed 09:00 | Sun 10:00 | -      | 10\n"
LATER = f"{REVIEWS.replace('APPROVED', 'DISMISSED')}    c  | 1  | bob | Mon2 08:00 | COMMENTED\n"
# Of the approval of 2 no event says that it was dismissed.
DISMISSAL = """
    id | pr | kind            | actor_login | subject | previous_value | at
    e  | 4  | ReviewDismissed | ann         | d       | APPROVED       | Mon2 09:00
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Path]:
    """Make a team about which a week says one thing at first, and by and by another, for each reason there is."""
    home = tmp_path_factory.mktemp("said") / "home"
    shutil.copytree(migrated, home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as acme:
        compute(acme, make(PULL_REQUESTS, reviews=REVIEWS, timezone="Europe/Berlin"), NIGHT)
        compute(acme, make(MORE, reviews=LATER, timeline_events=DISMISSAL), NEXT)
        apply_changes(acme, "acme", [(Rule.EXCLUDE_LABEL, "chore")], [], RULED)
        assert measure_again(acme, "acme", RULED)
        other = replace(LARGE_PR_SHARE, **share(pl.col("size_lines") > 200))
        with pytest.MonkeyPatch.context() as patched:
            metrics = tuple(other if one is LARGE_PR_SHARE else one for one in registry.METRICS)
            patched.setattr(registry, "METRICS", metrics)
            measure_again(acme, "acme", UPGRADED)
            tidy(acme, datetime.now(UTC) + timedelta(days=1), timedelta())  # no snapshot of an earlier day is left
            yield home


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(home))
    monkeypatch.setattr(as_of, "now", lambda: moment("Sun2 12:00"))


def prflow(*arguments: str) -> str:
    command = ["metrics", "as-of", *arguments]
    answer = CliRunner().invoke(cli.app, command, catch_exceptions=False, env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    return answer.output


def ask(day: str, metric: str) -> dict[str, Any]:
    found = json.loads(prflow(day, "acme", "--week", "2026-W32", "--json", "--metric", metric))
    (one,) = found["metrics"]
    return dict(one)


def causes(metric: str, day: str = "2026-08-10") -> dict[str | None, tuple[str, str]]:
    return {one["pull_request"]: (one["reason"], one["words"]) for one in ask(day, metric)["causes"]}


def test_a_late_review_is_named_with_its_pull_request() -> None:
    assert causes("reviewed_within_24h_share")["acme/api#1"] == (
        "late review",
        "reviewed by bob on 2026-08-10 08:00 UTC",
    )
    assert "acme/api#1" not in causes("reviewed_within_24h_share", "2026-08-11"), "by then it was said"


def test_a_dismissed_approval_is_named_if_its_event_is_not_known() -> None:
    expected = ("dismissed approval", "the approval by bob of 2026-08-04 was dismissed")
    assert causes("merge_p50_hours")["acme/api#2"] == expected
    assert causes("approval_without_comment_share")["acme/api#2"] == expected


def test_a_dismissed_approval_whose_event_is_known_moves_nothing_and_is_told() -> None:
    assert "acme/api#4" not in causes("merge_p50_hours")
    shown = prflow("2026-08-10", "--week", "2026-W32", "--metric", "merge_p50_hours")
    assert "each counts as an approval until then:\n  acme/api#4 by ann on 2026-08-10" in shown


def test_a_changed_rule_is_named_with_the_day_on_which_it_was_set() -> None:
    words = "left out by label chore: exclude-label chore on 2026-08-12"
    for day in ("2026-08-10", "2026-08-11"):
        assert causes("merged_prs", day)["acme/api#3"] == ("changed setting", words)
    assert causes("merged_prs", "2026-08-12") == {}


def test_a_changed_zone_moves_a_pull_request_into_another_week() -> None:
    words = "it falls into another week: timezone UTC on 2026-08-11"
    assert causes("opened_prs")["acme/api#6"] == ("changed setting", words)


def test_a_changed_definition_is_named_with_both() -> None:
    one = ask("2026-08-12", "large_pr_share")
    assert (one["then"]["numerator"], one["now"]["numerator"]) == (0, 1)
    ((reason, words),) = causes("large_pr_share", "2026-08-12").values()
    assert reason == "changed definition"
    assert words.index("size_lines > 400") < words.index("size_lines > 200")
    assert ("changed definition", words) in causes("large_pr_share").values(), "beside what else moved it"


def test_what_came_later_is_new_data() -> None:
    assert causes("merged_prs")["acme/api#5"] == ("new data", "it was not fetched yet")
    shown = prflow("2026-08-10", "--week", "2026-W32", "--metric", "merged_prs")
    assert "acme, week 2026-W32, as said on 2026-08-10 02:00 UTC. What was said is kept since 2026-08-10" in shown
    assert "merged_prs is the same, of others:" in shown
    assert "new data: acme/api#5: it was not fetched yet" in shown


def test_what_cannot_be_asked_is_refused() -> None:
    cases: tuple[tuple[type[Exception], str, tuple[str, ...]], ...] = (
        (NothingSaid, "keeps it since 2026-08-10 02:00", ("2026-08-09",)),
        (NothingSaid, "yet to come", ("2027-01-01",)),
        (BadArgument, "not a day", ("yesterday",)),
        (BadArgument, "Nothing was said", ("2026-08-10", "--week", "2001-W01")),
        (BadArgument, "no metric speed", ("2026-08-10", "--metric", "speed")),
        (BadArgument, "no repository", ("2026-08-10", "--repo", "%")),
    )
    for error, words, arguments in cases:
        with pytest.raises(error, match=words):
            prflow(*arguments)
    wrong = CliRunner().invoke(cli.app, ["metrics", "as-of", "2026-08-10", "--week", "32"])
    assert (wrong.exit_code, "'32' is not a week" in wrong.stderr) == (2, True)


def test_insights_are_those_of_that_day_and_what_stays_costs_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    waiting, night = make("pr | opened | merged\n1 | Mon 09:00 | -"), moment("Mon2 02:00")
    compute(warehouse, waiting, night)
    compute(warehouse, waiting, NEXT)
    write_insights(warehouse, LIVE, NEXT)
    moved = warehouse.read("SELECT DISTINCT metric FROM weekly_metrics_history")["metric"]
    by_time = [name for name in moved if not name.startswith("open_age_p")]
    assert by_time == ["merged_within_7d_share"], "nothing but what counts by the time of the computation"
    said = warehouse.read("SELECT title FROM insights ORDER BY rank")["title"].to_list()
    assert len(said) == 1
    compute(warehouse, make("pr | opened | merged\n1 | Mon 09:00 | Tue2 20:00"), RULED)
    write_insights(warehouse, LIVE, RULED)
    assert [told(day) for day in ("2026-08-10", "2026-08-11", "2026-08-12")] == [[], said, []]


def told(day: str) -> list[str]:
    found = json.loads(prflow(day, "--week", "2026-W32", "--json"))
    return [one["title"] for one in found["insights"]]
