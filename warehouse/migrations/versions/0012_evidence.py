"""All tools and signatures that a pull request shows, and the share of its commits that show one."""

from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = (
    ("ai_tools", "VARCHAR[]", "All tools that took part or made some of its commits, by the rules"),
    (
        "ai_signatures",
        "VARCHAR[]",
        "All rows of tasks/llm/rules/signatures.toml that matched, mentions included",
    ),
    (
        "ai_commit_share",
        "DOUBLE",
        "Share of its commits that show a tool by author, trailer or merged branch, 0 to 1",
    ),
)
COMMENTS = (
    (
        "pr_analysis",
        "ai_level",
        "authored, assisted, contains (some of its commits), denied, mentioned or none: a lower bound, by the evidence",
    ),
    ("pr_analysis", "ai_tool", "The tool that the strongest evidence names"),
    (
        "commits",
        "trailers",
        "Trailers of the message, such as Co-authored-by; of addresses only the domain, except those of apps",
    ),
)


def upgrade() -> None:
    for column, kind, words in COLUMNS:
        op.execute(f"ALTER TABLE pr_analysis ADD COLUMN {column} {kind}")
        op.execute(f"COMMENT ON COLUMN pr_analysis.{column} IS '{words}'")
    for table, column, words in COMMENTS:
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{words}'")
