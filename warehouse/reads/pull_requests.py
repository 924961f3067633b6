"""Named reads: the questions that pages ask, as SQL, answered with frames.

Every read is of one team and takes its values as parameters. Nothing here writes, computes a metric, or
knows who asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from warehouse.connection import Warehouse, WarehouseMissing

SORTS = {
    "updated": "p.updated_at",
    "opened": "p.created_at",
    "merged": "p.merged_at",
    "cycle_time": "m.cycle_time_hours",
    "first_review": "m.first_review_hours",
    "size": "coalesce(m.size_lines, p.additions + p.deletions)",
    "number": "p.number",
}
"""Names that a page may sort by; always with the number behind, so that paging is stable."""


@dataclass(frozen=True)
class PullRequestQuery:
    """Which pull requests, in which order, and which page of them. Empty fields do not narrow.

    `since` and `until` bound the last update, `[since, until)`. `ids` are the very pull requests behind a
    number; an empty tuple means that there are none, None that it does not narrow.
    """

    text: str = ""
    repository_ids: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    work_types: tuple[str, ...] = ()
    has_bots: bool = True
    ai: str = "all"
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] | None = None
    sort: str = "updated"
    is_descending: bool = True
    limit: int = 50
    offset: int = 0


def read_teams(warehouse: Warehouse) -> pl.DataFrame:
    """One row per team, by login. Raises `WarehouseMissing` before the tables are there."""
    try:
        return warehouse.read("SELECT * FROM teams ORDER BY lower(login), team_id")
    except duckdb.CatalogException:
        raise WarehouseMissing("The warehouse is being created.") from None


def read_repositories(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """One row per followed repository, by name."""
    return warehouse.read(
        "SELECT * FROM repositories WHERE team_id = ? AND is_followed ORDER BY lower(full_name)", [team_id]
    )


def read_pull_request_metrics(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """One row per pull request of the team: the table `pull_request_metrics`."""
    return warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id])


def read_weekly_metrics(warehouse: Warehouse, team_id: str, metrics: Sequence[str]) -> pl.DataFrame:
    """One row per (week, scope, metric) of the named metrics, oldest week first; people are left out."""
    return warehouse.read(
        """
        SELECT week_start, scope, scope_id, metric, value, n, is_complete, is_partial, as_of
        FROM weekly_metrics
        WHERE team_id = ? AND scope IN ('team', 'repository') AND metric IN (SELECT unnest(?))
        ORDER BY week_start
        """,
        [team_id, list(metrics)],
    )


def read_insights(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """One row per insight, the one to be said first on top."""
    return warehouse.read("SELECT * FROM insights WHERE team_id = ? ORDER BY rank, id", [team_id])


_FROM = """
FROM pull_requests p
LEFT JOIN pull_request_metrics m ON m.pull_request_id = p.id
LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
LEFT JOIN repositories r ON r.id = p.repository_id
LEFT JOIN people b ON b.team_id = p.team_id AND b.login = p.author_login
"""

_COLUMNS = """
SELECT p.id, p.number, p.title, p.author_login, p.state, p.is_draft, p.created_at, p.updated_at, p.merged_at,
       p.closed_at, p.additions, p.deletions, p.changed_files, p.is_complete, p.partial_reason,
       r.full_name, m.cycle_time_hours, m.first_review_hours, m.first_review_at, m.ready_at,
       coalesce(m.size_lines, p.additions + p.deletions) AS size_lines,
       a.work_type, a.ai_level, a.risk, coalesce(m.is_bot, b.is_bot, false) AS is_bot
