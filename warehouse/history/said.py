"""Read what was said on a day: values, pull requests, insights, settings and definitions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError, UnknownTeam
from warehouse.history.basis import BOT, NAMED, REPOSITORY, SETTING, TIMEZONE, has_basis
from warehouse.history.keep import INSIGHT, PULL_REQUEST, VALUES
from warehouse.metrics.facts import KEY

_KINDS = {pl.String(): "VARCHAR", pl.Float64(): "DOUBLE", pl.Boolean(): "BOOLEAN", pl.Date(): "DATE"}


class NothingSaid(PrflowError, LookupError):
    """Nothing is kept of what was said then."""


@dataclass(frozen=True)
class Report:
    """The numbers of a team as they stood at `until`: computed at `said_at`, with weeks in `timezone`.

    Since `kept_since` what was said is kept.
    """

    team_id: str
    until: datetime
    said_at: datetime
    as_of: datetime
    kept_since: datetime
    timezone: str


def find_report(warehouse: Warehouse, team_id: str, day: date, now: datetime) -> Report:
    """Find the last numbers of a day, which ends at midnight in the team's zone of today.

    Raise UnknownTeam, or NothingSaid if the day is to come, or before the first numbers that are kept.
    """
    team = warehouse.read_one("SELECT coalesce(timezone, 'UTC') AS zone FROM teams WHERE team_id = ?", [team_id])
    if team is None:
        raise UnknownTeam(team_id)
    begins, ends = (
        datetime.combine(day + timedelta(days=days), time(), ZoneInfo(team["zone"])).astimezone(UTC) for days in (0, 1)
    )
    if begins > now:
        raise NothingSaid(f"{day} is yet to come.", "Name a day up to today.")
    until = min(ends, now)
    found = warehouse.read_one(_LAST, {"team": team_id, "until": until}) or {}
    if found.get("kept_since") is None:
        raise NothingSaid(f"No numbers of {team_id} have been computed yet.", "They follow with the first run.")
    if found["said_at"] is None:
        raise NothingSaid(
            f"What was said on {day} is not kept: prflow keeps it since {found['kept_since']:%Y-%m-%d %H:%M} UTC.",
            "Name that day or a later one.",
        )
    zones = read_basis_at(warehouse, team_id, until).filter(pl.col("name") == TIMEZONE)["value"]
    zone = str(zones[0]) if zones.len() else str(team["zone"])
    return Report(team_id, until, found["said_at"], found["as_of"], found["kept_since"], zone)


def read_values_at(warehouse: Warehouse, report: Report, week: date, scope: str, scope_id: str | None) -> pl.DataFrame:
    """Read one row per metric of one week and scope, as said then: `metric`, VALUES. None where nothing was said."""
    parameters = {"team": report.team_id, "until": report.until, "week": week, "scope": scope, "id": scope_id}
    rows = warehouse.read(_VALUES_THEN, parameters)
    return rows.filter(pl.col("is_complete").is_not_null()).select("metric", *VALUES)


def read_values_now(warehouse: Warehouse, report: Report, week: date, scope: str, scope_id: str | None) -> pl.DataFrame:
    """Read the same as it is said now."""
    parameters = {"team": report.team_id, "week": week, "scope": scope, "id": scope_id}
    return warehouse.read(_VALUES_NOW, parameters).select("metric", *VALUES)


def read_pull_requests_now(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the rows of `pull_request_metrics` of a team."""
    rows = warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id])
    return rows.cast(schema.polars_schema(schema.pull_request_metrics))  # type: ignore[arg-type]


