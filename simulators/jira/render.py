"""Issues and changelogs as Jira writes them.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (fields, changelog) and
https://docs.atlassian.com/software/jira/docs/api/REST/latest/ (Data Center).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from simulators.jira.world import STATUSES, TYPES, SimChange, SimIssue

EPIC_FIELD = "customfield_10008"
_CATEGORY_NAMES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
_CATEGORY_IDS = {"new": 2, "indeterminate": 4, "done": 3}
Json = dict[str, object]


def time_text(at: datetime) -> str:
    """Return a time as Jira writes it: milliseconds, and an offset without a colon."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1_000:03d}{at:%z}"


def status(id_: str) -> Json:
    name, category = STATUSES[id_]
    named = {"id": _CATEGORY_IDS[category], "key": category, "name": _CATEGORY_NAMES[category]}
    return {"id": id_, "name": name, "statusCategory": named}


def issue(one: SimIssue, fields: Sequence[str], *, is_cloud: bool) -> Json:
    """Return an issue with the fields that were asked for; `id` and `key` are always there."""
    known = _fields(one, is_cloud=is_cloud)
    return {"id": one.id, "key": one.key, "fields": {name: known[name] for name in fields if name in known}}


def _fields(one: SimIssue, *, is_cloud: bool) -> Json:
    found: Json = {
        "summary": one.summary,
        "issuetype": _type(one.type, is_cloud=is_cloud),
        "status": status(one.status),
        "priority": {"id": "3", "name": one.priority} if one.priority else None,
        "project": {"key": one.project},
        "created": time_text(one.created),
        "updated": time_text(one.updated),
        "resolutiondate": time_text(one.resolved) if one.resolved else None,
        "resolution": {"name": "Done"} if one.resolved else None,
    }
    parent = one.parent
    if parent is None:
        return found
    # Data Center has a parent for sub-tasks alone; the epic of the others is the key in a field of its own.
    if not is_cloud and one.type != "Sub-task":
        return found | {EPIC_FIELD: parent.key}
    above = {
        "summary": parent.summary,
        "status": status(parent.status),
        "issuetype": _type(parent.type, is_cloud=is_cloud),
    }
    return found | {"parent": {"id": parent.id, "key": parent.key, "fields": above}}


def _type(name: str, *, is_cloud: bool) -> Json:
    level, is_subtask = TYPES[name]
    return {"name": name, "subtask": is_subtask} | ({"hierarchyLevel": level} if is_cloud else {})


def histories(changes: Iterable[SimChange], *, is_bulk: bool) -> list[Json]:
    """Return entries of a changelog. In bulk, `created` is a number of milliseconds."""
    return [
        {
            "id": one.id,
            "created": int(one.at.timestamp() * 1_000) if is_bulk else time_text(one.at),
            "author": {"displayName": "Somebody", "accountId": "5b10a2844c20165700ede21g"},
            "items": [_item(one, is_bulk=is_bulk)],
        }
        for one in changes
    ]


def _item(one: SimChange, *, is_bulk: bool) -> Json:
    if one.field != "status":
        return {"field": one.field, "fieldtype": "jira", "from": None, "fromString": one.before, "toString": one.after}
    named = {"fieldId": "status"} if is_bulk else {}
    return {
        **named,
        "field": "status",
        "fieldtype": "jira",
        "from": one.before,
        "fromString": STATUSES[one.before][0],
        "to": one.after,
        "toString": STATUSES[one.after][0],
    }
