"""Events, standing problems, and the messages that tell people of them."""

from alembic import op

revision = "0027"
down_revision = "0026"

TABLES = {
    "events": (
        "One row per event of the last 90 days: what happened to a team (docs/events.md)",
        {
            "id": ("VARCHAR", "The same for the same event, however often it is found"),
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "name": ("VARCHAR", "Name of the event, for example prflow.sync.completed"),
            "happened_at": ("TIMESTAMPTZ", "When it happened"),
            "noted_at": ("TIMESTAMPTZ", "When prflow noted it"),
            "payload": ("VARCHAR", "What docs/events.md lists for the event, as JSON"),
        },
    ),
    "problems": (
        "One row per team and cause of what is, or was, wrong: people are told when it begins, weekly, and when it ends",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "cause": ("VARCHAR", "The kind, and what tells two causes of a kind apart"),
            "kind": ("VARCHAR", "failed, repositories, quota, stale or token"),
            "began_at": ("TIMESTAMPTZ", "When it was first seen"),
            "last_seen_at": ("TIMESTAMPTZ", "When it was last seen"),
            "told_at": ("TIMESTAMPTZ", "When people were last to be told of it"),
            "ended_at": ("TIMESTAMPTZ", "When it was over; NULL while it stands"),
            "facts": ("VARCHAR", "What a message says of it, as JSON"),
        },
    ),
    "recipients": (
        "One row per address that a team's messages go to",
        {
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "channel": ("VARCHAR", "mail or slack"),
            "address": ("VARCHAR", "Mail address, or name or id of a Slack channel"),
            "added_at": ("TIMESTAMPTZ", "When a person added it"),
        },
    ),
    "messages": (
        "One row per message to one address: waiting, sent or given up. Its text is made when it is sent",
        {
            "id": ("VARCHAR", "Random id, of which a mail's Message-ID is made"),
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "kind": ("VARCHAR", "welcome, onboarded, history, digest, recovered, or the kind of a problem"),
            "cause": ("VARCHAR", "What it is about; the cause of a problem"),
            "channel": ("VARCHAR", "mail, slack, webhook (of Slack) or apprise"),
            "address": ("VARCHAR", "Mail address, Slack channel or place in PRFLOW_APPRISE_URLS; empty for a webhook"),
            "facts": ("VARCHAR", "What it says, as JSON, without secrets"),
            "state": ("VARCHAR", "waiting, sent or given_up"),
            "created_at": ("TIMESTAMPTZ", "When it was written"),
            "tries": ("INTEGER", "How often it was tried to send it"),
            "tried_at": ("TIMESTAMPTZ", "When that was last tried"),
            "error": ("VARCHAR", "Why the last try failed; NULL if it did not"),
            "sent_at": ("TIMESTAMPTZ", "When the channel took it"),
            "claimed_at": ("TIMESTAMPTZ", "When a process began to send it; no other sends it within five minutes"),
            "claimed_by": ("VARCHAR", "That process, by a random id"),
        },
    ),
    "locks": (
        "One row per piece of work that one process does at a time: each rewrites the row, so that of two one waits",
        {
            "name": ("VARCHAR", "messages"),
            "taken_at": ("TIMESTAMPTZ", "When it was last taken"),
        },
    ),
}


def upgrade() -> None:
    for table, (comment, columns) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, (kind, _) in columns.items())})")
        op.execute(f"COMMENT ON TABLE {table} IS '{_quoted(comment)}'")
        for name, (_, words) in columns.items():
            op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{_quoted(words)}'")
    op.execute("INSERT INTO locks (name) VALUES ('messages')")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