def go_back(warehouse: Warehouse, report: Report, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `pull_request_metrics` as they were then, from those of now.

    Names and titles are those of now, NULL for what is not there any more. `as_of` is the time of the numbers then.
    """
    kinds = {name: kind for name, kind in rows.schema.items() if not isinstance(kind, pl.List)}
    structure = ", ".join(f'"{name}": "{_sql_type(kind)}"' for name, kind in kinds.items())
    query = (
        f"SELECT subject_id, said IS NULL AS is_absent, from_json(said, '{{{structure}}}') AS one FROM ({_ROWS_THEN})"  # noqa: S608
    )
    parameters = {"team": report.team_id, "until": report.until, "subject": PULL_REQUEST}
    found = warehouse.read(query, parameters)
    unchanged = rows.join(found, left_on=KEY, right_on="subject_id", how="anti")
    earlier = found.filter(~pl.col("is_absent")).select("one").unnest("one").cast(kinds)  # type: ignore[arg-type]
    named = ("title", "author_login", "requested_by_login", "merged_by_login")
    of_now = rows.select(KEY, *(name for name in named if name in rows.columns))
    earlier = earlier.drop(name for name in of_now.columns if name != KEY).join(of_now, on=KEY, how="left")
    then = pl.concat([unchanged, earlier], how="diagonal").select(rows.columns)
    return then.with_columns(team_id=pl.lit(report.team_id), as_of=pl.lit(report.as_of, rows.schema["as_of"]))


def read_insights_at(warehouse: Warehouse, report: Report) -> pl.DataFrame:
    """Read the insights that were true then, as they were said: `severity`, `title`, `detail`; most important first."""
    parameters = {"team": report.team_id, "until": report.until, "subject": INSIGHT}
    return warehouse.read(_INSIGHTS_THEN, parameters)


def read_basis_at(warehouse: Warehouse, team_id: str, until: datetime) -> pl.DataFrame:
    """Read the settings and definitions with which the numbers of a time were computed: `kind`, `name`, `value`."""
    rows = warehouse.read("SELECT * FROM counted_with WHERE team_id = ? ORDER BY ALL", [team_id])
    is_then = (pl.col("said_from") <= until) & (pl.col("said_until").is_null() | (pl.col("said_until") > until))
    return rows.filter(is_then).select(NAMED)


def read_basis_changes(warehouse: Warehouse, report: Report) -> pl.DataFrame:
    """Read what changed since: one row per setting or definition, `kind`, `name`, `value`, `is_over`, `changed_at`.

    `label` is the value for people if it is an id: the name of a repository or of an account.

    None if an earlier version had computed the numbers, which did not keep with what.
    """
    rows = warehouse.read("SELECT * FROM counted_with WHERE team_id = ?", [report.team_id])
    if not has_basis(warehouse, report.team_id, report.until):
        rows = rows.clear()
    begun = rows.filter(pl.col("said_from") > report.until).select(
        *NAMED, is_over=pl.lit(value=False), changed_at="said_from"
    )
    over = rows.filter(pl.col("said_until") > report.until, pl.col("said_from") <= report.until).select(
        *NAMED, is_over=pl.lit(value=True), changed_at="said_until"
    )
    both = pl.concat([over, begun]).sort(
        "changed_at", "kind", "name", "is_over", descending=[False, False, False, True]
    )
    dates = warehouse.read("SELECT name, value, set_at FROM team_settings WHERE team_id = ?", [report.team_id])
    dated = both.join(dates.with_columns(kind=pl.lit(SETTING)), on=[*NAMED], how="left", maintain_order="left")
    labels = warehouse.read(_LABELS, {"team": report.team_id, "setting": SETTING})
    dated = dated.join(labels, on=[*NAMED], how="left", maintain_order="left")
    return dated.with_columns(set_at=pl.when(~pl.col("is_over")).then("set_at"))


def _sql_type(kind: pl.DataType) -> str:
    if isinstance(kind, pl.Datetime):
        return "TIMESTAMPTZ"
    return _KINDS.get(kind, "BIGINT")


_LABELS = f"""
SELECT $setting AS kind, '{REPOSITORY}' AS name, id AS value, full_name AS label
FROM repositories WHERE team_id = $team AND full_name IS NOT NULL
UNION ALL
SELECT $setting, '{BOT}', account_id || words, any_value(login) || words
FROM people CROSS JOIN (VALUES (' counts as a bot'), (' counts as a human')) AS decided(words)
WHERE team_id = $team AND account_id IS NOT NULL GROUP BY account_id, words
"""  # noqa: S608  constants
_LAST = """
SELECT min(said_at) AS kept_since, max(said_at) FILTER (said_at <= $until) AS said_at,
       max_by(as_of, said_at) FILTER (said_at <= $until) AS as_of
FROM computations WHERE team_id = $team
"""
_OF_SCOPE = "team_id = $team AND week_start = $week AND scope = $scope AND (scope_id = $id OR $id IS NULL)"
_EARLIER = f"""
SELECT * FROM weekly_metrics_history WHERE {_OF_SCOPE} AND said_until > $until
QUALIFY row_number() OVER (PARTITION BY metric ORDER BY said_until) = 1
"""  # noqa: S608  constants of this module
_VALUES_THEN = f"""
WITH earlier AS ({_EARLIER})
SELECT metric, {", ".join(VALUES)} FROM earlier
UNION ALL
SELECT metric, {", ".join(VALUES)} FROM weekly_metrics WHERE {_OF_SCOPE} AND metric NOT IN (SELECT metric FROM earlier)
"""  # noqa: S608
_VALUES_NOW = f"SELECT metric, {', '.join(VALUES)} FROM weekly_metrics WHERE {_OF_SCOPE}"  # noqa: S608
_ROWS_THEN = """
SELECT subject_id, said FROM earlier_rows WHERE team_id = $team AND subject = $subject AND said_until > $until
QUALIFY row_number() OVER (PARTITION BY subject_id ORDER BY said_until) = 1
"""
_INSIGHTS_THEN = f"""
WITH earlier AS ({_ROWS_THEN}), told AS (
  SELECT said->>'severity' AS severity, said->>'title' AS title, said->>'detail' AS detail,
         (said->>'rank')::INTEGER AS rank, said->>'resolved_at' IS NULL AS is_true
  FROM earlier WHERE said IS NOT NULL
  UNION ALL
  SELECT severity, title, detail, rank, resolved_at IS NULL FROM insights
  WHERE team_id = $team AND id NOT IN (SELECT subject_id FROM earlier)
)
SELECT severity, title, detail FROM told WHERE is_true ORDER BY rank, title
"""  # noqa: S608
