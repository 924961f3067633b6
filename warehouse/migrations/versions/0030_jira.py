"""Issues of Jira, and the pull requests that name them."""

from alembic import op

revision = "0030"
down_revision = "0029"

TABLES = {
    "jira_sites": (
        "One row per team: the Jira that its issues are read from, and how the last reading went",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "url": ("VARCHAR", "Address of Jira, without a trailing slash"),
            "form": ("VARCHAR", "cloud or data_center; NULL if it was never reached"),
            "project_keys": ("VARCHAR[]", "Keys of the projects that keys are looked for of, earlier ones among them"),
            "read_at": ("TIMESTAMPTZ", "When the last complete reading began; NULL before the first"),
            "linked_at": ("TIMESTAMPTZ", "Every pull request that was fetched before this was searched for keys"),
            "error": ("VARCHAR", "Why the last reading failed; NULL if it did not"),
            "error_hint": ("VARCHAR", "What a person can do about it"),
            "tried_at": ("TIMESTAMPTZ", "When the last reading ended"),
            "requests": ("BIGINT", "Requests of the last reading"),
        },
    ),
    "jira_issues": (
        "One row per issue of Jira that a pull request names, and per parent of one",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "id": ("VARCHAR", "Jira's id: stays when the issue moves to another project"),
            "key": ("VARCHAR", "Its key of today, for example SHOP-12"),
            "project_key": ("VARCHAR", "Key of its project"),
            "issue_type": ("VARCHAR", "Name of its type, as the site calls it: Story, Bug, ..."),
            "level": ("INTEGER", "Level in the hierarchy: 1 an epic, 0 the usual, -1 a sub-task; NULL if not known"),
            "summary": ("VARCHAR", "Title, as a person wrote it: hostile text"),
            "status": ("VARCHAR", "Name of its status, as the site calls it"),
            "status_category": ("VARCHAR", "to_do, in_progress or done; NULL if the status has none"),
            "priority": ("VARCHAR", "Name of its priority; NULL if it has none"),
            "resolution": ("VARCHAR", "How it was resolved; NULL while it is not"),
            "parent_id": ("VARCHAR", "Id of its parent; NULL if it has none, or if that is not known"),
            "parent_key": ("VARCHAR", "Key of its parent, or of its epic in Jira Data Center"),
            "epic_id": ("VARCHAR", "Id of the epic that it belongs to, its own if it is one; NULL if none is known"),
            "created_at": ("TIMESTAMPTZ", "Jira: created"),
            "updated_at": ("TIMESTAMPTZ", "Jira: updated"),
            "resolved_at": ("TIMESTAMPTZ", "Jira: resolutiondate; NULL while it is not resolved"),
            "started_at": (
                "TIMESTAMPTZ",
                "When work on it began: its first status of the category in_progress; NULL if it never had one, or if that is not known",
            ),
            "state": (
                "VARCHAR",
                "present; deleted or private (the token may not see it) if Jira Data Center says so; missing if Jira Cloud no longer returns it, which says the same of both",
            ),
            "fetched_at": ("TIMESTAMPTZ", "When it was last read from Jira"),
        },
    ),
    "jira_transitions": (
        "One row per change of the status of an issue in jira_issues",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "issue_id": ("VARCHAR", "Id of the issue"),
            "id": ("VARCHAR", "Id of the entry of Jira's changelog, with the place in it"),
            "changed_at": ("TIMESTAMPTZ", "When the status changed"),
            "from_status": ("VARCHAR", "Name of the status before, as of the change"),
            "from_category": (
                "VARCHAR",
                "Its category of today: to_do, in_progress or done; NULL if it no longer exists",
            ),
            "to_status": ("VARCHAR", "Name of the status after, as of the change"),
            "to_category": (
                "VARCHAR",
                "Its category of today: to_do, in_progress or done; NULL if it no longer exists",
            ),
        },
    ),
    "jira_links": (
        "One row per pull request and key of an issue that it names",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "pull_request_id": ("VARCHAR", "Node id of the pull request"),
            "issue_key": (
                "VARCHAR",
                "The key as it was written, in capitals; that of an issue that moved since may be older",
            ),
            "found_in": ("VARCHAR", "The most certain place: title, branch, body or commit"),
            "rank": ("INTEGER", "1 for the issue that it counts for, by place and order; then 2, 3, ..."),
            "issue_id": ("VARCHAR", "Id of the issue in jira_issues; NULL if Jira did not return one"),
            "state": (
                "VARCHAR",
                "found; deleted or private if Jira Data Center says so; missing if Jira Cloud returned nothing, which says the same of an issue that was deleted, may not be seen or never was; NULL if Jira was not asked yet",
            ),
            "checked_at": ("TIMESTAMPTZ", "When Jira was last asked for the key; NULL if it was not yet"),
        },
    ),
}


def upgrade() -> None:
    for table, (comment, columns) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, (kind, _) in columns.items())})")
        op.execute(f"COMMENT ON TABLE {table} IS '{_quoted(comment)}'")
        for name, (_, words) in columns.items():
            op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{_quoted(words)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
