"""Lanes of pull requests, reviews of drafts, evidence on accounts, and who was in which GitHub team when."""

from alembic import op

revision = "0024"
down_revision = "0023"

TABLES = {
    "team_memberships": (
        "One row per time that a person was a member of a team within the organisation, as far as prflow has seen",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("organisation_team_id", "VARCHAR", "Node id of the team within the organisation"),
            ("account_id", "VARCHAR", "GitHub's node id of the person"),
            (
                "since",
                "TIMESTAMPTZ",
                "When prflow first saw it. Whoever was a member when the team was first read counts as one before, too",
            ),
            ("until", "TIMESTAMPTZ", "When prflow first saw the team without the person; NULL for members of today"),
        ),
    ),
}
ADDED = {
    "pull_request_metrics": (
        (
            "author_lane",
            "VARCHAR",
            "What opened it: person, agent (a coding agent), automation (dependency and release bots, CI), ai_reviewer, or ghost for deleted accounts. Metrics count persons, agents and ghosts",
        ),
        (
            "requested_by_id",
            "VARCHAR",
            "Node id of the person who asked the agent for it: the only assignee, else the only one whose review the agent asked for, else the only person who wrote commits in it. NULL if that is not known, and in other lanes",
        ),
        ("requested_by_login", "VARCHAR", "Login of who asked the agent for it"),
        (
            "draft_review_at",
            "TIMESTAMPTZ",
            "First submitted review by a human other than the author while it was a draft, not after the merge",
        ),
        (
            "is_ai_reviewed",
            "BOOLEAN",
            "True if an AI review bot commented or reviewed from the opening on and not after the merge, drafts included",
        ),
    ),
    "people": (
        (
            "bot_evidence",
            "VARCHAR",
            "Why the account is proposed as a bot, for a person to confirm: what its name or its responses show; NULL for other accounts",
        ),
    ),
    "weekly_metrics": (
        (
            "is_uncovered",
            "BOOLEAN",
            "True if it is partial since something is not fetched that can count in this week, not only since a pull request behind it is incomplete",
        ),
    ),
}
COMMENTS = {
    "pull_request_metrics": {
        "is_bot": "True if automation or an AI reviewer opened it: it does not count",
        "ready_at": "Last time it became ready for review, by opening or by leaving draft, before the first review that came while it was ready; without such a review the last time up to the merge. One merged as a draft and not reviewed while ready became ready with the merge; NULL for a draft that never was",
        "first_review_at": "First submitted review by a human other than the author while it was ready for review, not after the merge",
        "unreviewed_hours": "From ready to the merge, without a review in between; NULL if there was one",
        "is_reviewed": "True if a human other than the author reviewed it, ready or as a draft, not after the merge",
        "review_comments_count": "Comments on lines of the diff by humans other than the author, not after the merge",
    },
    "weekly_metrics": {
        "scope": "team, repository, github_team (a team within the organisation) or person",
        "scope_id": "The team's id, the node id of the repository or of the GitHub team, or the login",
    },
}


def upgrade() -> None:
    for table, (comment, columns) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind, _ in columns)})")
        _comment(f"TABLE {table}", comment)
        for name, _, words in columns:
            _comment(f"COLUMN {table}.{name}", words)
    for table, added in ADDED.items():
        for name, kind, words in added:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", words)
    for table, changed in COMMENTS.items():
        for name, words in changed.items():
            _comment(f"COLUMN {table}.{name}", words)


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
