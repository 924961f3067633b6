"""What is computed of each week, the insights, and the week in words."""

from sqlalchemy import Boolean, Date, Float, Integer

from warehouse.schema.columns import AnyColumn, Text, TextList, Timestamp, column, table, team_id, view


def _weekly_columns() -> tuple[AnyColumn, ...]:
    return (
        team_id(),
        column("week_start", Date, "Monday, in the team's time zone"),
        column("scope", Text, "team, repository, github_team (a team within the organisation) or person"),
        column("scope_id", Text, "The team's id, the node id of the repository or of the GitHub team, or the login"),
        column("metric", Text, "Name of the metric: see metric_catalogue"),
        column("value", Float, "NULL, not 0, if there is nothing to measure"),
        column("numerator", Float, "Part of a ratio; NULL for other metrics"),
        column("denominator", Float, "Part of a ratio; NULL for other metrics"),
        column("n", Integer, "Pull requests (or reviews) behind the value"),
        column("is_complete", Boolean, "False while the week is not over"),
        column(
            "is_partial",
            Boolean,
            "True if data of this week are missing: a repository is not fetched that far back, or a pull request is "
            "incomplete",
        ),
        column("as_of", Timestamp, "Time as of which this was computed"),
        column(
            "is_uncovered",
            Boolean,
            "True if it is partial since something is not fetched that can count in this week, not only since a pull "
            "request behind it is incomplete",
        ),
    )


_WEEKLY_KEY = ("team_id", "week_start", "scope", "scope_id", "metric")

weekly_values = table(
    "weekly_values",
    "One row per (team, week, scope, metric) with anything behind it: weekly_metrics has the other weeks, too",
    *_weekly_columns(),
    key=_WEEKLY_KEY,
)

weekly_calendar = table(
    "weekly_calendar",
    "One row per (team, week, scope): the weeks that weekly_metrics has, and whether data of them are missing",
    team_id(),
    column("week_start", Date, "Monday, in the team's time zone"),
    column("scope", Text, "team, repository, github_team or person"),
    column("scope_id", Text, "As in weekly_metrics"),
    column("is_complete", Boolean, "False while the week is not over"),
    column("is_partial", Boolean, "True if something is not fetched that can count in this week"),
    column("is_partial_of_ended", Boolean, "The same for what was merged or closed, among which nothing is open"),
    column("is_partial_of_open", Boolean, "The same for what is open, of which the oldest is fetched last"),
    column("as_of", Timestamp, "Time as of which this was computed"),
    key=("team_id", "week_start", "scope", "scope_id"),
)

# A week without a row in weekly_values has 0 of what is counted, and nothing of what is measured.
weekly_metrics = view(
    "weekly_metrics",
    "One row per (team, week, scope, metric), those without anything behind them too: a view of weekly_values, "
    "weekly_calendar and metric_catalogue",
    """
SELECT team_id, week_start, scope, scope_id, metric, value, numerator, denominator, n, is_complete, is_partial, as_of,
       is_uncovered
FROM weekly_values
UNION ALL
SELECT team_id, week_start, scope, scope_id, metric, value, NULL, NULL, 0, is_complete, is_uncovered, as_of,
       is_uncovered
FROM (
    SELECT c.team_id, c.week_start, c.scope, c.scope_id, c.is_complete, c.as_of, m.metric,
           CASE WHEN m.statistic = 'count' THEN 0.0::DOUBLE END AS value,
           CASE WHEN m.placed_by = 'week_end' THEN c.is_partial_of_open
                WHEN m.placed_by IN ('merged_at', 'closed_at') THEN c.is_partial_of_ended
                ELSE c.is_partial END AS is_uncovered
    FROM weekly_calendar c JOIN metric_catalogue m ON c.scope <> 'person' OR m.has_person_view
)
ANTI JOIN weekly_values USING (team_id, week_start, scope, scope_id, metric)
""",
    *_weekly_columns(),
    key=_WEEKLY_KEY,
)

