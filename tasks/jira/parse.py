"""Turn Jira's JSON into values. What is missing or of another kind than documented is None, never an error."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from warehouse.guard.storable import LONE_SURROGATES, NUL

JSON = Mapping[str, object]
CATEGORIES = {"new": "to_do", "indeterminate": "in_progress", "done": "done"}
"""The categories of a status, by Jira's keys for them. `undefined` is none."""
FIELDS = (
    *("summary", "issuetype", "status", "priority", "parent", "created", "updated", "resolutiondate", "resolution"),
    "project",
)
"""The fields that are asked for. Each has one value, so that a request may ask for a thousand issues."""
MAX_TEXT = 500
MAX_LEVEL = 100
# Bulk changelogs give numbers: seconds or milliseconds since 1970, by their size.
_FIRST_IN_MILLISECONDS = 100_000_000_000


@dataclass(frozen=True)
class Issue:
    """One issue as Jira gave it. `level` is 1 for an epic, 0 for the usual, -1 for a sub-task; None if not known."""

    id: str
    key: str
    project_key: str
    issue_type: str | None
    level: int | None
    summary: str | None
    status: str | None
    status_category: str | None
    priority: str | None
    resolution: str | None
    parent_id: str | None
    parent_key: str | None
    created_at: datetime | None
    updated_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class Transition:
    """One change of an issue's status. `id` is that of the entry of the changelog, with the place in it."""

    issue_id: str
    id: str
    changed_at: datetime
    from_status_id: str | None
    from_status: str | None
    to_status_id: str | None
    to_status: str | None


def as_object(value: object) -> JSON:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    # A text that is not valid UTF-8 must not change what is stored of the others.
    return LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", str(value)[:MAX_TEXT].replace(NUL, ""))


def parse_time(value: object) -> datetime | None:
    """Return a time in UTC: of ISO 8601 as Jira writes it (`2026-08-24T11:11:52.944+0000`), or of a number."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1_000 if value >= _FIRST_IN_MILLISECONDS else value, UTC)
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def parse_issue(node: object, epic_field: str | None = None) -> Issue | None:
    """Return an issue, or None without an id and a key. `epic_field` is where Data Center keeps the key of the epic."""
    issue, fields = as_object(node), as_object(as_object(node).get("fields"))
    id_, key = as_text(issue.get("id")), as_text(issue.get("key"))
    if not id_ or not key:
        return None
    kind, status, parent = (as_object(fields.get(name)) for name in ("issuetype", "status", "parent"))
    parent_key = as_text(parent.get("key")) or (as_text(fields.get(epic_field)) if epic_field else None)
    return Issue(
        id=id_,
        key=key,
        project_key=as_text(as_object(fields.get("project")).get("key")) or key.rpartition("-")[0],
        issue_type=as_text(kind.get("name")),
        level=_level(kind),
        summary=as_text(fields.get("summary")),
        status=as_text(status.get("name")),
        status_category=CATEGORIES.get(str(as_object(status.get("statusCategory")).get("key"))),
        priority=as_text(as_object(fields.get("priority")).get("name")),
        resolution=as_text(as_object(fields.get("resolution")).get("name")),
        parent_id=as_text(parent.get("id")),
        parent_key=parent_key,
        created_at=parse_time(fields.get("created")),
        updated_at=parse_time(fields.get("updated")),
        resolved_at=parse_time(fields.get("resolutiondate")),
    )


def _level(kind: JSON) -> int | None:
    """Return the level in the hierarchy. Cloud gives it; Data Center says which are sub-tasks, and names epics."""
    level = kind.get("hierarchyLevel")
    if isinstance(level, int) and not isinstance(level, bool):
        return level if abs(level) <= MAX_LEVEL else None
    if kind.get("subtask") is True:
        return -1
    return None if not kind else int(as_text(kind.get("name")) == "Epic")


def parse_transitions(issue_id: str, histories: Iterable[object]) -> Iterator[Transition]:
    """Yield the changes of status in entries of a changelog."""
    for node in histories:
        history = as_object(node)
        changed_at, id_ = parse_time(history.get("created")), as_text(history.get("id"))
        for place, item in enumerate(map(as_object, as_list(history.get("items")))):
            is_status = "status" in {item.get("fieldId"), item.get("field")}
            if changed_at is None or not id_ or not is_status:
                continue
            yield Transition(
                issue_id=issue_id,
                id=f"{id_}.{place}",
                changed_at=changed_at,
                from_status_id=as_text(item.get("from")),
                from_status=as_text(item.get("fromString")),
                to_status_id=as_text(item.get("to")),
                to_status=as_text(item.get("toString")),
            )


def parse_projects(nodes: Iterable[object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the key of each project with the keys that it had, its present one among them."""
    for node in nodes:
        project = as_object(node)
        if key := as_text(project.get("key")):
            had = [text for each in as_list(project.get("projectKeys")) if (text := as_text(each))]
            yield key, tuple(dict.fromkeys([key, *had]))


def parse_categories(nodes: Iterable[object]) -> dict[str, str | None]:
    """Return the category of each status by its id."""
    found = {}
    for node in map(as_object, nodes):
        if id_ := as_text(node.get("id")):
            found[id_] = CATEGORIES.get(str(as_object(node.get("statusCategory")).get("key")))
    return found
