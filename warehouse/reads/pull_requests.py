"""Reads of pull requests: a page of a search, its count and export, the open ones that wait, one with all details."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.life.waiting import add_waiting

SORTS = {
    "updated": "p.updated_at",
    "opened": "p.created_at",
    "merged": "coalesce(p.merged_at, m.merged_at)",
    "cycle_time": "m.cycle_time_hours",
    "first_review": "m.first_review_hours",
    "size": "coalesce(m.size_lines, p.additions + p.deletions)",
    "number": "p.number",
}
"""Names that a page may sort by; the number breaks ties, so that paging is stable."""


@dataclass(frozen=True)
class PullRequestQuery:
    """A search: which pull requests, in which order, and which page of them. Empty fields do not narrow it.

    `since` and `until` bound the last update, `[since, until)`, also of open ones unless `is_open_always_in`. `ids` are
    the pull requests behind a number: an empty tuple matches none, None does not narrow.
    """

    text: str = ""
    repository_ids: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    work_types: tuple[str, ...] = ()
    include_bots: bool = True
    ai: str = "all"
    since: datetime | None = None
    until: datetime | None = None
    is_open_always_in: bool = False
    ids: tuple[str, ...] | None = None
    sort: str = "updated"
    is_descending: bool = True
    limit: int = 50
    offset: int = 0


_FROM = """
FROM pull_requests p
LEFT JOIN pull_request_metrics m ON m.pull_request_id = p.id
LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
LEFT JOIN repositories r ON r.id = p.repository_id
LEFT JOIN people b ON b.team_id = p.team_id AND b.account_id = coalesce(p.author_id, '@' || lower(p.author_login))
"""

# What a bot merged and then closed is merged: GitHub calls it closed.
_IS_LANDED = "(p.state = 'CLOSED' AND m.landed_by IS NOT NULL)"
_STATE = f"CASE WHEN {_IS_LANDED} THEN 'MERGED' ELSE p.state END"
_MERGED_AT = f"CASE WHEN {_IS_LANDED} THEN m.merged_at ELSE p.merged_at END"

# When the team set the rule in `excluded_by`.
EXCLUDED_SINCE = """(SELECT max(s.set_at) FROM team_settings s WHERE s.team_id = p.team_id
               AND replace(s.name, 'exclude-', '') || ' ' || s.value = m.excluded_by)"""

_COLUMNS = f"""
SELECT p.id, p.number, p.title, p.author_login, {_STATE} AS state, p.is_draft, p.created_at, p.updated_at,
       {_MERGED_AT} AS merged_at,
       p.closed_at, p.additions, p.deletions, p.changed_files, p.is_complete, p.partial_reason,
       r.full_name, m.cycle_time_hours, m.first_review_hours, m.first_review_at, m.ready_at,
       coalesce(m.size_lines, p.additions + p.deletions) AS size_lines,
       a.work_type, a.ai_level, a.risk, coalesce(m.is_bot, b.is_bot, false) AS is_bot, m.excluded_by
