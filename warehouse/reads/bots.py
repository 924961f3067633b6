"""The read of the accounts that are bots or behave like one."""

import polars as pl

from warehouse.connection import Warehouse


def read_bots(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the accounts that are or may be bots, and those a person decided on: one row each, with the reason.

    `opened` and `reviews` count what the account did. `is_agent` is true for a bot that is a coding agent: its pull
    requests count in the metrics, those of other bots do not.
    """
    return warehouse.read(
        """
        SELECT b.account_id, b.login, coalesce(b.is_bot, false) AS is_bot, b.bot_reason, b.quick_answers_share,
               b.bot_evidence, b.decided_at,
               coalesce(b.is_bot AND a.account_id IS NOT NULL, false) AS is_agent,
               coalesce(o.opened, 0) AS opened, coalesce(v.reviews, 0) AS reviews
        FROM people b
        LEFT JOIN (
            SELECT coalesce(author_id, '@' || lower(author_login)) AS account_id, count(*) AS opened
            FROM pull_requests WHERE team_id = $team GROUP BY ALL
        ) o ON o.account_id = b.account_id
        LEFT JOIN (
            SELECT coalesce(author_id, '@' || lower(author_login)) AS account_id, count(*) AS reviews
            FROM reviews WHERE team_id = $team GROUP BY ALL
        ) v ON v.account_id = b.account_id
        LEFT JOIN (
            SELECT DISTINCT author_id AS account_id FROM pull_request_metrics
            WHERE team_id = $team AND author_lane = 'agent'
        ) a ON a.account_id = b.account_id
        WHERE b.team_id = $team AND (b.is_bot OR b.quick_answers_share IS NOT NULL OR b.bot_evidence IS NOT NULL
                                   OR b.decided_at IS NOT NULL)
        ORDER BY b.is_bot, opened DESC, reviews DESC, b.login
        """,
        {"team": team_id},
    )
