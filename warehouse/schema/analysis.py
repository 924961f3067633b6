"""What rules and the model read in a pull request, and what people say to that."""

from sqlalchemy import Boolean, Float, Integer, LargeBinary

from warehouse.schema.columns import Text, TextList, Timestamp, column, pull_request_id, table, team_id

pr_analysis = table(
    "pr_analysis",
    "One row per pull request that was read by rules or by the language model",
    pull_request_id(),
    team_id(),
    column("status", Text, "done, failed or refused"),
    column("source", Text, "rule or llm: what decided work_type and summary"),
    column(
        "work_type",
        Text,
        "feature, bugfix, refactor, performance, docs, test, build_ci, dependency, infra, security, chore or unclear",
    ),
    column("work_type_source", Text, "rule or llm"),
    column("work_type_by_rule", Text, "What the rules say or guess; NULL if they cannot tell"),
    column(
        "work_type_by_model", Text, "What the model said, which corrects a guess of the rules; NULL if it was not asked"
    ),
    column("summary", Text, "One or two sentences in plain text: hostile text"),
    column("risk", Text, "low, medium, high or unclear"),
    column("risk_reasons", TextList, "From a closed list: what the model says it touches, then facts of the rules"),
    column("review_quality", Text, "none, light or thorough in rows of older versions; no longer asked"),
    column(
        "ai_level",
        Text,
        "authored, assisted, contains (some of its commits), denied, mentioned or none: a lower bound, by the evidence",
    ),
    column("ai_tool", Text, "The tool that the strongest evidence names"),
    column("ai_tools", TextList, "All tools that took part or made some of its commits, by the rules"),
    column("ai_evidence", Text, "The quoted evidence: a substring of what was read"),
    column("ai_evidence_kind", Text, "author, branch, commit, body, template or llm: where the evidence was found"),
    column(
        "ai_evidence_place", Text, "The exact place, for example: trailer of commit 2 of 5; NULL if a model quoted it"
    ),
    column("ai_signature", Text, "Row of tasks/llm/rules/signatures.toml that found it; NULL if a model quoted it"),
    column("ai_signatures", TextList, "All rows of tasks/llm/rules/signatures.toml that matched, mentions included"),
    column(
        "ai_commit_share", Float, "Share of its commits that show a tool by author, trailer or merged branch, 0 to 1"
    ),
    column("is_ai_reviewed", Boolean, "True if an AI review bot reviewed or commented"),
    column("technologies", TextList, "Languages and frameworks"),
    column("languages", TextList, "Languages by path of the changed files"),
    column("confidence", Text, "low, medium or high, as the model rates its work type"),
    column("is_bot", Boolean, "True if the author is a bot"),
    column("is_revert", Boolean, "True if it reverts another pull request"),
    column("reverts_number", Integer, "Number of the pull request that it reverts; NULL if it is not known"),
    column("is_hotfix", Boolean, "True for a hotfix by title, label or branch"),
    column("size_bucket", Text, "xs, s, m, l or xl by lines, excluding generated and lock files"),
    column("size_lines", Integer, "Lines added and deleted, excluding generated and lock files"),
    column("prompt_version", Text, "Version of the prompt"),
    column("schema_version", Text, "Version of the response schema"),
    column("rules_version", Text, "Version of the rules"),
    column("model", Text, "Model that responded; NULL for rules"),
    column("provider", Text, "Provider that responded; simulated in the demo; NULL for rules"),
    column("input_hash", Text, "SHA-256 of the text that was read, after cleaning and redaction"),
    column("error_code", Text, "Why it failed; NULL if it did not"),
    column("attempts", Integer, "Attempts in the run that wrote this row"),
    column(
        "failed_runs", Integer, "Runs in which it failed; from 3 on it is retried only for a new version or new input"
    ),
    column("prompt_tokens", Integer, "Tokens of the prompt"),
    column("cached_tokens", Integer, "Tokens of the prompt served from the provider's cache"),
    column("completion_tokens", Integer, "Tokens of the response"),
    column("cost_usd", Float, "Cost at list price; NULL if the price is not known"),
    column("latency_ms", Integer, "Latency of the call that succeeded"),
    column("request_id", Text, "The provider's id of the request"),
    column("finish_reason", Text, "Finish reason that the provider gave"),
    column("redactions", Integer, "Secrets redacted before sending"),
    column("is_truncated", Boolean, "True if the text was truncated to the budget"),
    column("is_injection_suspected", Boolean, "True if the text seems to instruct the model"),
    column("run_id", Text, "Prefect flow run that wrote this"),
    column("analysed_at", Timestamp, "When it was read"),
    key=("pull_request_id",),
)

analysis_leases = table(
    "analysis_leases",
    "One row per pull request that a run has leased for the language model, so that no two runs read the same one",
    pull_request_id(),
    team_id(),
    column("run_id", Text, "Prefect flow run that holds it"),
    column("expires_at", Timestamp, "When the lease expires"),
    key=("pull_request_id",),
)

llm_replies = table(
    "llm_replies",
    "One row per pull request, prompt version and model: the newest raw reply, to be read again without a request",
    pull_request_id(),
    team_id(),
    column("prompt_version", Text, "Version of the prompt"),
    column("schema_version", Text, "Version of the requested response schema"),
    column("model", Text, "Model that replied"),
    column("input_hash", Text, "SHA-256 of the text that was sent, as in pr_analysis"),
    column("body", LargeBinary, "The reply's JSON, compressed by zlib: hostile text"),
    column("received_at", Timestamp, "When it was received"),
    key=("pull_request_id", "prompt_version", "model"),
)

second_readings = table(
    "second_readings",
    "One row per pull request, prompt version and model that was read a second time, with its fields in another order",
    pull_request_id(),
    team_id(),
    column("prompt_version", Text, "Version of the prompt"),
    column("schema_version", Text, "Version of the requested response schema"),
    column("model", Text, "Model that was asked twice"),
    column("input_hash", Text, "SHA-256 of the text that was sent the first time, as in pr_analysis"),
    column("first_work_type", Text, "The model's work type the first time, before rules"),
    column("second_work_type", Text, "The same the second time"),
    column("first_risk", Text, "The model's risk the first time"),
    column("second_risk", Text, "The same the second time"),
    column("first_ai_level", Text, "The model's AI level the first time; NULL if its reply is not kept"),
    column("second_ai_level", Text, "The same the second time"),
    column("error_code", Text, "Why there is no second answer; NULL if there is one"),
    column("prompt_tokens", Integer, "Tokens sent the second time"),
    column("completion_tokens", Integer, "Tokens received the second time"),
    column("cost_usd", Float, "Cost in US dollars; NULL if the price of the model is not known"),
    column("run_id", Text, "Run that read it a second time"),
    column("read_at", Timestamp, "When it was read a second time"),
    key=("pull_request_id", "prompt_version", "model"),
)

reading_checks = table(
    "reading_checks",
    "One row per reading that a person judged: whether a type of work, or a sign of AI, is right",
    team_id(),
    pull_request_id(),
    column("question", Text, "work_type or sign"),
    column("subject", Text, "Row of tasks/llm/rules/signatures.toml; empty for work_type"),
    column("said", Text, "What was said of the pull request when it was judged; a later reading is asked about again"),
    column("is_right", Boolean, "True if the person found it right"),
    column("checked_at", Timestamp, "When it was judged"),
    column(
        "checked_by",
        Text,
        "E-mail of the login that judged it; NULL without a login",
    ),
    key=("team_id", "pull_request_id", "question", "subject"),
)
