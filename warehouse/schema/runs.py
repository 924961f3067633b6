"""How far the import is: lists, runs, tokens and locks."""

from sqlalchemy import BigInteger, Boolean, Float, Integer

from warehouse.schema.columns import Text, Timestamp, column, pull_request_id, table, team_id

short_lists = table(
    "short_lists",
    "One row per list of GitHub's that ended before its own total the last time it was read",
    team_id(),
    column(
        "list_name",
        Text,
        "repositories, members, teams, team members, pull requests, open pull requests, releases or deployments",
    ),
    column("owner_id", Text, "Node id of the repository, or of the team within the organisation; else the team_id"),
    column("said", Integer, "GitHub's total"),
    column("given", Integer, "How many of them GitHub gave"),
    column("days", Integer, "On how many days (UTC) it was short; from the third on it is no longer asked for again"),
    column("noted_at", Timestamp, "When it was last read"),
    key=("team_id", "list_name", "owner_id"),
)

sync_items = table(
    "sync_items",
    "One row per pull request that a scan found: the total of the progress bar and the resume point",
    team_id(),
    column("repository_id", Text, "Node id of the repository"),
    pull_request_id(),
    column("number", Integer, "Number of the pull request"),
    column("phase", Integer, "1 the first window, 2 the background window, 3 an incremental sync"),
    column("updated_at", Timestamp, "updatedAt as the scan saw it"),
    column("state", Text, "pending, done or failed"),
    column("attempts", Integer, "Failed fetches"),
    column("error", Text, "Why the last fetch failed"),
    column("scanned_at", Timestamp, "When the scan wrote this"),
    column("done_at", Timestamp, "When its rows were committed"),
    column("run_id", Text, "Prefect flow run that last touched this"),
    column("created_at", Timestamp, "createdAt as the scan saw it; NULL if it was scanned by an earlier version"),
    column("is_open", Boolean, "True if it was open when it was scanned"),
    key=("pull_request_id", "phase"),
)

pipeline_runs = table(
    "pipeline_runs",
    "One row per flow run and its progress; whether it is alive is for Prefect to say",
    column("run_id", Text, "Prefect's flow run id"),
    team_id(),
    column("flow", Text, "onboarding, background, refresh, sync or analysis"),
    column("phase", Integer, "1, 2 or 3, as in sync_items"),
    column("state", Text, "running, completed, partial, failed, crashed or cancelled"),
    column("stage", Text, "Last status that it set for its team"),
    column("as_of", Timestamp, "Anchor of the team's windows"),
    column("window_start", Timestamp, "Start of its window, inclusive"),
    column("window_end", Timestamp, "End of its window, exclusive; NULL for no end"),
    column("started_at", Timestamp, "When it began"),
    column("moved_at", Timestamp, "When it last committed anything"),
    column("ended_at", Timestamp, "When it ended"),
    column("opened_at", Timestamp, "When it opened the pages before its end; NULL if it did not"),
    column("waiting_until", Timestamp, "When the rate limit that it waits for ends; NULL if it does not wait"),
    column("waiting_for", Text, "github, llm for its limit, or llm_away while the model does not respond"),
    column("error", Text, "Why it failed"),
    column("error_hint", Text, "What a person can do about it"),
    column("github_requests", BigInteger, "Requests sent to GitHub"),
    column("github_points", BigInteger, "Points of GitHub's hourly budget that it spent"),
    column("github_remaining", BigInteger, "Points left as of its last request"),
    column("github_reset_at", Timestamp, "When GitHub's budget is reset"),
    column("llm_total", Integer, "Pull requests to read in this run, by rules or by the model"),
    column("llm_requests", BigInteger, "Requests sent to the language model"),
    column("llm_tokens", BigInteger, "Tokens of prompts and responses"),
    column("llm_cost_usd", Float, "Cost at list price"),
    column("llm_by_rule", Integer, "Pull requests that the rules decided in this run"),
    column("llm_by_model", Integer, "Pull requests that the model read in this run"),
    column("llm_failed", Integer, "Pull requests that failed or that the model refused"),
    column("llm_left", Integer, "Pull requests left to read as of its last commit"),
    column("llm_stopped", Text, "Why reading stopped early; NULL if it did not"),
    key=("run_id",),
)

github_tokens = table(
    "github_tokens",
    "One row per token of a team's last sync: its owner and its remaining budget, never its value",
    team_id(),
    column("place", Integer, "Position among the team's tokens, from 1"),
    column("name", Text, "Name for people, without the value"),
    column("kind", Text, "Classic or fine-grained token, login or GitHub App, by its prefix"),
    column("login", Text, "Login of its owner; NULL if GitHub refused it"),
    column("scopes", Text, "Scopes, separated by commas; NULL if GitHub lists none, as for fine-grained tokens"),
    column("expires_at", Timestamp, "When it expires; NULL if it does not, or is renewed automatically"),
    column("points_limit", BigInteger, "Points of GitHub's budget per hour"),
    column("points_remaining", BigInteger, "Points left as of its last request"),
    column("reset_at", Timestamp, "When its budget is reset"),
    column("paused_until", Timestamp, "When the secondary rate limit on it ends; NULL if there is none"),
    column("problem", Text, "Why it is not used; NULL if it is used"),
    column("checked_at", Timestamp, "When this was written"),
    column("account_id", Text, "Node id of its owner; NULL if GitHub refused it"),
    key=("team_id", "place"),
)

locks = table(
    "locks",
    "One row per piece of work that one process does at a time: each rewrites the row, so that of two one waits",
    column("name", Text, "messages"),
    column("taken_at", Timestamp, "When it was last taken"),
    key=("name",),
)