"""


def read_pull_requests(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """Read one page of pull requests, one row each, in the order of the query."""
    where, values = _where(team_id, query)
    direction = "DESC" if query.is_descending else "ASC"
    order = f"ORDER BY {SORTS[query.sort]} {direction} NULLS LAST, p.number DESC, p.id"
    sql = f"{_COLUMNS} {_FROM} WHERE {where} {order} LIMIT ? OFFSET ?"
    return warehouse.read(sql, [*values, query.limit, query.offset])


def count_pull_requests(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> int:
    """Count the pull requests over all pages."""
    where, values = _where(team_id, query)
    row = warehouse.read_one(f"SELECT count(*) AS n {_FROM} WHERE {where}", values)
    return int(row["n"]) if row else 0


def _where(team_id: str, query: PullRequestQuery) -> tuple[str, list[object]]:
    conditions: list[tuple[str, object]] = [("p.team_id = ?", team_id)]
    if query.text:
        pattern = f"%{_like(query.text.lower())}%"
        conditions.append(
            ("concat_ws(' ', lower(p.title), '#' || p.number, lower(p.author_login)) LIKE ? ESCAPE '\\'", pattern)
        )
    for column, values in (
        ("p.repository_id", query.repository_ids),
        (_STATE, query.states),
        ("a.work_type", query.work_types),
    ):
        if values:
            conditions.append((f"{column} IN (SELECT unnest(?))", list(values)))
    if query.ids is not None:
        conditions.append(("p.id IN (SELECT unnest(?::VARCHAR[]))", list(query.ids)))
    or_open = f" OR {_STATE} = 'OPEN'" if query.is_open_always_in else ""
    bounds = ((">=", query.since), ("<", query.until))
    conditions += [(f"(p.updated_at {sign} ?{or_open})", at) for sign, at in bounds if at]
    sql = [condition for condition, _ in conditions] + _flags(query)
    return " AND ".join(sql), [value for _, value in conditions]


def _flags(query: PullRequestQuery) -> list[str]:
    flags = [] if query.include_bots else ["NOT coalesce(m.is_bot, b.is_bot, false)"]
    if query.ai == "assisted":
        flags.append("coalesce(m.ai_level, a.ai_level) IN ('authored', 'assisted')")
    if query.ai == "other":
        flags.append("coalesce(m.ai_level, a.ai_level, 'none') NOT IN ('authored', 'assisted')")
    return flags


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def read_export(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """Read all pages at once, for a download, with the phases of each pull request."""
    where, values = _where(team_id, query)
    direction = "DESC" if query.is_descending else "ASC"
    return warehouse.read(
        f"""
        SELECT r.full_name AS repository, p.number, p.title, p.author_login AS author, {_STATE} AS state, p.is_draft,
               p.created_at, m.ready_at, m.first_commit_at, m.first_response_at, m.first_review_at, m.approved_at,
               {_MERGED_AT} AS merged_at, p.closed_at, m.coding_hours, m.pickup_hours, m.review_hours, m.merge_hours,
               m.unreviewed_hours, m.cycle_time_hours, m.first_response_hours, m.first_review_hours, m.size_lines,
               p.additions, p.deletions, p.changed_files, coalesce(m.is_bot, b.is_bot, false) AS is_bot,
               a.work_type, a.risk, a.ai_level, a.ai_tool, a.summary, a.source AS analysis_source,
               p.is_complete, p.partial_reason, m.landed_by, m.merged_by_login AS merged_by, m.merged_through,
               m.excluded_by
        {_FROM} WHERE {where} ORDER BY {SORTS[query.sort]} {direction} NULLS LAST, p.number DESC, p.id
        """,
        values,
    )


def read_pull_request(warehouse: Warehouse, team_id: str, pull_request_id: str) -> pl.DataFrame:
    """Read one pull request in one row: itself, its anchors and phases, its analysis; no row if it is unknown."""
    return warehouse.read(
        f"""
        SELECT p.* EXCLUDE (state, merged_at, merged_by_login), {_STATE} AS state, {_MERGED_AT} AS merged_at,
               coalesce(m.merged_by_login, p.merged_by_login) AS merged_by_login, r.full_name,
               m.* EXCLUDE (pull_request_id, team_id, repository_id, number, author_id, author_login, state, is_draft,
                            merged_at, closed_at, is_complete, work_type, ai_level, is_bot, merged_by_login),
               {EXCLUDED_SINCE} AS excluded_since,
               coalesce(m.is_bot, b.is_bot, false) AS is_bot, b.bot_reason,
               a.status AS analysis_status, a.source AS analysis_source, a.work_type, a.work_type_source, a.summary,
               a.risk, a.risk_reasons, a.review_quality, a.ai_level, a.ai_tool, a.ai_tools, a.ai_evidence,
               a.ai_evidence_kind, a.ai_evidence_place,
               a.is_ai_reviewed, a.technologies, a.languages, a.confidence, a.is_revert, a.is_hotfix, a.model,
               a.provider, a.error_code, a.is_truncated, a.is_injection_suspected, a.analysed_at
        {_FROM} WHERE p.team_id = ? AND p.id = ?
        """,
        [team_id, pull_request_id],
    )


def read_waiting(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """Read open pull requests, excluding drafts: those without a review first, the longest waiting on top.

    The columns are those of `read_pull_requests`, with `is_unreviewed` and `is_forgotten` from `add_waiting`.
    The forgotten ones come last.
    """
    where, values = _where(team_id, query)
    # A pull request that is fetched and not yet measured is as old as its last update.
    rows = warehouse.read(
        f"""
        {_COLUMNS}, coalesce(m.last_activity_at, p.updated_at) AS last_activity_at, max(m.as_of) OVER () AS as_of
        {_FROM} WHERE {where} AND p.state = 'OPEN' AND NOT coalesce(p.is_draft, false)
        """,
        values,
    )
    order = ("is_forgotten", pl.col("first_review_at").is_not_null(), pl.coalesce("ready_at", "created_at"), "id")
    return add_waiting(rows).sort(order).drop("last_activity_at", "as_of").head(query.limit)
