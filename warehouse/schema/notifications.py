"""What happened, what is wrong, and whom to tell."""

from sqlalchemy import Integer

from warehouse.schema.columns import Text, Timestamp, column, table, team_id

events = table(
    "events",
    "One row per event of the last 90 days: what happened to a team (docs/events.md)",
    column("id", Text, "The same for the same event, however often it is found"),
    team_id(),
    column("name", Text, "Name of the event, for example prflow.sync.completed"),
    column("happened_at", Timestamp, "When it happened"),
    column("noted_at", Timestamp, "When prflow noted it"),
    column("payload", Text, "What docs/events.md lists for the event, as JSON"),
    key=("id",),
)

problems = table(
    "problems",
    "One row per team and cause of what is, or was, wrong: people are told when it begins, weekly, and when it ends",
    team_id(),
    column("cause", Text, "The kind, and what tells two causes of a kind apart"),
    column("kind", Text, "failed, repositories, quota, stale or token"),
    column("began_at", Timestamp, "When it was first seen"),
    column("last_seen_at", Timestamp, "When it was last seen"),
    column("told_at", Timestamp, "When people were last to be told of it"),
    column("ended_at", Timestamp, "When it was over; NULL while it stands"),
    column("facts", Text, "What a message says of it, as JSON"),
    key=("team_id", "cause"),
)

messages = table(
    "messages",
    "One row per message to one address: waiting, sent or given up. Its text is made when it is sent",
    column("id", Text, "Random id, of which a mail's Message-ID is made"),
    team_id(),
    column("kind", Text, "welcome, onboarded, history, digest, recovered, or the kind of a problem"),
    column("cause", Text, "What it is about; the cause of a problem"),
    column("channel", Text, "mail, slack, webhook (of Slack) or apprise"),
    column("address", Text, "Mail address, Slack channel or place in PRFLOW_APPRISE_URLS; empty for a webhook"),
    column("facts", Text, "What it says, as JSON, without secrets"),
    column("state", Text, "waiting, sent or given_up"),
    column("created_at", Timestamp, "When it was written"),
    column("tries", Integer, "How often it was tried to send it"),
    column("tried_at", Timestamp, "When that was last tried"),
    column("error", Text, "Why the last try failed; NULL if it did not"),
    column("sent_at", Timestamp, "When the channel took it"),
    column("claimed_at", Timestamp, "When a process began to send it; no other sends it within five minutes"),
    column("claimed_by", Text, "That process, by a random id"),
    key=("id",),
)
