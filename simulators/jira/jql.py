"""As much of JQL as is asked of the simulator, with Jira's own traps.

A date without a zone is read in the zone of the account, to the minute; a number is milliseconds since 1970.
https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from simulators.jira.world import SimIssue, World

_CLAUSE = re.compile(r"^(project|key|issuekey|id) in \((.*)\)$|^updated >= (?:\"([^\"]+)\"|(\d+))$", re.DOTALL)


class BadQuery(Exception):
    """Jira's 400, with its message."""


@dataclass(frozen=True)
class Query:
    """Who asks, and how strictly. `is_strict` fails a query for a key that does not exist."""

    world: World
    timezone: str
    is_strict: bool = True


def search(jql: str, query: Query) -> list[SimIssue]:
    """Return the issues that the login may see, in the order that was asked for; raise BadQuery."""
    text, _, order = jql.partition(" ORDER BY ")
    if not text.strip():
        raise BadQuery("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    found = list(query.world.visible())
    for clause in text.split(" AND "):
        found = _keep(found, clause.strip(), query)
    return sorted(found, key=_by_updated if order.startswith("updated") else _by_key)


def _keep(issues: list[SimIssue], clause: str, query: Query) -> list[SimIssue]:
    match = _CLAUSE.match(clause)
    if match is None:
        raise BadQuery(f"Error in the JQL Query: '{clause}'.")
    name, listed, date, number = match.groups()
    if name is None:
        since = _parse_date(date, query.timezone) if date else datetime.fromtimestamp(int(number) / 1_000, UTC)
        return [one for one in issues if one.updated >= since]
    values = [value.strip().strip('"') for value in listed.split(",") if value.strip()]
    if name == "project":
        return [one for one in issues if one.project in _projects(values, query)]
    return _named(issues, values, query)


def _projects(values: list[str], query: Query) -> set[str]:
    seen = {key: one for one in query.world.projects.values() if not one.is_hidden for key in (one.key, *one.earlier)}
    for value in values:
        if value not in seen:
            raise BadQuery(f"The value '{value}' does not exist for the field 'project'.")
    return {seen[value].key for value in values}


def _named(issues: list[SimIssue], values: list[str], query: Query) -> list[SimIssue]:
    found = {one.id for one in query.world.find_all(values)}
    known = {name for name in values if (one := query.world.find(name)) is not None and one.id in found}
    if query.is_strict and (missing := [name for name in values if name not in known]):
        raise BadQuery(f"An issue with key '{missing[0]}' does not exist for field 'key'.")
    return [one for one in issues if one.id in found]


def _parse_date(text: str, timezone: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y/%m/%d %H:%M").replace(tzinfo=ZoneInfo(timezone))
    except ValueError:
        raise BadQuery(f"Date value '{text}' for field 'updated' is invalid.") from None


def _by_key(issue: SimIssue) -> tuple[str, int]:
    project, _, number = issue.key.rpartition("-")
    return project, int(number)


def _by_updated(issue: SimIssue) -> datetime:
    return issue.updated
