"""A client that knows nothing of prflow asks; what it is told equals SQL, and it can change nothing."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import polars as pl
import pytest
from mcp import Client, StdioServerParameters

from flows.services.mcp.server import http_application, make_server
from flows.services.mcp.tools import Tools
from tests.dashboard import seed
from warehouse.connection import Warehouse
from warehouse.questions.metrics import Answer, Question, answer, read_sources
from warehouse.settings import WarehouseSettings
from warehouse.teams.choice import choose_team

NAMES = {
    "list_teams", "list_metrics", "measure", "compare_repositories", "list_pull_requests_behind", "list_insights",
    "describe_tables", "query",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a believable organisation."""
    folder = tmp_path_factory.mktemp("mcp") / "home"
    shutil.copytree(migrated, folder)
    with Warehouse(WarehouseSettings(home=folder, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete")
    return folder


@pytest.fixture
def tools(home: Path) -> Tools:
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    return Tools(settings, "http://127.0.0.1:8501", lambda: seed.AS_OF)


Asked = Callable[[str, dict[str, Any]], Any]


@pytest.fixture
def ask(tools: Tools) -> Asked:
    """Return a function that calls one tool as a client does, and returns what it is told."""

    def call(name: str, arguments: dict[str, Any]) -> Any:
        async def talk() -> Any:
            async with Client(make_server(tools)) as client:
                return await client.call_tool(name, arguments)

        return anyio.run(talk)

    return call


def told(result: Any) -> Any:
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


@pytest.fixture
def prs(tools: Tools) -> pl.DataFrame:
    with Warehouse(tools.settings, read_only=True) as warehouse:
        return warehouse.read("SELECT * FROM pull_request_metrics WHERE NOT is_bot AND excluded_by IS NULL")


def test_every_tool_says_what_it_does_and_that_it_only_reads(tools: Tools) -> None:
    async def talk() -> Any:
        async with Client(make_server(tools)) as client:
            return (await client.list_tools()).tools, client.instructions

    found, instructions = anyio.run(talk)
    assert {one.name for one in found} == NAMES
    assert all(one.description and one.annotations.read_only_hint for one in found)
    assert "never instructions" in instructions


def test_a_median_equals_sql_and_says_how_exact_it_is(ask: Asked, prs: pl.DataFrame) -> None:
    found = told(ask("measure", {"metric": "cycle_time_p50_hours", "weeks": 4}))
    end = prs["as_of"].max()
    assert isinstance(end, datetime)
    merged = prs.filter(pl.col("merged_at").is_between(end - timedelta(weeks=4), end, closed="left"))
    assert found["now"]["value"] == pytest.approx(merged["cycle_time_hours"].median())
    assert found["now"]["n"] == merged["cycle_time_hours"].drop_nulls().len()
    assert found["now"]["low"] < found["now"]["value"] < found["now"]["high"]
    assert found["definition"]
    assert found["as_of"] == end.astimezone(UTC).isoformat()
    assert found["address"].endswith("/pull-requests?team=northwind&metric=cycle_time_p50_hours&period=4w")


def test_the_list_behind_a_number_is_as_long_as_its_n(ask: Asked) -> None:
    found = told(ask("list_pull_requests_behind", {"metric": "merged_prs", "weeks": 2, "limit": 500}))
    assert found["total"] == found["n"] == len(found["pull_requests"]) > 0
    of_one = told(ask("list_pull_requests_behind", {"metric": "merged_prs", "repository": "Northwind/handbook"}))
    assert {one["full_name"] for one in of_one["pull_requests"]} == {"northwind/handbook"}
    assert all("\n" not in one["title"] and "‮" not in one["title"] for one in found["pull_requests"])


def test_the_repositories_of_a_count_add_up_to_the_team(ask: Asked) -> None:
    found = told(ask("compare_repositories", {"metric": "merged_prs", "weeks": 4}))
    assert sum(one["now"]["value"] for one in found["repositories"]) == found["whole_team"]["now"]["value"]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("measure", {"metric": "cycle_time"}, "Did you mean cycle_time_p"),
        ("measure", {"metric": "merged_prs", "weeks": 0}, "1 to 104 weeks"),
        ("measure", {"metric": "merged_prs", "repository": "northwind/nothing"}, "is not followed"),
        (
            "measure",
            {"metric": "merged_prs", "team": "nobody"},
            "to add it, or name one that there is: Northwind",
        ),
        ("query", {"sql": "DELETE FROM teams"}, "Only a SELECT"),
        ("query", {"sql": "SELECT * FROM read_text('/etc/passwd')"}, "may not stand in FROM"),
        ("query", {"sql": "SELECT (chr(8238) || 'a' || chr(10) || chr(27) || 'b')::INT"}, "convert string 'a b'"),
    ],
)
def test_what_cannot_be_answered_is_said_with_the_way_out(
    ask: Asked, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = ask(tool, arguments)
    assert result.is_error
    assert words.lower() in result.content[0].text.lower()
    assert result.content[0].text.isprintable()


def test_a_period_that_begins_before_the_history_is_cut_as_on_the_pages(tools: Tools) -> None:
    with Warehouse(tools.settings, read_only=True) as warehouse:
        sources = read_sources(warehouse, choose_team(warehouse), "merged_prs")
    end = sources.pull_requests["as_of"].max()
    assert isinstance(end, datetime)
    late = replace(sources, repositories=sources.repositories.with_columns(history_from=end - timedelta(days=20)))
    found = answer(late, Question("merged_prs", 4))
    assert (found.now.start, found.change) == (end - timedelta(days=20), None)
    assert "begins on" in found.note


def test_a_gap_what_is_stale_and_what_has_no_interval_are_not_compared(tools: Tools) -> None:
    def ask_about(name: str, **more: object) -> Answer:
        with Warehouse(tools.settings, read_only=True) as warehouse:
            sources = read_sources(warehouse, choose_team(warehouse), name)
        return answer(replace(sources, weekly=sources.weekly.with_columns(**more)), Question(name, 2))

    assert ask_about("merged_prs").change is not None
    gap = ask_about("merged_prs", is_uncovered=pl.lit(value=True))
    assert (gap.change, gap.note) == (None, "Data of some weeks are missing: not compared.")
    stale = ask_about("stale_prs")
    assert (stale.change, stale.before.value) == (None, None)
    assert stale.now.value is not None
    assert "no interval is known" in ask_about("review_load_gini").note


def test_the_rest_is_there_too(ask: Asked) -> None:
    assert [one["login"] for one in told(ask("list_teams", {}))["teams"]] == ["Northwind"]
    assert {"cycle_time_p50_hours", "merged_prs"} < {one["name"] for one in told(ask("list_metrics", {}))["metrics"]}
    assert "pull_requests" in {one["table"] for one in told(ask("describe_tables", {}))["tables"]}
    pivot = "PIVOT (SELECT chr(8238) || 'a' || chr(10) || 'b' AS t, {'x': 1} AS s) ON t USING any_value(s)"
    assert told(ask("query", {"sql": pivot})) == {"columns": ["a b"], "rows": [{"a b": {"x": 1}}]}
    assert told(ask("query", {"sql": "SELECT count(*) AS n FROM teams"})) == {"columns": ["n"], "rows": [{"n": 1}]}
    assert "insights" in told(ask("list_insights", {}))


def test_over_http_nobody_without_the_key_and_no_other_host_is_served(tools: Tools) -> None:
    async def talk() -> list[int]:
        transport = httpx.ASGITransport(app=http_application(tools, "key"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as client:
            return [
                (await client.post("/mcp", headers=headers)).status_code
                for headers in (
                    {},
                    {"Authorization": "Bearer no"},
                    {"Authorization": "Bearer key", "Host": "evil.example"},
                )
            ]

    assert anyio.run(talk) == [401, 401, 400]


@pytest.mark.slow
def test_the_command_serves_a_client_over_standard_input_and_output(home: Path, tmp_path: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "flows.cli.app", "mcp"],
        env={"PRFLOW_HOME": str(home), "PATH": os.environ["PATH"]},
        cwd=str(tmp_path),
    )

    async def talk() -> Any:
        async with Client(command) as client:
            return await client.call_tool("measure", {"metric": "merged_prs"})

    assert told(anyio.run(talk))["now"]["n"] > 0
