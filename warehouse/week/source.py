"""Read what the facts of a week are found in, and which weeks are complete."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, UnknownTeam
from warehouse.insights.evidence import gather_evidence
from warehouse.insights.find import find_insights
from warehouse.metrics.weeks import week_of
from warehouse.reads.overview import read_pull_request_metrics
from warehouse.schema import frame, polars_schema
from warehouse.schema import insights as insights_table
from warehouse.week.compared import plan_comparison
from warehouse.week.fact import Fact
from warehouse.week.facts import MERGED, METRICS, WeekData, find_facts


class WeekNotComplete(BadArgument):
    """The week is not over, or not everything of it is fetched."""


@dataclass(frozen=True)
class ReadTeam:
    """A team as the facts need it, with its row for `plan_comparison`."""

    team_id: str
    timezone: str
    row: dict[str, object]


def read_team(warehouse: Warehouse, team_id: str) -> ReadTeam:
    """Return the team; UnknownTeam if there is none."""
    row = warehouse.read_one(_TEAM, [team_id])
    if row is None:
        raise UnknownTeam(team_id)
    return ReadTeam(team_id, row["timezone"], row)


def list_weeks(warehouse: Warehouse, team_id: str) -> list[date]:
    """Return the Mondays of the team's complete weeks, the newest first."""
    weeks: list[date] = warehouse.read(_COMPLETE, [team_id, MERGED.name])["week_start"].to_list()
    return weeks


def choose_week(warehouse: Warehouse, team_id: str, week: date | None) -> date | None:
    """Return the week if it is complete, the newest complete one if it is None; None if there is none.

    Raises WeekNotComplete for a week that is not.
    """
    known = list_weeks(warehouse, team_id)
    if week is None:
        return known[0] if known else None
    if week not in known:
        newest = f"The newest complete week is that of {known[0]}." if known else "No week is complete yet."
        raise WeekNotComplete(f"The week of {week} is not a complete week of {team_id}.", newest)
    return week


def read_facts_of_week(warehouse: Warehouse, team_id: str, week: date) -> list[Fact]:
    """Compute the facts of a complete week from what is stored now."""
    team = read_team(warehouse, team_id)
    names = warehouse.read("SELECT id, full_name FROM repositories WHERE team_id = ?", [team_id])
    compared = plan_comparison(warehouse, team.row, week, METRICS)
    data = WeekData(
        week=week_of(week, team.timezone),
        timezone=team.timezone,
        pull_requests=warehouse.read(_PULL_REQUESTS, [team_id, compared.first, compared.first]),
        compared=compared,
        insights=_read_insights(warehouse, team, week, names),
        names=dict(names.iter_rows()),
    )
    return find_facts(data)


def _read_insights(warehouse: Warehouse, team: ReadTeam, week: date, names: pl.DataFrame) -> pl.DataFrame:
    """Read the insights of the week; those of an older one, whose rows have moved on, are found again."""
    if week not in list_weeks(warehouse, team.team_id)[:1]:
        weekly = warehouse.read(_WEEKLY, [team.team_id, week])
        if weekly.is_empty():
            return frame(insights_table, [])
        as_of = week_of(week, team.timezone).ends_at
        pull_requests = read_pull_request_metrics(warehouse, team.team_id)
        evidence = gather_evidence(team.team_id, team.timezone, names, pull_requests, weekly, as_of)
        return find_insights(evidence).filter(pl.col("week_start") == week)
    rows = warehouse.read(_INSIGHTS, [team.team_id, week])
    return rows.cast({name: kind for name, kind in polars_schema(insights_table).items() if name in rows.columns})


_TEAM = """
SELECT t.team_id, coalesce(t.login, t.team_id) AS login, coalesce(t.timezone, 'UTC') AS timezone, t.web_url,
       (SELECT CASE WHEN count(*) = count(history_from) THEN max(history_from) END
        FROM repositories r WHERE r.team_id = t.team_id AND r.is_followed) AS history_from
FROM teams t WHERE t.team_id = ?
"""
_COMPLETE = """
SELECT week_start FROM weekly_metrics
WHERE team_id = ? AND scope = 'team' AND metric = ? AND is_complete AND NOT coalesce(is_uncovered, is_partial, true)
ORDER BY week_start DESC
"""
# All that the facts count was merged, or first reviewed, in the eight weeks that end with the week.
_PULL_REQUESTS = """
SELECT * FROM pull_request_metrics WHERE team_id = ? AND (merged_at >= ? OR first_review_at >= ?)
"""
_INSIGHTS = """
SELECT * FROM insights WHERE team_id = ? AND week_start = ? AND resolved_at IS NULL ORDER BY rank, id
"""
_WEEKLY = "SELECT * FROM weekly_metrics WHERE team_id = ? AND scope = 'repository' AND week_start <= ?"
