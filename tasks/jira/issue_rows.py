"""Write issues, what is known of keys, and how a reading went."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from tasks.jira.parse import Issue, Transition
from tasks.jira.sites import PRESENT
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Delete, Merge, Replace, Write, commit

FOUND = "found"
IN_PROGRESS = "in_progress"
Categories = Mapping[str, str | None]
Rows = Mapping[str, Mapping[str, object]]
MAX_LEVELS = 6
"""How far up an epic is looked for: Jira's own hierarchy has three levels, larger plans a few more."""


@dataclass(frozen=True)
class StoredIssue:
    """What is known of an issue before a reading."""

    id: str
    key: str
    project_key: str | None
    updated_at: datetime | None
    state: str | None


def read_stored(warehouse: Warehouse, team_id: str) -> dict[str, StoredIssue]:
    """Return the stored issues of a team by id."""
    sql = "SELECT id, key, project_key, updated_at, state FROM jira_issues WHERE team_id = ? ORDER BY id"
    return {row["id"]: StoredIssue(**row) for row in warehouse.read(sql, [team_id]).iter_rows(named=True)}


def issue_writes(
    team_id: str, issues: Sequence[Issue], transitions: Iterable[Transition], categories: Categories, now: datetime
) -> list[Write]:
    """Return what stores issues with all changes of their status."""
    changes: dict[str, list[Transition]] = {issue.id: [] for issue in issues}
    for one in transitions:
        changes.setdefault(one.issue_id, []).append(one)
    facts = {"team_id": team_id, "state": PRESENT, "fetched_at": now}
    rows = [asdict(one) | facts | {"started_at": find_start(one, changes[one.id], categories)} for one in issues]
    moved = [_transition_row(team_id, one, categories) for each in changes.values() for one in each]
    if not rows:
        return []
    return [
        Merge(schema.jira_issues, schema.frame(schema.jira_issues, rows, rows[0])),
        Replace(
            schema.jira_transitions,
            schema.frame(schema.jira_transitions, moved),
            {"team_id": team_id, "issue_id": list(changes)},
        ),
    ]


def find_start(issue: Issue, transitions: Sequence[Transition], categories: Categories) -> datetime | None:
    """Return when work on an issue began: the first time that its status was of the category in_progress."""
    ordered = sorted(transitions, key=lambda one: (one.changed_at, one.id))
    first = categories.get(ordered[0].from_status_id or "") if ordered else issue.status_category
    if first == IN_PROGRESS:
        return issue.created_at
    begun = (one.changed_at for one in ordered if categories.get(one.to_status_id or "") == IN_PROGRESS)
    return next(begun, None)


def _transition_row(team_id: str, one: Transition, categories: Categories) -> dict[str, object]:
    return {
        "team_id": team_id,
        "issue_id": one.issue_id,
        "id": one.id,
        "changed_at": one.changed_at,
        "from_status": one.from_status,
        "from_category": categories.get(one.from_status_id or ""),
        "to_status": one.to_status,
        "to_category": categories.get(one.to_status_id or ""),
    }


def store_gone(warehouse: Warehouse, team_id: str, gone: Mapping[str, str], now: datetime) -> None:
    """Store which issues are gone, and forget what they were called: who may not see one shall not read it here."""
    rows = [
        {"team_id": team_id, "id": id_, "state": state, "summary": None, "fetched_at": now}
        for id_, state in gone.items()
    ]
    if rows:
        commit(warehouse, Merge(schema.jira_issues, schema.frame(schema.jira_issues, rows, rows[0])))


def key_writes(
    warehouse: Warehouse, team_id: str, found: Mapping[str, str], absent: Mapping[str, str], now: datetime
) -> list[Write]:
    """Return what stores what Jira said of keys: the id of the issue of each, or why it has none."""
    said = [(key, id_, FOUND) for key, id_ in found.items()] + [(key, None, state) for key, state in absent.items()]
    types = {"issue_key": pl.String(), "issue_id": pl.String(), "state": pl.String()}
    answers = pl.DataFrame(said, schema=types, orient="row").with_columns(
        checked_at=pl.lit(now).cast(pl.Datetime("us", "UTC"))
    )
    links = warehouse.read("SELECT pull_request_id, issue_key FROM jira_links WHERE team_id = ?", [team_id])
    rows = links.join(answers, on="issue_key", how="inner").unique(maintain_order=True)
    return [] if rows.is_empty() else [Merge(schema.jira_links, rows)]


def tidy_writes(warehouse: Warehouse, team_id: str) -> list[Write]:
    """Return what stores which epic each issue belongs to, and deletes those that nothing leads to any more.

    An issue stays while a pull request names it, or one below it.
    """
    sql = "SELECT id, key, level, parent_id, parent_key, epic_id FROM jira_issues WHERE team_id = ? ORDER BY id"
    issues = {row["id"]: row for row in warehouse.read(sql, [team_id]).iter_rows(named=True)}
    by_key = {row["key"]: id_ for id_, row in issues.items()}
    sql = "SELECT DISTINCT issue_id FROM jira_links WHERE team_id = ? AND issue_id IS NOT NULL"
    linked = warehouse.read(sql, [team_id])["issue_id"]
    needed = {one for id_ in linked for one in _with_ancestors(str(id_), issues, by_key)}
    rows = [
        {"team_id": team_id, "id": id_, "epic_id": epic}
        for id_, row in issues.items()
        if id_ in needed and (epic := _find_epic(id_, issues, by_key)) != row["epic_id"]
    ]
    writes: list[Write] = [Merge(schema.jira_issues, schema.frame(schema.jira_issues, rows, rows[0]))] if rows else []
    if gone := sorted(issues.keys() - needed):
        writes.append(Delete(schema.jira_issues, {"team_id": team_id, "id": gone}))
        writes.append(Delete(schema.jira_transitions, {"team_id": team_id, "issue_id": gone}))
    return writes


def _find_epic(id_: str, issues: Rows, by_key: Mapping[str, str]) -> str | None:
    for one in _with_ancestors(id_, issues, by_key):
        level = issues[one]["level"]
        if isinstance(level, int) and level >= 1:
            return one
    return None


def _with_ancestors(id_: str, issues: Rows, by_key: Mapping[str, str]) -> Iterator[str]:
    """Yield an issue, its parent, and so on, as far as they are stored."""
    seen: set[str] = set()
    while id_ in issues and id_ not in seen and len(seen) < MAX_LEVELS:
        seen.add(id_)
        yield id_
        row = issues[id_]
        id_ = str(row["parent_id"] or by_key.get(str(row["parent_key"])) or "")


def forget_site(warehouse: Warehouse, team_id: str, tables: Collection[str]) -> None:
    """Delete what was read from another Jira: its ids mean other issues here."""
    commit(warehouse, *(Delete(schema.metadata.tables[name], {"team_id": team_id}) for name in tables))
