"""Small text tables for the tests: what they show is all that matters to the case.

    make_facts(pull_requests=\"\"\"
        pr | by  | opened    | merged
        1  | ann | Mon 09:00 | Tue 17:00
    \"\"\")

Columns are those of `Facts`, or the short names below. A time is a weekday and an hour in UTC, of the week
of Monday 2026-08-03; `Mon2` is the Monday after, `Mon0` the one before. `-` is NULL. Whatever a table does not
show has a dull default: one repository `R1`, humans, nothing missing.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from warehouse.metrics.accounts.people import account_key
from warehouse.metrics.facts import COLUMNS, Facts
from warehouse.read_facts import facts_schema

FIRST_MONDAY = datetime(2026, 8, 3, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AS_OF = FIRST_MONDAY + timedelta(weeks=2, days=2)

SHORT = {
    "pull_requests": {"pr": "id", "repo": "repository_id", "opened": "created_at", "merged": "merged_at",
                      "closed": "closed_at"},
    "reviews": {"at": "submitted_at"},
    "commits": {"authored": "authored_at", "committed": "committed_at"},
    "repositories": {"repo": "id", "from": "history_from", "until": "watermark_at"},
    "sync_items": {"repo": "repository_id", "opened": "created_at", "updated": "updated_at"},
}  # fmt: skip
ANYWHERE = {"pr": "pull_request_id", "by": "author_login", "at": "created_at"}
DEFAULTS: dict[str, dict[str, Any]] = {
    "repositories": {"sync_status": "done", "full_name": "acme/api", "history_from": FIRST_MONDAY,
                     "watermark_at": AS_OF},
    "pull_requests": {"repository_id": "R1", "number": 0, "title": "Change", "head_ref": "change", "is_draft": False,
                      "additions": 10, "deletions": 0, "is_complete": True, "author_login": "ann"},
    "reviews": {"author_login": "bob", "state": "COMMENTED"},
    "review_comments": {"author_login": "bob"},
    "comments": {"author_login": "bob"},
    "files": {"additions": 0, "deletions": 0},
}  # fmt: skip


def make_facts(timezone: str = "UTC", has_people_views: bool = False, **tables: str) -> Facts:
    """`Facts` of team `acme` from text tables, each named as its frame."""
    tables = {"repositories": "repo\nR1", **tables}
    frames = {name: _frame(name, parse(tables.get(name, ""))) for name in COLUMNS}
    return Facts(team_id="acme", timezone=timezone, has_people_views=has_people_views, **frames)


def moment(text: str) -> datetime:
    """`Tue2 09:30` as a time."""
    day, clock = text.split()
    week = int(day[3:] or 1) - 1
    hour, minute = map(int, clock.split(":"))
    return FIRST_MONDAY + timedelta(weeks=week, days=DAYS.index(day[:3]), hours=hour, minutes=minute)


def parse(table: str) -> list[dict[str, str]]:
    """Parse the rows of a text table, every cell as it is written."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines() if line.strip()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def draw(frame: pl.DataFrame, expected: str) -> list[dict[str, str]]:
    """Write the columns that `expected` names as a test writes them, to compare with `parse(expected)`."""
    names = [cell.strip() for cell in expected.strip().splitlines()[0].split("|")]
    columns = {name: ANYWHERE["pr"] if name == "pr" else name for name in names}
    return [{name: _text(row[column]) for name, column in columns.items()} for row in frame.iter_rows(named=True)]


def _frame(name: str, rows: list[dict[str, str]]) -> pl.DataFrame:
    types = facts_schema(name)
    names = ANYWHERE | SHORT.get(name, {})
    made = [
        DEFAULTS.get(name, {})
        | {names.get(key, key): _value(cell, types[names.get(key, key)]) for key, cell in row.items()}
        for row in rows
    ]
    return pl.DataFrame([_complete(name, row) for row in made], schema=types)


def _complete(name: str, row: dict[str, Any]) -> dict[str, Any]:
    if "author_login" in row and row.get("author_kind") is None:
        row["author_kind"] = "Ghost" if row["author_login"] == "ghost" else "User"
    for key, login in (("author_id", "author_login"), ("account_id", "login")):
        if row.get(login) is not None and row.get(key) is None:
            row[key] = account_key(None, row[login])
    if name == "pull_requests":
        row["closed_at"] = row.get("closed_at") or row.get("merged_at")
        row.setdefault("updated_at", row["closed_at"] or AS_OF)
        row["state"] = "MERGED" if row.get("merged_at") else "CLOSED" if row["closed_at"] else "OPEN"
        row["number"] = row["number"] or int(row["id"])
    return row


def _value(cell: str, kind: pl.DataType) -> object:
    if cell == "-":
        return None
    if isinstance(kind, pl.Datetime):
        return moment(cell)
    if isinstance(kind, pl.Boolean):
        return cell == "yes"
    if isinstance(kind, pl.List):
        return cell.split(", ")
    if kind.is_float():
        return float(cell)
    return int(cell) if kind.is_integer() else cell


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        week, days = divmod((value - FIRST_MONDAY).days, 7)
        return f"{DAYS[days]}{'' if week == 0 else week + 1} {value:%H:%M}"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
