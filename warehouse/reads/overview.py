"""Reads behind the numbers, weeks and panels of the Overview."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.accounts.people import decide_accounts, name_accounts
from warehouse.metrics.responses import select_human_reviews


def read_pull_request_metrics(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per pull request of the team: the table `pull_request_metrics`."""
    return warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id])


def read_weekly_metrics(warehouse: Warehouse, team_id: str, metrics: Sequence[str]) -> pl.DataFrame:
    """Read one row per (week, scope, metric) of the named metrics, oldest week first; the scope person is left out."""
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
    """Read one row per insight that is true now, the most important first."""
    return warehouse.read(
        "SELECT * FROM insights WHERE team_id = ? AND resolved_at IS NULL ORDER BY rank, id", [team_id]
    )


def read_review_load(
    warehouse: Warehouse, team_id: str, repository_ids: Sequence[str], since: datetime, until: datetime
) -> pl.DataFrame:
    """Read the reviews that humans submitted on pull requests of others: one row per person and week.

    `login` is the person's login of today, `week_start`, `reviews`.

    Reviews by bots do not count, nor do those of pull requests that are theirs or are left out. Weeks begin in the
    team's time zone, like those of the metrics.
    """
    reviews = warehouse.read(
        """
        SELECT coalesce(v.author_id, '@' || lower(v.author_login)) AS account_id, v.author_login AS login,
               v.author_kind AS kind, coalesce(p.author_id, '@' || lower(p.author_login)) AS opener,
               p.author_login AS opener_login, p.author_kind AS opener_kind, v.state, v.submitted_at,
               date_trunc('week', timezone(coalesce(t.timezone, 'UTC'), v.submitted_at))::DATE AS week_start
        FROM reviews v
        JOIN teams t ON t.team_id = v.team_id
        JOIN pull_requests p ON p.id = v.pull_request_id
        LEFT JOIN pull_request_metrics m ON m.pull_request_id = v.pull_request_id
        WHERE v.team_id = ? AND m.excluded_by IS NULL AND v.submitted_at >= ? AND v.submitted_at < ?
          AND (len(?::VARCHAR[]) = 0 OR p.repository_id IN (SELECT unnest(?::VARCHAR[])))
        """,
        [team_id, since, until, list(repository_ids), list(repository_ids)],
    )
    openers = reviews.select(account_id="opener", login="opener_login", kind="opener_kind")
    seen = pl.concat([reviews.select("account_id", "login", "kind"), openers])
    people = warehouse.read("SELECT account_id, is_bot FROM people WHERE team_id = ?", [team_id])
    accounts = decide_accounts(seen, people)
    bots = accounts.filter("is_bot").select(opener="account_id")
    counted = select_human_reviews(reviews, accounts).join(bots, on="opener", how="anti")
    named = counted.drop("login").join(name_accounts(accounts), on="account_id").rename({"name": "login"})
    return named.group_by("login", "week_start").agg(reviews=pl.len().cast(pl.Int64)).sort("login", "week_start")
