"""Reads about the data themselves: how complete they are, what read them, which runs wrote them."""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.lists.shortfall import MAX_DAYS

MAX_INCOMPLETE = 200
MAX_RUNS = 20


def read_coverage(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per followed repository: pull requests expected (found by a scan), stored, incomplete, unread.

    `on_github` is GitHub's total of any age; `expected` and `stored` count distinct pull requests over all phases;
    `unread` have no finished analysis, of the `altered` something could not be stored as GitHub has it, and
    `implausible_commits` have dates that cannot be. `releases` and `deployments` are those stored.
    """
    return warehouse.read(
        """
        SELECT r.full_name, coalesce(r.sync_status, 'pending') AS sync_status, r.last_sync_at, r.last_sync_error,
               r.failing_since, r.history_from, r.watermark_at, r.pull_requests_count AS on_github, r.deliveries_error,
               (SELECT count(*) FROM releases x WHERE x.repository_id = r.id) AS releases,
               (SELECT count(*) FROM deployments d WHERE d.repository_id = r.id) AS deployments,
               coalesce(i.expected, 0) AS expected, coalesce(i.failed, 0) AS failed,
               coalesce(s.stored, 0) AS stored, coalesce(s.incomplete, 0) AS incomplete,
               coalesce(s.unread, 0) AS unread, coalesce(s.altered, 0) AS altered,
               coalesce(s.implausible_commits, 0) AS implausible_commits, s.newest_update_at
        FROM repositories r
        LEFT JOIN (
            SELECT repository_id, count(DISTINCT pull_request_id) AS expected,
                   count(DISTINCT pull_request_id) FILTER (state = 'failed') AS failed
            FROM sync_items WHERE team_id = $team GROUP BY repository_id
        ) i ON i.repository_id = r.id
        LEFT JOIN (
            SELECT p.repository_id, count(*) AS stored, count(*) FILTER (p.is_complete = false) AS incomplete,
                   count(*) FILTER (a.status IS DISTINCT FROM 'done') AS unread, max(p.updated_at) AS newest_update_at,
                   count(p.altered_reason) AS altered, sum(m.implausible_commits_count) AS implausible_commits
            FROM pull_requests p LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
            LEFT JOIN pull_request_metrics m ON m.pull_request_id = p.id
            WHERE p.team_id = $team GROUP BY p.repository_id
        ) s ON s.repository_id = r.id
        WHERE r.team_id = $team AND r.is_followed
        ORDER BY lower(r.full_name)
        """,
        {"team": team_id},
    )


def read_incomplete(warehouse: Warehouse, team_id: str, limit: int = MAX_INCOMPLETE) -> pl.DataFrame:
    """Read the pull requests of which something is missing or cannot be stored, or whose fetch failed; the reason."""
    return warehouse.read(
        """
        SELECT r.full_name, p.number, p.title, concat_ws('; ', p.partial_reason, p.altered_reason) AS reason
        FROM pull_requests p
        JOIN repositories r ON r.id = p.repository_id
        WHERE p.team_id = $team AND (p.is_complete = false OR p.altered_reason IS NOT NULL)
        UNION ALL
        SELECT r.full_name, i.number, NULL, coalesce(i.error, 'the fetch failed') FROM sync_items i
        JOIN repositories r ON r.id = i.repository_id
        WHERE i.team_id = $team AND i.state = 'failed'
        ORDER BY 1, 2 DESC LIMIT $limit
        """,
        {"team": team_id, "limit": limit},
    )


def read_short_lists(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read GitHub's lists that ended before their own total: of what, `said` and `given`, and if it is asked for again.

    `full_name` is the repository, or the team within the organisation; NULL for the owner's own lists.
    """
    return warehouse.read(
        """
        SELECT coalesce(r.full_name, o.slug) AS full_name, s.list_name, s.said, s.given, s.days, s.noted_at,
               s.days < $days AS is_asked_again
        FROM short_lists s
        LEFT JOIN repositories r ON r.id = s.owner_id
        LEFT JOIN organisation_teams o ON o.id = s.owner_id AND o.team_id = s.team_id
        WHERE s.team_id = $team ORDER BY ALL
        """,
        {"team": team_id, "days": MAX_DAYS},
    )


def read_analysis_summary(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Count how the stored pull requests were read: one row per (status, source, error_code, provider, model).

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


def read_runs(warehouse: Warehouse, team_id: str, limit: int = MAX_RUNS) -> pl.DataFrame:
    """Read the newest flow runs that wrote to the warehouse, one row each."""
    return warehouse.read(
        "SELECT * FROM pipeline_runs WHERE team_id = ? ORDER BY started_at DESC LIMIT ?", [team_id, limit]
    )


def read_github_tokens(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the tokens of the team's last sync by their places, one row each; none before the first sync."""
    return warehouse.read("SELECT * FROM github_tokens WHERE team_id = ? ORDER BY place", [team_id])
