"""Reads of what happened to one pull request."""

import polars as pl

from warehouse.connection import Warehouse


def read_events(warehouse: Warehouse, team_id: str, pull_request_id: str) -> pl.DataFrame:
    """Read what is stored of one pull request: one row per event, oldest first.

    `happened_at`, `kind`, `actor`, `detail`. `kind` is commit, opened, comment, review (with its state as `detail`),
    merged, closed, or GitHub's name of an event of the timeline. A commit's time is its author date, which the clock of
    its author's machine gave.
    """
    return warehouse.read(
        """
        WITH one AS (SELECT * FROM pull_requests WHERE team_id = ? AND id = ?)
        SELECT authored_at AS happened_at, 'commit' AS kind, author_login AS actor, headline AS detail
        FROM commits WHERE pull_request_id IN (SELECT id FROM one)
        UNION ALL SELECT created_at, 'opened', author_login, NULL FROM one
        UNION ALL SELECT created_at, 'comment', author_login, NULL
        FROM comments WHERE pull_request_id IN (SELECT id FROM one)
        UNION ALL SELECT submitted_at, 'review', author_login, state
        FROM reviews WHERE pull_request_id IN (SELECT id FROM one)
        UNION ALL SELECT created_at, kind, actor_login, NULL
        FROM timeline_events WHERE pull_request_id IN (SELECT id FROM one) AND kind <> 'Merged'
          AND NOT (kind = 'Closed' AND created_at IN (SELECT closed_at FROM one))
        UNION ALL SELECT merged_at, 'merged', merged_by_login, NULL FROM one WHERE merged_at IS NOT NULL
        UNION ALL SELECT closed_at, 'closed', NULL, NULL FROM one WHERE merged_at IS NULL AND closed_at IS NOT NULL
        ORDER BY happened_at NULLS LAST, kind
        """,
        [team_id, pull_request_id],
    )
