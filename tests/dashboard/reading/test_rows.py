"""Typed rows against the frames that they are made from."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from types import ModuleType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import polars as pl
import pytest

from dashboard.reading import rows
from warehouse.connection import Warehouse
from warehouse.reads.bots import read_bots
from warehouse.reads.data_health import read_analysis_summary, read_coverage, read_github_tokens, read_runs
from warehouse.reads.insights import read_all_insights, read_insights
from warehouse.reads.pull_requests import read_pull_request
from warehouse.reads.reading_checks import read_drawn
from warehouse.reads.reviews import read_reviewers
from warehouse.reads.teams import read_teams
from warehouse.reads.work import read_pieces_of_work
from warehouse.settings import WarehouseSettings

TODAY = date(2026, 11, 20)
READS: dict[type, Callable[[Warehouse, str], pl.DataFrame]] = {
    rows.Team: lambda warehouse, _: read_teams(warehouse),
    rows.PullRequestDetail: lambda warehouse, team_id: read_pull_request(warehouse, team_id, "PR_00001"),
    rows.Insight: lambda warehouse, team_id: read_insights(warehouse, team_id, TODAY),
    rows.StoredInsight: lambda warehouse, team_id: read_all_insights(warehouse, team_id, TODAY),
    rows.PieceOfWork: lambda warehouse, team_id: read_pieces_of_work(warehouse, team_id, ("PR_00001",)),
    rows.DrawnReading: read_drawn,
    rows.RepositoryCoverage: read_coverage,
    rows.AnalysisGroup: read_analysis_summary,
    rows.BotAccount: read_bots,
    rows.StoredRun: read_runs,
    rows.GitHubToken: read_github_tokens,
    rows.PieceOfWork: lambda warehouse, team_id: read_pieces_of_work(warehouse, team_id, ["PR_00001"]),
    rows.Reviewer: lambda warehouse, team_id: read_reviewers(warehouse, team_id, "PR_00001"),
}


@pytest.fixture(scope="module")
def opened(seeded_home: Any) -> Any:
    settings = WarehouseSettings(home=seeded_home("complete"), warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as warehouse:
        yield warehouse


def kinds_of(annotation: Any) -> set[Any]:
    """Return the types that a field may have, without None."""
    parts = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
    return {get_origin(part) or part for part in parts} - {type(None)}


def test_every_kind_of_row_has_its_read() -> None:
    kinds = {kind for kind in vars(rows).values() if isinstance(kind, type) and kind.__module__ == rows.__name__}
    assert set(READS) == kinds


@pytest.mark.parametrize("kind", list(READS), ids=lambda kind: kind.__name__)
def test_each_column_of_a_row_has_the_type_that_the_read_returns(
    opened: Warehouse, seed: ModuleType, kind: type
) -> None:
    schema = READS[kind](opened, seed.TEAM).schema
    declared = {name: kinds_of(annotation) for name, annotation in get_type_hints(kind).items()}
    found = {name: {schema[name].to_python()} for name in declared}
    assert found == declared


def test_a_row_is_made_of_the_columns_that_it_names(opened: Warehouse) -> None:
    frame = read_teams(opened)
    (team,) = rows.make_rows(rows.Team, frame)
    assert (team.team_id, team.login, type(team.as_of)) == ("northwind", "Northwind", datetime)
    assert len(fields(rows.Team)) < frame.width
