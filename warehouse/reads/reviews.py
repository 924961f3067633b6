"""Reads behind the numbers about reviews."""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.life.reviews import compute_reviews
from warehouse.metrics.life.waiting import FORGOTTEN_AFTER
from warehouse.read_facts import read_review_facts

_METRICS = "SELECT pull_request_id, repository_id, is_bot, excluded_by, is_complete FROM pull_request_metrics"


def read_submitted_reviews(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per submitted review by a human other than the author, as `compute_reviews` describes them.

    Those of pull requests that have no metrics yet are left out.
    """
    facts = read_review_facts(warehouse, team_id)
    metrics = warehouse.read(f"{_METRICS} WHERE team_id = ?", [team_id])
    return compute_reviews(facts, metrics).filter(pl.col("repository_id").is_not_null())


def read_open_turns(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per open pull request that is not a draft: whose turn it is, since when, and who was asked.

    `turn` is author, review or merge, `turn_login` whose it is, NULL if nobody's in particular; both are as of the last
    computation. `is_draft` is as of the last fetch. `is_forgotten` is true if nobody has touched it for 90 days.
    """
    return warehouse.read(
        """
        SELECT p.id, p.number, p.title, p.author_login, p.requested_reviewers, r.name, m.size_lines,
               t.turn, t.turn_login, t.turn_since,
               coalesce(m.as_of - coalesce(m.last_activity_at, m.ready_at) >= $forgotten, false) AS is_forgotten
        FROM pull_requests p
        JOIN pull_request_metrics m ON m.pull_request_id = p.id
        JOIN (
            SELECT pull_request_id, arg_max(turn, place) AS turn, arg_max_null(login, place) AS turn_login,
                   arg_max(started_at, place) AS turn_since
            FROM turns WHERE team_id = $team_id GROUP BY pull_request_id
        ) t ON t.pull_request_id = p.id
        LEFT JOIN repositories r ON r.id = p.repository_id
        WHERE p.team_id = $team_id AND m.state = 'OPEN' AND t.turn <> 'draft'
        """,
        {"team_id": team_id, "forgotten": FORGOTTEN_AFTER},
    )


def read_slugs_of(warehouse: Warehouse, team_id: str, login: str) -> pl.DataFrame:
    """Read the `slug` of each team within the organisation that the person of a GitHub login is a member of."""
    return warehouse.read(
        """
        SELECT t.slug FROM organisation_teams t
        JOIN organisation_team_members m ON m.organisation_team_id = t.id AND m.team_id = t.team_id
        WHERE t.team_id = ? AND lower(m.login) = lower(?) AND t.slug IS NOT NULL ORDER BY t.slug
        """,
        [team_id, login],
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
