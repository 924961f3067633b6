"""AI impact: every cell with exactly its pull requests, what each side holds, and what a difference says."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.ai_impact import evidence, sides
from dashboard.parts import parts_of_ai
from dashboard.parts.behind import Behind, read
from dashboard.reading.data import Reader, snapshot
from dashboard.reading.rows import Team, make_row
from dashboard.shell import navigation
from dashboard.shell.context import Context
from dashboard.shell.filters import Filters, select
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.definitions.ai import AI_ASSISTED_SHARE
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.settings import WarehouseSettings
from warehouse.store import Replace, commit

Open = Callable[[Path], AppTest]
HOSTILE_TOOL = "=Tool [x](http://evil.example) & co"


@pytest.fixture(scope="module")
def agents_home(seeded_home: Any, seed: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a team whose every seventh pull request was opened by an agent."""
    home = tmp_path_factory.mktemp("agents")
    shutil.copytree(seeded_home("complete"), home, dirs_exist_ok=True)
    number = pl.col("pull_request_id").str.slice(3).cast(pl.Int64)
    is_agent = number % 7 == 0
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as warehouse:
        rows = warehouse.read("SELECT * FROM pr_analysis").with_columns(
            ai_level=pl.when(is_agent).then(pl.lit("authored")).when(number % 31 == 0).then(pl.lit("contains"))
            .when(number % 37 == 0).then(None).otherwise("ai_level"),
            ai_tools=pl.when(is_agent).then(pl.lit(["Devin", HOSTILE_TOOL])).otherwise("ai_tools"),
            ai_evidence_kind=pl.when(is_agent).then(pl.lit("author")).otherwise("ai_evidence_kind"),
        )  # fmt: skip
        commit(warehouse, Replace(schema.pr_analysis, rows, {"team_id": seed.TEAM}))
        seed.measure(warehouse, seed.AS_OF)
    return home


@pytest.fixture(scope="module")
def page(agents_home: Path, home_of_process: Any, seed: ModuleType) -> Context:
    home_of_process(agents_home)
    reader = Reader(seed.TEAM, snapshot())
    filters = Filters("4w", seed.AS_OF - timedelta(days=28), seed.AS_OF)
    team = make_row(Team, seed.team_row(seed.AS_OF, "complete", members_error=None, is_without_model=False))
    prs = select(reader.pull_request_metrics(), filters)
    return Context(team, reader, filters, prs, seed.AS_OF - timedelta(days=90))


def listed(page: Context, behind: Behind) -> int:
    """Count what the list at the address of a number holds."""
    found = read(page, behind.parameters)
    assert found == behind
    return page.reader.count_pull_requests(PullRequestQuery(ids=found.ids(page)))


@pytest.mark.parametrize("side", sides.SIDES)
def test_every_cell_of_a_side_lists_as_many_as_its_n(page: Context, side: str) -> None:
    _, table = sides.make_table(page)
    for name, cell in zip(sides.METRICS, table[parts_of_ai.SIDE_TITLES[side]], strict=True):
        n = int(re.findall(r"[\d,]+", cell)[-1].replace(",", ""))
        assert listed(page, sides.behind(name, side)) == n, name


def test_each_merged_pull_request_is_on_at_most_one_side(page: Context) -> None:
    ids = {side: set(sides.behind("merged_prs", side).ids(page)) for side in sides.SIDES}
    assert not ids["agent"] & ids["assisted"] | ids["agent"] & ids["none"] | ids["assisted"] & ids["none"]
    merged = Behind(BY_NAME["merged_prs"]).select(page)
    neither = merged.filter(pl.col("ai_level").is_null() | (pl.col("ai_level") == "contains"))
    assert neither.height > 1
    everyone = set().union(*ids.values())
    assert set(merged["pull_request_id"]) - everyone == set(neither["pull_request_id"])


def test_automation_is_on_no_side_whatever_its_evidence_says(page: Context) -> None:
    rows = page.reader.pull_request_metrics().filter(pl.col("merged_at") >= page.filters.start)
    authored = rows.filter(pl.col("ai_level") == "authored", pl.col("excluded_by").is_null())
    assert authored["is_bot"].any()
    assert listed(page, sides.behind("merged_prs", "agent")) == authored.filter(~pl.col("is_bot")).height


def test_kinds_of_evidence_add_up_and_each_row_lists_its_own(page: Context) -> None:
    kinds = evidence.count_by_kind(page)
    assert sum(n for _, n in kinds) == Behind(AI_ASSISTED_SHARE, part="yes").select(page).height
    for kind, n in kinds:
        assert listed(page, Behind(AI_ASSISTED_SHARE, part=f"evidence={kind}")) == n
    for tool, n in evidence.count_by_tool(page):
        assert listed(page, Behind(AI_ASSISTED_SHARE, part=f"tool={tool}")) == n


@pytest.mark.parametrize("part", ["side=everyone", "tool=", "evidence=", "ai_tools=x", "side=agent=x"])
def test_a_part_that_is_none_is_not_known(page: Context, part: str) -> None:
    assert read(page, {"metric": "merged_prs", "part": part}) is None


def test_a_difference_says_its_interval_or_why_there_is_none(page: Context) -> None:
    _, table = sides.make_table(page)
    gaps = dict(zip(sides.METRICS, table["Help against none"], strict=True))
    assert gaps["merged_prs"] == ""
    assert re.fullmatch(r"(noise |[+-]\d+ % )\([+-][\d,]+ to [+-][\d,]+ %\)", gaps["cycle_time_p50_hours"])
    assert "points" in gaps["reviewed_share"]
    alike = dict(zip(sides.METRICS, table["Help, like with like"], strict=True))
    assert re.fullmatch(r"(noise |[+-]\d+ % )\([+-][\d,]+ to [+-][\d,]+ %\)  ·  n = \d+", alike["cycle_time_p50_hours"])
    assert (alike["merged_prs"], alike["pr_size_p50_lines"]) == ("", "not compared")
    assert gaps["review_comments_per_pr"] == "no interval"
    assert gaps["hotfix_share"] == "too few to compare"


def test_the_page_says_what_it_cannot_say_and_shows_tools_as_text(open_app: Open, agents_home: Path) -> None:
    app = open_app(agents_home).run().switch_page(str(navigation.AI_IMPACT.script)).run()
    assert not app.exception
    said = "\n".join(str(item.value) for kind in ("markdown", "caption") for item in app.get(kind))
    assert "correlation, not cause" in said
    assert "On no side:" in said
    assert f"'{HOSTILE_TOOL}" in app.dataframe[2].value["Tool"].to_list()
    assert [metric.label for metric in app.metric][:2] == ["AI-assisted, at least", "Opened by an AI agent"]


def test_a_cell_s_address_says_which_side_it_is(open_app: Open, agents_home: Path) -> None:
    app = open_app(agents_home).run()
    for name, value in sides.behind("cycle_time_p50_hours", "agent").parameters.items():
        app.query_params[name] = value
    app.switch_page(str(navigation.PULL_REQUESTS.script)).run()
    said = "\n".join(str(item.value) for item in app.markdown)
    assert "opened by an agent" in said
    assert len(re.findall(r"\*\*(\d+ pull requests)\*\*", said)) == 2


def test_a_team_without_evidence_is_told_what_to_do(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete"))
    app.query_params["repos"] = "northwind/handbook"
    app.query_params["period"] = "2w"
    app.run()
    app.switch_page(str(navigation.AI_IMPACT.script)).run()
    assert not app.exception