weekly_metrics_history = table(
    "weekly_metrics_history",
    "One row per value of weekly_metrics as it was until something changed it: what never changed has none",
    team_id(),
    column("week_start", Date, "Monday, in the team's time zone"),
    column("scope", Text, "team, repository, github_team or person"),
    column("scope_id", Text, "As in weekly_metrics"),
    column("metric", Text, "Name of the metric: see metric_catalogue"),
    column("value", Float, "As it was said; NULL if there was nothing to measure"),
    column("numerator", Float, "Part of a ratio; NULL for other metrics"),
    column("denominator", Float, "Part of a ratio; NULL for other metrics"),
    column("n", Integer, "Pull requests (or reviews) behind the value as it was said; 0 if there was no value"),
    column("is_complete", Boolean, "Whether the week was said to be over; NULL if nothing was said of it"),
    column("is_partial", Boolean, "Whether data of the week were missing; NULL if nothing was said of it"),
    column("is_uncovered", Boolean, "As in weekly_metrics; NULL if nothing was said of the week"),
    column("said_from", Timestamp, "Since when this was said; NULL: since before prflow kept it, or the beginning"),
    column("said_until", Timestamp, "When another value took its place"),
    key=("team_id", "week_start", "scope", "scope_id", "metric", "said_until"),
)

earlier_rows = table(
    "earlier_rows",
    "One row per row of pull_request_metrics or insights as it was until something changed it: what never changed has "
    "none",
    team_id(),
    column("subject", Text, "pull_request or insight"),
    column("subject_id", Text, "Node id of the pull request, or id of the insight"),
    column("said", Text, "The row as JSON, without names and titles; NULL if there was none"),
    column("said_from", Timestamp, "Since when this was said; NULL: since before prflow kept it, or the beginning"),
    column("said_until", Timestamp, "When another row took its place"),
    key=("team_id", "subject", "subject_id", "said_until"),
)

counted_with = table(
    "counted_with",
    "One row per setting and definition with which a team's numbers were computed, and since when until when",
    team_id(),
    column("kind", Text, "setting or definition"),
    column("name", Text, "Name of the setting: a rule, timezone, people, repository, bot; or of the metric"),
    column("value", Text, "Value of the setting; how the metric is computed, and its version"),
    column("said_from", Timestamp, "First computation with it"),
    column("said_until", Timestamp, "First computation without it; NULL while it is in force"),
    key=("team_id", "kind", "name", "value", "said_from"),
)

computations = table(
    "computations",
    "One row per computation of a team's numbers: since the first one, what was said is kept",
    team_id(),
    column("said_at", Timestamp, "When the numbers were computed"),
    column("as_of", Timestamp, "Time as of which they were computed"),
    key=("team_id", "said_at"),
)

insights = table(
    "insights",
    "One row per insight: what is true now, and what was until lately",
    column("id", Text, "Id, the same for the same detector, metric and scope, whatever the week"),
    team_id(),
    column("detector", Text, "Name of the detector that found it"),
    column("rank", Integer, "Rank; 1 is the most important"),
    column("severity", Text, "info, warning or good"),
    column("title", Text, "One complete sentence"),
    column("detail", Text, "How it was found: the numbers and the sample sizes"),
    column("metric", Text, "Metric that it is about; NULL if there is none"),
    column("scope", Text, "team or repository"),
    column("scope_id", Text, "The team's id or the repository's node id"),
    column("week_start", Date, "Week that it is about; NULL if it is about now"),
    column("value", Float, "The number now"),
    column("previous_value", Float, "The number before"),
    column("pull_request_ids", TextList, "Pull requests behind it"),
    column("as_of", Timestamp, "Time as of which this was computed"),
    column("n", Integer, "Pull requests behind the number now; NULL if it is about now alone"),
    column("n_before", Integer, "Pull requests behind the number before"),
    column(
        "like_for_like",
        Float,
        "Number now, of the same repositories and authors: as a ratio to that before, or for a share less that before",
    ),
    column("like_for_like_low", Float, "Lower end of the 95-percent interval of `like_for_like`"),
    column("like_for_like_high", Float, "Upper end of the 95-percent interval of `like_for_like`"),
    column("first_seen_at", Timestamp, "When it was first found"),
    column("last_seen_at", Timestamp, "When it was last found"),
    column("resolved_at", Timestamp, "When it was first no longer found; NULL while it is true"),
    key=("id",),
)

