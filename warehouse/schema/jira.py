"""Jira: its sites, issues, their transitions, and the issues that pull requests name."""

from sqlalchemy import BigInteger, Integer

from warehouse.schema.columns import Text, TextList, Timestamp, column, pull_request_id, table, team_id

jira_sites = table(
    "jira_sites",
    "One row per team: the Jira that its issues are read from, and how the last reading went",
    team_id(),
    column("url", Text, "Address of Jira, without a trailing slash"),
    column("form", Text, "cloud or data_center; NULL if it was never reached"),
    column("project_keys", TextList, "Keys of the projects that keys are looked for of, earlier ones among them"),
    column("read_at", Timestamp, "When the last complete reading began; NULL before the first"),
    column("linked_at", Timestamp, "Every pull request that was fetched before this was searched for keys"),
    column("error", Text, "Why the last reading failed; NULL if it did not"),
    column("error_hint", Text, "What a person can do about it"),
    column("tried_at", Timestamp, "When the last reading ended"),
    column("requests", BigInteger, "Requests of the last reading"),
    key=("team_id",),
)

jira_issues = table(
    "jira_issues",
    "One row per issue of Jira that a pull request names, and per parent of one",
    team_id(),
    column("id", Text, "Jira's id: stays when the issue moves to another project"),
    column("key", Text, "Its key of today, for example SHOP-12"),
    column("project_key", Text, "Key of its project"),
    column("issue_type", Text, "Name of its type, as the site calls it: Story, Bug, ..."),
    column("level", Integer, "Level in the hierarchy: 1 an epic, 0 the usual, -1 a sub-task; NULL if not known"),
    column("summary", Text, "Title, as a person wrote it: hostile text"),
    column("status", Text, "Name of its status, as the site calls it"),
    column("status_category", Text, "to_do, in_progress or done; NULL if the status has none"),
    column("priority", Text, "Name of its priority; NULL if it has none"),
    column("resolution", Text, "How it was resolved; NULL while it is not"),
    column("parent_id", Text, "Id of its parent; NULL if it has none, or if that is not known"),
    column("parent_key", Text, "Key of its parent, or of its epic in Jira Data Center"),
    column("epic_id", Text, "Id of the epic that it belongs to, its own if it is one; NULL if none is known"),
    column("created_at", Timestamp, "Jira: created"),
    column("updated_at", Timestamp, "Jira: updated"),
    column("resolved_at", Timestamp, "Jira: resolutiondate; NULL while it is not resolved"),
    column(
        "started_at",
        Timestamp,
        "When work on it began: its first status of the category in_progress; NULL if it never had one, or if that is "
        "not known",
    ),
    column(
        "state",
        Text,
        "present; deleted or private (the token may not see it) if Jira Data Center says so; missing if Jira Cloud no "
        "longer returns it, which says the same of both",
    ),
    column("fetched_at", Timestamp, "When it was last read from Jira"),
    key=("team_id", "id"),
)

jira_transitions = table(
    "jira_transitions",
    "One row per change of the status of an issue in jira_issues",
    team_id(),
    column("issue_id", Text, "Id of the issue"),
    column("id", Text, "Id of the entry of Jira's changelog, with the place in it"),
    column("changed_at", Timestamp, "When the status changed"),
    column("from_status", Text, "Name of the status before, as of the change"),
    column("from_category", Text, "Its category of today: to_do, in_progress or done; NULL if it no longer exists"),
    column("to_status", Text, "Name of the status after, as of the change"),
    column("to_category", Text, "Its category of today: to_do, in_progress or done; NULL if it no longer exists"),
    key=("team_id", "issue_id", "id"),
)

jira_links = table(
    "jira_links",
    "One row per pull request and key of an issue that it names",
    team_id(),
    pull_request_id(),
    column("issue_key", Text, "The key as it was written, in capitals; that of an issue that moved since may be older"),
    column("found_in", Text, "The most certain place: title, branch, body or commit"),
    column("rank", Integer, "1 for the issue that it counts for, by place and order; then 2, 3, ..."),
    column("issue_id", Text, "Id of the issue in jira_issues; NULL if Jira did not return one"),
    column(
        "state",
        Text,
        "found; deleted or private if Jira Data Center says so; missing if Jira Cloud returned nothing, which says the "
        "same of an issue that was deleted, may not be seen or never was; NULL if Jira was not asked yet",
    ),
    column("checked_at", Timestamp, "When Jira was last asked for the key; NULL if it was not yet"),
    key=("pull_request_id", "issue_key"),
)
