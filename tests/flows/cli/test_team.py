"""`prflow team`: settings of a team are checked, dated, and change the numbers at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app as cli
from tasks.measure import write_metrics
from tests.conftest import copy_filled
from tests.tasks.stored_team import RUN, store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.connection import Warehouse
from warehouse.identity.team_calendar import InvalidSetting
from warehouse.progress import start_run
from warehouse.teams.choices import UnknownZone, set_timezone

FACTS = make_facts(
    pull_requests="""
        pr | by  | opened    | merged
        1  | ann | Fri 16:00 | Sun 23:30
    """
)


def fill(warehouse: Warehouse) -> None:
    start_run(warehouse, RUN, AS_OF)
    store(warehouse, FACTS)
    write_metrics(warehouse, RUN, AS_OF)


@pytest.fixture(scope="module")
def migrated(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_filled(migrated, tmp_path_factory, fill)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    return warehouse


def prflow(*arguments: str) -> str:
    answer = CliRunner().invoke(cli.app, ["team", *arguments], catch_exceptions=False, env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    return answer.output


def values(*arguments: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in json.loads(prflow(*arguments, "--json")):
        found.setdefault(row["name"], []).append(row["value"])
    return found


def test_without_options_it_says_what_holds(acme: Warehouse) -> None:
    assert values("acme") == {"people": ["off"], "timezone": ["UTC"]}
    assert acme.read("SELECT * FROM team_settings").is_empty()


def test_a_zone_moves_the_week_and_people_get_numbers_at_once(acme: Warehouse) -> None:
    merged = "SELECT week_start::VARCHAR FROM weekly_metrics WHERE metric = 'merged_prs' AND n > 0 AND scope = 'team'"
    assert acme.read(merged).rows() == [("2026-08-03",)]
    assert "All numbers were computed again." in prflow("acme", "--timezone", "europe/berlin", "--people", "on")
    assert acme.read(merged).rows() == [("2026-08-10",)]
    assert acme.read("SELECT DISTINCT scope_id FROM weekly_metrics WHERE scope = 'person'").rows() == [("ann",)]
    assert values("acme") == {"people": ["on"], "timezone": ["Europe/Berlin"]}
    prflow("acme", "--people", "off")
    assert acme.read("SELECT * FROM weekly_metrics WHERE scope = 'person'").is_empty()


def test_what_a_page_set_since_is_what_holds(acme: Warehouse) -> None:
    prflow("acme", "--timezone", "Europe/Berlin")
    set_timezone(acme, "acme", "Asia/Tokyo")
    assert values("acme")["timezone"] == ["Asia/Tokyo"]
    with pytest.raises(UnknownZone):
        set_timezone(acme, "acme", "Factory")


def test_working_hours_and_holidays_are_kept_dated_and_give_a_second_set_of_durations(
    acme: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "holidays.txt"
    file.write_text("2026-12-25  # Christmas\n\n2026-08-07\n")
    said = values("acme", "--working-hours", "mon-fri", "9-17", "--holidays", str(file))
    assert said["working-hours"] == ["mon-fri 09:00-17:00"]
    assert said["holiday"] == ["2026-08-07", "2026-12-25"]
    durations = "SELECT time_to_merge_hours, time_to_merge_work_hours FROM pull_request_metrics"
    assert acme.read(durations).rows() == [(55.5, 0.0)]
    since = acme.read("SELECT set_at FROM team_settings ORDER BY ALL")
    file.write_text("")
    assert "holiday" not in values("acme", "--holidays", str(file))
    assert acme.read(durations).rows() == [(55.5, 1.0)]
    assert acme.read("SELECT set_at FROM team_settings")["set_at"][0] in since["set_at"].to_list()
    prflow("acme", "--working-hours", "none", "none")
    assert acme.read(durations).rows() == [(55.5, None)]


@pytest.mark.parametrize("zone", ["Factory", "localtime", "Mars/Olympus", "", "../etc/passwd", "Europe/Berlin; DROP"])
def test_a_zone_that_cannot_be_is_refused_and_nothing_is_kept(acme: Warehouse, zone: str) -> None:
    with pytest.raises(InvalidSetting, match="There is no time zone"):
        prflow("acme", "--timezone", zone, "--people", "on")
    assert acme.read("SELECT * FROM team_settings").is_empty()
    assert acme.read("SELECT timezone, has_people_views FROM teams").rows() == [("UTC", False)]


def test_words_hours_and_files_that_cannot_be_are_refused_with_the_way_out(acme: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "holidays.txt"
    file.write_text("2026-12-25\n25.12.2026\n")
    for arguments, words in (
        (("--people", "perhaps"), "neither yes nor no"),
        (("--working-hours", "mon-fri", "17-9"), "is not working hours"),
        (("--holidays", str(file)), "Line 2 of"),
        (("--holidays", str(tmp_path)), "cannot be read"),
        (("--holidays", str(tmp_path / "missing")), "cannot be read"),
    ):
        with pytest.raises(InvalidSetting, match=words) as caught:
            prflow("acme", *arguments)
        assert caught.value.hint
