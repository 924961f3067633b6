"""Teams: every row with exactly its pull requests, no team of a few people, other organisations on their own pages."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.teams import choice, lines, organisations, sides
from dashboard.parts import groups, weeks
from dashboard.parts.behind import Behind, read
from dashboard.reading import format
from dashboard.reading.data import Reader, snapshot
from dashboard.reading.rows import Team, make_row
from dashboard.shell import navigation
from dashboard.shell.context import Context
from dashboard.shell.filters import Filters, select
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

Open = Callable[[Path], AppTest]
HOSTILE = "<b>mobile</b> [x](http://evil.example)"
MEMBERS = {"payments": range(5), "platform": range(3, 9), HOSTILE: range(8, 12), "solo": range(1)}


@pytest.fixture(scope="module")
def teams_home(seeded_home: Any, seed: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of an organisation with GitHub teams, one of a single person, and of another organisation."""
    home = tmp_path_factory.mktemp("teams")
    shutil.copytree(seeded_home("complete"), home, dirs_exist_ok=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as warehouse:
        commit(warehouse, *_github_teams(seed))
        seed.measure(warehouse, seed.AS_OF)
        commit(warehouse, *_other_organisation(warehouse))
    return home


def _github_teams(seed: ModuleType) -> list[Merge]:
    rows: dict[Any, list[dict[str, Any]]] = {
        schema.organisation_teams: [],
        schema.organisation_team_members: [],
        schema.team_memberships: [],
    }
    for place, (name, members) in enumerate(MEMBERS.items()):
        key = {"team_id": seed.TEAM, "organisation_team_id": f"T_{place}"}
        rows[schema.organisation_teams].append({"team_id": seed.TEAM, "id": f"T_{place}", "slug": name, "name": name})
        for person in (seed.PEOPLE[index] for index in members):
            account = {**key, "account_id": f"@{person}"}
            rows[schema.organisation_team_members].append({**account, "login": person})
            rows[schema.team_memberships].append({**account, "since": seed.AS_OF - timedelta(days=80)})
    return [Merge(table, schema.frame(table, found)) for table, found in rows.items()]


def _other_organisation(warehouse: Warehouse) -> list[Merge]:
    """Copy every second pull request to another organisation, as if it were its own."""
    merges = []
    for table in (schema.teams, schema.repositories, schema.pull_requests, schema.pull_request_metrics):
        rows = warehouse.read(f"SELECT * FROM {table.name}").with_columns(team_id=pl.lit("acme"))
        ids = [name for name in ("id", "pull_request_id", "repository_id") if name in rows.columns]
        rows = rows.with_columns(("other-" + pl.col(name)).alias(name) for name in ids)
        rows = rows.with_columns(login=pl.lit("Acme")) if table is schema.teams else rows
        rows = rows.filter(pl.col("number") % 2 == 0) if "number" in rows.columns else rows
        merges.append(Merge(table, rows.cast(schema.polars_schema(table))))  # type: ignore[arg-type]
    return merges


@pytest.fixture(scope="module")
def page(teams_home: Path, home_of_process: Any, seed: ModuleType) -> Context:
    home_of_process(teams_home)
    reader = Reader(seed.TEAM, snapshot())
    filters = Filters("4w", seed.AS_OF - timedelta(days=28), seed.AS_OF)
    team = make_row(Team, seed.team_row(seed.AS_OF, "complete", members_error=None, is_without_model=False))
    prs = select(reader.pull_request_metrics(), filters)
    return Context(team, reader, filters, prs, seed.AS_OF - timedelta(days=90))


@pytest.mark.parametrize("name", choice.METRICS)
def test_every_row_counts_what_its_list_holds(page: Context, name: str) -> None:
    metric = BY_NAME[name]
    found = [*sides.list_github_teams(page), *sides.list_repositories(page)]
    rows = groups.make_rows(found, metric, "Group")
    assert rows.height == 9
    for place, n in rows.select("place", "n").iter_rows():
        behind = found[place].behind(metric)
        assert read(page, behind.parameters) == behind
        assert behind.select(page).height == n
        listed = page.reader.count_pull_requests(PullRequestQuery(ids=behind.ids(page)))
        assert listed == (n if metric.source != "reviews" else behind.select(page)["pull_request_id"].n_unique())


def test_the_weeks_of_a_github_team_are_the_stored_ones_and_add_up_alike(page: Context) -> None:
    repositories = tuple(page.reader.repositories()["id"])
    for group in sides.list_github_teams(page):
        stored = weeks.read(group.page, ("merged_prs", "cycle_time_p50_hours"))
        everywhere = replace(group.page, filters=replace(page.filters, repository_ids=repositories))
        computed = weeks.read(everywhere, ("merged_prs", "cycle_time_p50_hours"))
        columns = ("week_start", "metric", "n")
        assert stored.select(columns).sort(columns).equals(computed.select(columns).sort(columns))
        assert stored["n"].sum() > 0
        for start, name, n in stored.tail(8).select(columns).iter_rows():
            assert replace(group.behind(BY_NAME[name]), week=start).select(page).height == n


def test_a_team_of_few_people_is_shown_only_if_people_agreed(page: Context) -> None:
    assert [group.name for group in sides.list_github_teams(page)] == [f"{HOSTILE} · 4", "payments · 5", "platform · 6"]
    solo = Behind(BY_NAME["merged_prs"], github_team_id="T_3").parameters
    assert read(page, solo) is None
    agreed = replace(page, team=replace(page.team, has_people_views=True))
    assert "solo · 1" in {group.name for group in sides.list_github_teams(agreed)}
    assert read(agreed, solo) is not None


def test_lines_are_of_the_largest_groups_and_leave_out_weeks_with_too_few(page: Context) -> None:
    metric = BY_NAME["cycle_time_p50_hours"]
    rows = weeks.read(sides.list_repositories(page)[0].page, (metric.name,))
    option: Any = lines.make_option([(HOSTILE, rows)], metric, weeks.starts(rows), ("#000",))
    assert HOSTILE not in str(option["series"][0]["tooltip"])
    assert "max" not in option["yAxis"]
    shares = weeks.read(sides.list_repositories(page)[0].page, ("reviewed_share",))
    of_shares: Any = lines.make_option([("x", shares)], BY_NAME["reviewed_share"], weeks.starts(shares), ("#000",))
    assert of_shares["yAxis"]["max"] == 100
    points = [point["value"] for point in option["series"][0]["data"]]
    told = [said.removesuffix(" (week not complete)") for _, _, said, _ in points]
    assert told == [format.hours(value) for value in rows.sort("week_start")["value"]]
    values = [value for _, value, _, _ in points]
    assert [value is None for value in values] == rows.sort("week_start")["value"].is_null().to_list()


def test_the_page_opens_with_three_tables_and_names_as_text(open_app: Open, teams_home: Path) -> None:
    app = open_app(teams_home)
    app.query_params["team"] = "Northwind"
    app.query_params["compare"] = "reviewed_share"
    app.run().switch_page(str(navigation.TEAMS.script)).run()
    assert not app.exception
    assert app.selectbox(key="compare").value == "reviewed_share"
    headings = [table.value.columns[0] for table in app.dataframe]
    assert headings == ["Organisation", "GitHub team", "Repository"]
    said = "\n".join(str(item.value) for kind in ("markdown", "caption") for item in app.get(kind))
    assert "1 team of fewer than 3 people is left out" in said
    assert HOSTILE not in said


def test_another_organisation_opens_on_its_own_pages(open_app: Open, teams_home: Path) -> None:
    app = open_app(teams_home)
    app.query_params["team"] = "Northwind"
    app.run().switch_page(str(navigation.TEAMS.script)).run()
    row = app.dataframe[0].value
    n = int(row[row["Organisation"] == "Acme"]["n"].iloc[0])
    app.session_state["team"] = "acme"
    app.session_state[organisations.PENDING] = Behind(BY_NAME["cycle_time_p50_hours"]).parameters
    app.run()
    assert app.title[0].value == "Pull requests"
    said = "\n".join(str(item.value) for item in app.markdown)
    assert said.count(f"**{n} pull requests**") == 2


def test_an_organisation_without_stored_teams_is_told_why(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run().switch_page(str(navigation.TEAMS.script)).run()
    assert not app.exception
    said = "\n".join(str(item.value) for item in app.caption)
    assert "read:org" in said
    assert [table.value.columns[0] for table in app.dataframe] == ["Repository"]