week_summaries = table(
    "week_summaries",
    "One row per team and complete week that a model was asked to put into words",
    team_id(),
    column("week_start", Date, "Monday of the week, in the team's time zone"),
    column("input_hash", Text, "Hash of the facts and of the prompt: the model is asked again only if it changes"),
    column("prompt_version", Text, "Version of the prompt"),
    column("model", Text, "Model that was asked"),
    column("provider", Text, "Its provider; simulated for the simulated model"),
    column("facts_count", Integer, "Facts that it was given"),
    column("dropped_count", Integer, "Sentences that did not hold and were dropped"),
    column("dropped_because", TextList, "Why, one for each sentence that was dropped"),
    column("prompt_tokens", Integer, "Tokens sent"),
    column("completion_tokens", Integer, "Tokens received"),
    column("cost_usd", Float, "Cost in US dollars; NULL if the price of the model is not known"),
    column("run_id", Text, "Run that asked; NULL for the command line"),
    column("written_at", Timestamp, "When the model answered"),
    key=("team_id", "week_start"),
)

week_sentences = table(
    "week_sentences",
    "One row per sentence about a team's week that held when it was written; it is checked again wherever it is shown",
    team_id(),
    column("week_start", Date, "Monday of the week, in the team's time zone"),
    column("position", Integer, "Place among the sentences of the week, from 1"),
    column("sentence", Text, "The model's sentence, plain text"),
    column("fact_keys", TextList, "Facts that it cites, in the order of its parts"),
    column("pull_request_ids", TextList, "Pull requests behind those facts, 20 at most"),
    column("pull_requests_count", Integer, "How many pull requests are behind them"),
    key=("team_id", "week_start", "position"),
)

insight_dismissals = table(
    "insight_dismissals",
    "One row per insight that a person put aside until a day; it is found and stored as before",
    team_id(),
    column("detector", Text, "Name of the detector that found it, as in insights"),
    column("metric", Text, "Metric that it is about; - if there is none"),
    column("repository_id", Text, "Node id of the repository that it is about; empty for the whole team"),
    column("dismissed_until", Date, "Day (UTC) from which it is shown again, if it is still true"),
    column("dismissed_at", Timestamp, "When it was dismissed"),
    column(
        "dismissed_by",
        Text,
        "E-mail of the login that dismissed it; NULL without a login: anyone who can open the dashboard",
    ),
    key=("team_id", "detector", "metric", "repository_id"),
)

metric_catalogue = table(
    "metric_catalogue",
    "One row per metric: what it means, from the registry that computes it",
    column("metric", Text, "Name"),
    column("title", Text, "Title"),
    column("unit", Text, "hours, lines, count, share or usd"),
    column("better", Text, "lower, higher or neither"),
    column("question", Text, "The question that it answers"),
    column("definition", Text, "How it is computed"),
    column("exclusions", Text, "What it excludes"),
    column("source_fields", TextList, "Columns that it is computed from"),
    column("placed_by", Text, "Timestamp that places a pull request in a week"),
    column("statistic", Text, "count, median, p75, p90, mean, share, gini or fewest"),
    column("min_n", Integer, "Below this n the value is shown as too few"),
    column("has_person_view", Boolean, "True if it is computed for each person, too, if the team allows it"),
    key=("metric",),
)