"""


def read_pull_requests(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """One page of pull requests, one row each, in the order asked for."""
    where, values = _where(team_id, query)
    direction = "DESC" if query.is_descending else "ASC"
    order = f"ORDER BY {SORTS[query.sort]} {direction} NULLS LAST, p.number DESC, p.id"
    sql = f"{_COLUMNS} {_FROM} WHERE {where} {order} LIMIT ? OFFSET ?"
    return warehouse.read(sql, [*values, query.limit, query.offset])


def count_pull_requests(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> int:
    """How many there are over all pages: exact."""
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
        ("p.repository_id", query.repository_ids), ("p.state", query.states), ("a.work_type", query.work_types)
    ):  # fmt: skip
        if values:
            conditions.append((f"{column} IN (SELECT unnest(?))", list(values)))
    if query.ids is not None:
        conditions.append(("p.id IN (SELECT unnest(?::VARCHAR[]))", list(query.ids)))
    conditions += [(f"p.updated_at {sign} ?", at) for sign, at in ((">=", query.since), ("<", query.until)) if at]
    sql = [condition for condition, _ in conditions] + _flags(query)
    return " AND ".join(sql), [value for _, value in conditions]


def _flags(query: PullRequestQuery) -> list[str]:
    flags = [] if query.has_bots else ["NOT coalesce(m.is_bot, b.is_bot, false)"]
    if query.ai == "assisted":
        flags.append("coalesce(m.ai_level, a.ai_level) IN ('authored', 'assisted')")
    if query.ai == "other":
        flags.append("coalesce(m.ai_level, a.ai_level, 'none') NOT IN ('authored', 'assisted')")
    return flags


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def read_export(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """All pages at once, for a download, with the phases of each pull request."""
    where, values = _where(team_id, query)
    direction = "DESC" if query.is_descending else "ASC"
    return warehouse.read(
        f"""
        SELECT r.full_name AS repository, p.number, p.title, p.author_login AS author, p.state, p.is_draft,
               p.created_at, m.ready_at, m.first_commit_at, m.first_response_at, m.first_review_at, m.approved_at,
               p.merged_at, p.closed_at, m.coding_hours, m.pickup_hours, m.review_hours, m.merge_hours,
               m.unreviewed_hours, m.cycle_time_hours, m.first_response_hours, m.first_review_hours, m.size_lines,
               p.additions, p.deletions, p.changed_files, coalesce(m.is_bot, b.is_bot, false) AS is_bot,
               a.work_type, a.risk, a.ai_level, a.ai_tool, a.summary, a.source AS analysis_source,
               p.is_complete, p.partial_reason
        {_FROM} WHERE {where} ORDER BY {SORTS[query.sort]} {direction} NULLS LAST, p.number DESC, p.id
        """,
        values,
    )


def read_pull_request(warehouse: Warehouse, team_id: str, pull_request_id: str) -> pl.DataFrame:
    """All of one pull request in one row: itself, its anchors and phases, its analysis; no row where unknown."""
    return warehouse.read(
        f"""
        SELECT p.*, r.full_name, m.* EXCLUDE (pull_request_id, team_id, repository_id, number, author_login, state,
                                              is_draft, merged_at, closed_at, is_complete, work_type, ai_level, is_bot),
               coalesce(m.is_bot, b.is_bot, false) AS is_bot, b.bot_reason,
               a.status AS analysis_status, a.source AS analysis_source, a.work_type, a.work_type_source, a.summary,
               a.risk, a.risk_reasons, a.review_quality, a.ai_level, a.ai_tool, a.ai_evidence, a.ai_evidence_kind,
               a.ai_evidence_place,
               a.is_ai_reviewed, a.technologies, a.languages, a.confidence, a.is_revert, a.is_hotfix, a.model,
               a.provider, a.error_code, a.is_truncated, a.is_injection_suspected, a.analysed_at
        {_FROM} WHERE p.team_id = ? AND p.id = ?
        """,
        [team_id, pull_request_id],
    )


def read_waiting(warehouse: Warehouse, team_id: str, query: PullRequestQuery) -> pl.DataFrame:
    """Open pull requests that are no drafts, those without a review first, then by age. Columns as a page's.

    Those that nobody has touched in all the history that was fetched come last: they wait for nobody any more.
    """
    where, values = _where(team_id, query)
    return warehouse.read(
        f"""
        {_COLUMNS} {_FROM} WHERE {where} AND p.state = 'OPEN' AND NOT coalesce(p.is_draft, false)
        ORDER BY coalesce(p.updated_at < r.history_from, false), m.first_review_at IS NOT NULL,
                 coalesce(m.ready_at, p.created_at), p.id LIMIT ?
        """,
        [*values, query.limit],
    )


def read_review_load(
    warehouse: Warehouse, team_id: str, repository_ids: Sequence[str], since: datetime, until: datetime
) -> pl.DataFrame:
    """Reviews submitted by humans on others' pull requests, none by a bot: one row per (login, week_start).

    Weeks begin in the team's time zone, as those of the metrics.
    """
    return warehouse.read(
        """
        SELECT v.author_login AS login, count(*) AS reviews,
               date_trunc('week', timezone(coalesce(t.timezone, 'UTC'), v.submitted_at))::DATE AS week_start
        FROM reviews v
        JOIN teams t ON t.team_id = v.team_id
        JOIN pull_requests p ON p.id = v.pull_request_id
        LEFT JOIN people b ON b.team_id = v.team_id AND b.login = v.author_login
        LEFT JOIN people a ON a.team_id = v.team_id AND a.login = p.author_login
        WHERE v.team_id = ? AND v.submitted_at >= ? AND v.submitted_at < ? AND v.author_login <> p.author_login
          AND v.state <> 'PENDING' AND NOT coalesce(b.is_bot, false) AND NOT coalesce(a.is_bot, false)
          AND (len(?::VARCHAR[]) = 0 OR p.repository_id IN (SELECT unnest(?::VARCHAR[])))
        GROUP BY ALL ORDER BY ALL
        """,
        [team_id, since, until, list(repository_ids), list(repository_ids)],
    )


def read_coverage(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """One row per followed repository: pull requests expected (found by a scan) and stored, partial, failed, unread.

    `on_github` is GitHub's total of any age; `expected` and `stored` count distinct pull requests over all phases;
    `unread` have no finished analysis. `releases` and `deployments` are those stored.
    """
    return warehouse.read(
        """
        SELECT r.full_name, coalesce(r.sync_status, 'pending') AS sync_status, r.last_sync_at, r.last_sync_error,
               r.history_from, r.watermark_at, r.pull_requests_count AS on_github, r.deliveries_error,
               (SELECT count(*) FROM releases x WHERE x.repository_id = r.id) AS releases,
               (SELECT count(*) FROM deployments d WHERE d.repository_id = r.id) AS deployments,
               coalesce(i.expected, 0) AS expected, coalesce(i.failed, 0) AS failed,
               coalesce(s.stored, 0) AS stored, coalesce(s.incomplete, 0) AS incomplete,
               coalesce(s.unread, 0) AS unread, s.newest_update_at
        FROM repositories r
        LEFT JOIN (
            SELECT repository_id, count(DISTINCT pull_request_id) AS expected,
                   count(DISTINCT pull_request_id) FILTER (state = 'failed') AS failed
            FROM sync_items WHERE team_id = $team GROUP BY repository_id
        ) i ON i.repository_id = r.id
        LEFT JOIN (
            SELECT p.repository_id, count(*) AS stored, count(*) FILTER (p.is_complete = false) AS incomplete,
                   count(*) FILTER (a.status IS DISTINCT FROM 'done') AS unread, max(p.updated_at) AS newest_update_at
            FROM pull_requests p LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
            WHERE p.team_id = $team GROUP BY p.repository_id
        ) s ON s.repository_id = r.id
        WHERE r.team_id = $team AND r.is_followed
        ORDER BY lower(r.full_name)
        """,
        {"team": team_id},
    )


def read_incomplete(warehouse: Warehouse, team_id: str, limit: int = 200) -> pl.DataFrame:
    """Pull requests of which something is missing or whose fetch failed, with the reason."""
    return warehouse.read(
        """
        SELECT r.full_name, p.number, p.title, p.partial_reason AS reason FROM pull_requests p
        JOIN repositories r ON r.id = p.repository_id
        WHERE p.team_id = $team AND p.is_complete = false
        UNION ALL
        SELECT r.full_name, i.number, NULL, coalesce(i.error, 'the fetch failed') FROM sync_items i
        JOIN repositories r ON r.id = i.repository_id
        WHERE i.team_id = $team AND i.state = 'failed'
        ORDER BY 1, 2 DESC LIMIT $limit
        """,
        {"team": team_id, "limit": limit},
    )


def read_analysis_summary(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """How the stored pull requests were read: one row per (status, source, error_code, provider, model).

    `status` is NULL for those not read at all. Tokens and cost are sums; cost is NULL where no price is known.
    """
    return warehouse.read(
        """
        SELECT a.status, a.source, a.error_code, a.provider, a.model, count(*) AS pull_requests,
               sum(a.prompt_tokens + a.completion_tokens) AS tokens, sum(a.cost_usd) AS cost_usd
        FROM pull_requests p LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
        WHERE p.team_id = ? GROUP BY ALL ORDER BY pull_requests DESC
        """,
        [team_id],
    )


def read_bots(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Accounts that are bots, are proposed as one, or were decided on: one row each, with why and what they did."""
    return warehouse.read(
        """
        SELECT b.login, coalesce(b.is_bot, false) AS is_bot, b.bot_reason, b.quick_answers_share, b.decided_at,
               coalesce(o.opened, 0) AS opened, coalesce(v.reviews, 0) AS reviews
        FROM people b
        LEFT JOIN (
            SELECT author_login, count(*) AS opened FROM pull_requests WHERE team_id = $team GROUP BY ALL
        ) o ON o.author_login = b.login
        LEFT JOIN (
            SELECT author_login, count(*) AS reviews FROM reviews WHERE team_id = $team GROUP BY ALL
        ) v ON v.author_login = b.login
        WHERE b.team_id = $team AND (b.is_bot OR b.quick_answers_share IS NOT NULL OR b.decided_at IS NOT NULL)
        ORDER BY b.is_bot, opened DESC, reviews DESC, b.login
        """,
        {"team": team_id},
    )


def read_runs(warehouse: Warehouse, team_id: str, limit: int = 20) -> pl.DataFrame:
    """The newest flow runs that wrote to the warehouse, one row each."""
    return warehouse.read(
        "SELECT * FROM pipeline_runs WHERE team_id = ? ORDER BY started_at DESC LIMIT ?", [team_id, limit]
    )


def read_github_tokens(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """The tokens of the team's last sync by their places, one row each; none before the first."""
    return warehouse.read("SELECT * FROM github_tokens WHERE team_id = ? ORDER BY place", [team_id])
