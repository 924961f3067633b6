"""Keys of the API."""

from alembic import op

revision = "0036"
down_revision = "0035"

TABLES = {
    "api_keys": (
        "One row per key of the API: what it may read, and a hash of it, never the key",
        {
            "id": ("VARCHAR", "Part of the key that names it"),
            "team_id": ("VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            "name": ("VARCHAR", "What it is for, as its maker wrote it"),
            "secret_hash": ("VARCHAR", "SHA-256 of its secret part, 32 random bytes"),
            "created_at": ("TIMESTAMPTZ", "When it was made"),
            "used_at": ("TIMESTAMPTZ", "When it was last used, to the hour; NULL if never"),
            "revoked_at": ("TIMESTAMPTZ", "When it was revoked; NULL while it is good"),
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
