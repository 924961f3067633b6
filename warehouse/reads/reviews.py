"""Reads behind the numbers about reviews."""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.samples import compute_reviews
from warehouse.read_facts import read_review_facts

_METRICS = "SELECT pull_request_id, repository_id, is_bot, excluded_by, is_complete FROM pull_request_metrics"


def read_submitted_reviews(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per submitted review by a human other than the author, as `compute_reviews` describes them.

    Those of pull requests that have no metrics yet are left out.
    """
    facts = read_review_facts(warehouse, team_id)
    metrics = warehouse.read(f"{_METRICS} WHERE team_id = ?", [team_id])
    return compute_reviews(facts, metrics).filter(pl.col("repository_id").is_not_null())


def read_open_activity(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per open pull request that is ready for review: who was asked, and what its author did last.

    `pushed_at` is the newest commit, `author_at` the newest comment of its author; NULL if there is none.
    """
    return warehouse.read(
        """
        SELECT p.id, p.number, p.title, p.author_login, p.requested_reviewers, r.name, m.ready_at, m.approved_at,
               m.size_lines,
               (SELECT max(c.committed_at) FROM commits c WHERE c.pull_request_id = p.id) AS pushed_at,
               (SELECT max(c.created_at) FROM comments c
                WHERE c.pull_request_id = p.id AND c.author_login = p.author_login) AS author_at
        FROM pull_requests p
        JOIN pull_request_metrics m ON m.pull_request_id = p.id
        LEFT JOIN repositories r ON r.id = p.repository_id
        WHERE p.team_id = ? AND m.state = 'OPEN' AND NOT coalesce(m.is_draft, false) AND m.ready_at IS NOT NULL
        """,
        [team_id],
    )


def read_reviewers(warehouse: Warehouse, team_id: str, pull_request_id: str) -> pl.DataFrame:
    """Read one row per account that reviewed a pull request, in the order of the first review: its last verdict.

    `login`, `verdict` (APPROVED, CHANGES_REQUESTED or DISMISSED; NULL if it only commented), `last_at`, `reviews`. A
    review that was not submitted does not count.
    """
    return warehouse.read(
        """
        SELECT arg_max(author_login, submitted_at) AS login,
               arg_max(state, submitted_at) FILTER (state IN ('APPROVED', 'CHANGES_REQUESTED', 'DISMISSED')) AS verdict,
               max(submitted_at) AS last_at, count(*) AS reviews
        FROM reviews
        WHERE team_id = ? AND pull_request_id = ? AND submitted_at IS NOT NULL AND state <> 'PENDING'
        GROUP BY coalesce(author_id, '@' || lower(author_login))
        ORDER BY min(submitted_at), login
        """,
        [team_id, pull_request_id],
    )
