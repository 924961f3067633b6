"""Teams, and the choices about them that people make."""

from sqlalchemy import BigInteger, Boolean, Integer

from warehouse.schema.columns import Text, TextList, Timestamp, column, table, team_id

teams = table(
    "teams",
    "One row per team: a GitHub organisation or user whose repositories are followed together",
    team_id(),
    column("id", Text, "GitHub's node id of the organisation or user"),
    column("login", Text, "The owner's login as GitHub writes it"),
    column("name", Text, "The owner's display name"),
    column(
        "status",
        Text,
        "not_started, syncing, llm_processing, computing_metrics, computing_insights, "
        "phase1_complete, background_syncing, background_llm, complete or failed",
    ),
    column("status_at", Timestamp, "When the status last changed"),
    column("error", Text, "Why the last run failed; NULL after a success"),
    column("error_hint", Text, "What a person can do about it"),
    column("as_of", Timestamp, "Anchor T of the onboarding: phase 1 is [T-30d, T), phase 2 [T-90d, T-30d)"),
    column("is_as_of_fixed", Boolean, "True if a person chose the anchor: nothing newer than it is fetched"),
    column("days_back", Integer, "Days of phase 1"),
    column("history_days", Integer, "Days of history, up to the start of phase 2"),
    column("timezone", Text, "IANA name of the zone in which weeks begin; UTC unless set"),
    column("has_people_views", Boolean, "True if the team allows numbers per person"),
    column("is_simulated", Boolean, "True if the pull requests come from the simulated GitHub of the demo"),
    column("is_analysis_simulated", Boolean, "True if the analysis comes from the simulated model"),
    column("is_without_model", Boolean, "True if the rules alone read, by choice, until there is a key of a model"),
    column(
        "opens_early", Boolean, "True if its pages open with the numbers that need no reading, before the reading ends"
    ),
    column("web_url", Text, "Address of GitHub's pages, without a trailing slash: https://github.com"),
    column("created_at", Timestamp, "When the team was first onboarded"),
    column(
        "members_read_at", Timestamp, "When the members and teams of the organisation were last read; NULL if never"
    ),
    column("members_error", Text, "Why the last read of them failed; NULL if it did not"),
    column("database_id", BigInteger, "GitHub's databaseId of the owner"),
    column("earlier_ids", TextList, "What team_id was before the owner was renamed, oldest first; NULL if never"),
    column("accounts_read_at", Timestamp, "When the logins of all its accounts were last read; NULL if never"),
    column("is_paused", Boolean, "True if nothing is fetched for it until a person resumes it"),
    key=("team_id",),
)

team_settings = table(
    "team_settings",
    "One row per value of a team's setting: what counts as merged, as a release, and what is left out",
    team_id(),
    column(
        "name",
        Text,
        "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, "
        "ai-branch, ai-trailer, ai-off, investment or unplanned; timezone, people, working-hours or holiday",
    ),
    column(
        "value",
        Text,
        "Label, beginning of a title, branch, login, words, sign or TYPE:BUCKET; * stands for anything. A zone, on or "
        "off, days and hours, or a date",
    ),
    column("set_at", Timestamp, "When a person set it"),
    key=("team_id", "name", "value"),
)

set_up = table(
    "set_up",
    "At most one row: the set-up in the browser that is under way",
    column("id", Text, "Always current"),
    column("step", Text, "connect, organisation, repositories or sync"),
    column("team_id", Text, "The team that is set up; NULL before an organisation is chosen"),
    column("left_out", TextList, "Full names of the listed repositories that are not to be followed"),
    column("run_id", Text, "Prefect's id of the import that was started; NULL before"),
    column("begun_at", Timestamp, "When the set-up began"),
    column("changed_at", Timestamp, "When its step last changed"),
    key=("id",),
)

saved_views = table(
    "saved_views",
    "One row per view that a person gave a name: a page of the dashboard with its filters",
    team_id(),
    column("id", Text, "Random, made when it is saved"),
    column("name", Text, "What a person called it"),
    column("page", Text, "Path of the page, without a slash"),
    column("parameters", Text, "Its filters as in the address, after the question mark"),
    column("saved_by", Text, "Who saved it: e-mail or name of the login; empty without a login"),
    column("is_shared", Boolean, "Shown to everybody who may see the team"),
    column("saved_at", Timestamp, "When it was saved, or changed last"),
    key=("team_id", "id"),
)

recipients = table(
    "recipients",
    "One row per address that a team's messages go to",
    team_id(),
    column("channel", Text, "mail or slack"),
    column("address", Text, "Mail address, or name or id of a Slack channel"),
    column("added_at", Timestamp, "When a person added it"),
    key=("team_id", "channel", "address"),
)

api_keys = table(
    "api_keys",
    "One row per key of the API: what it may read, and a hash of it, never the key",
    column("id", Text, "Part of the key that names it"),
    team_id(),
    column("name", Text, "What it is for, as its maker wrote it"),
    column("secret_hash", Text, "SHA-256 of its secret part, 32 random bytes"),
    column("created_at", Timestamp, "When it was made"),
    column("used_at", Timestamp, "When it was last used, to the hour; NULL if never"),
    column("revoked_at", Timestamp, "When it was revoked; NULL while it is good"),
    key=("id",),
)
