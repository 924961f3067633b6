"""What Jira Cloud and Jira Data Center are asked, each in its own form.

Cloud: REST v3, https://developer.atlassian.com/cloud/jira/platform/rest/v3/. Data Center: REST v2,
https://docs.atlassian.com/software/jira/docs/api/REST/latest/. Both give their version at /rest/api/2/serverInfo.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tasks.jira.client import Jira
from tasks.jira.errors import BadBatch, JiraRefused, JiraUnavailable
from tasks.jira.parse import (
    Issue,
    Transition,
    as_list,
    as_object,
    as_text,
    parse_categories,
    parse_issue,
    parse_projects,
    parse_transitions,
)
from warehouse.errors import NotConfigured

CLOUD, DATA_CENTER = "cloud", "data_center"
PRESENT, MISSING, DELETED, PRIVATE = "present", "missing", "deleted", "private"
"""What is known of an issue. Cloud says the same of one that was deleted and one that is not to be seen: missing."""

# Cloud allows a thousand if each field has one value and nothing is expanded, Data Center what its administrator set.
MAX_BATCH = 1_000
MAX_IDS_A_PAGE = 5_000
# Data Center pages no further: jira.search.views.default.max and its search engine's window.
MAX_FOUND = 10_000
# Of one list. A Jira that always names another page would be read for ever.
MAX_PAGES = 1_000
# The index that a search reads is a little behind.
INDEX_DELAY = timedelta(hours=1)
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"


@dataclass(frozen=True)
class Login:
    """Whom Jira sees. `timezone` is that of the account: dates in JQL without a zone would be read in it."""

    name: str
    timezone: str


class Site(Protocol):
    """One Jira. All methods raise JiraError."""

    form: str

    def read_projects(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of the projects that the login may see, each with those that it had."""

    def read_categories(self) -> dict[str, str | None]:
        """Return the category of each status: to_do, in_progress, done, or None."""

    def fetch(self, keys: Sequence[str], fields: Sequence[str], *, by_id: bool = False) -> list[Issue]:
        """Return the issues with these keys (or ids) that the login may see; moved ones come with their new key."""

    def fetch_transitions(self, ids: Sequence[str]) -> list[Transition]:
        """Return all changes of status of these issues."""

    def find_changed(self, projects: Sequence[str], since: datetime) -> set[str] | None:
        """Return the ids of the issues that were updated since; None if there are too many to list."""

    def look_up(self, key: str) -> tuple[str, Issue | None]:
        """Return what is known of one key or id that a batch did not return."""


def open_site(jira: Jira) -> tuple[Site, Login]:
    """Return the site in its own form, and whom it sees; raise JiraError or NotConfigured."""
    info = as_object(jira.get("/rest/api/2/serverInfo"))
    is_cloud = info.get("deploymentType") == "Cloud"
    if "deploymentType" not in info and "version" not in info:
        raise JiraRefused(f"{jira.settings.base_url} does not respond as Jira's API does.")
    if is_cloud and not jira.settings.email.strip():
        raise NotConfigured("PRFLOW_JIRA_EMAIL is missing: Jira Cloud takes an API token with its owner's address.")
    found = as_object(jira.get("/rest/api/2/myself"))
    name = as_text(found.get("displayName")) or as_text(found.get("name")) or "somebody"
    login = Login(name, as_text(found.get("timeZone")) or "UTC")
    return (Cloud(jira) if is_cloud else DataCenter(jira)), login


def since_in_jql(at: datetime) -> str:
    """Return a time for JQL as milliseconds since 1970.

    A date would be read in the zone of the account, to the minute; a number has no zone.
    """
    return str(int((at - INDEX_DELAY).timestamp() * 1_000))


def changed_jql(projects: Sequence[str], since: datetime) -> str:
    """Return the query for what changed. The order by key lets pages shift only by what is deleted meanwhile."""
    names = ", ".join(f'"{key}"' for key in projects)
    return f"project in ({names}) AND updated >= {since_in_jql(since)} ORDER BY key ASC"


def _halved(keys: Sequence[str], fetch: Callable[[Sequence[str]], list[Issue]]) -> list[Issue]:
    """Fetch in halves what Jira refuses to take at once; one key that it refuses is left out."""
    try:
        return fetch(keys)
    except BadBatch:
        if len(keys) == 1:
            return []
        half = len(keys) // 2
        return _halved(keys[:half], fetch) + _halved(keys[half:], fetch)


@dataclass
class Cloud:
    """Jira Cloud."""

    jira: Jira
    form: str = CLOUD

    def read_projects(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for _ in range(MAX_PAGES):
            given: dict[str, str | int] = {"startAt": len(found), "maxResults": 100, "expand": "projectKeys"}
            page = as_object(self.jira.get("/rest/api/3/project/search", given))
            before = len(found)
            found |= dict(parse_projects(as_list(page.get("values"))))
            if page.get("isLast") is not False or len(found) == before:
                break
        return found

    def read_categories(self) -> dict[str, str | None]:
        return parse_categories(as_list(self.jira.get("/rest/api/3/status")))

    def fetch(self, keys: Sequence[str], fields: Sequence[str], *, by_id: bool = False) -> list[Issue]:
        return _halved(keys, lambda some: self._fetch(some, fields))

    def _fetch(self, keys: Sequence[str], fields: Sequence[str]) -> list[Issue]:
        body = {"issueIdsOrKeys": list(keys), "fields": list(fields), "fieldsByKeys": False}
        said = as_object(self.jira.post("/rest/api/3/issue/bulkfetch", body))
        return [issue for node in as_list(said.get("issues")) if (issue := parse_issue(node))]

    def fetch_transitions(self, ids: Sequence[str]) -> list[Transition]:
        found: list[Transition] = []
        body: dict[str, object] = {"issueIdsOrKeys": list(ids), "fieldIds": ["status"], "maxResults": 1_000}
        for page in self._pages("/rest/api/3/changelog/bulkfetch", body):
            for node in map(as_object, as_list(page.get("issueChangeLogs"))):
                if issue_id := as_text(node.get("issueId")):
                    found += parse_transitions(issue_id, as_list(node.get("changeHistories")))
        return found

    def find_changed(self, projects: Sequence[str], since: datetime) -> set[str] | None:
        body: dict[str, object] = {"jql": changed_jql(projects, since), "fields": ["id"], "maxResults": MAX_IDS_A_PAGE}
        pages = self._pages("/rest/api/3/search/jql", body)
        nodes = (as_object(node) for page in pages for node in as_list(page.get("issues")))
        return {id_ for node in nodes if (id_ := as_text(node.get("id")))}

    def look_up(self, key: str) -> tuple[str, Issue | None]:
        """Cloud gave what it gives: it does not say whether the rest was deleted or may not be seen."""
        return MISSING, None

    def _pages(self, path: str, body: dict[str, object]) -> Iterator[dict[str, object]]:
        token, seen = None, set[str]()
        for _ in range(MAX_PAGES):
            page = as_object(self.jira.post(path, body | ({"nextPageToken": token} if token else {})))
            yield dict(page)
            token = as_text(page.get("nextPageToken"))
            if not token or token in seen:
                return
            seen.add(token)
        raise _without_end(path)


@dataclass
class DataCenter:
    """Jira Data Center, and Jira Server."""

    jira: Jira
    form: str = DATA_CENTER
    _epic_field: str | None = None
    _is_epic_known: bool = False

    def read_projects(self) -> dict[str, tuple[str, ...]]:
        return dict(parse_projects(as_list(self.jira.get("/rest/api/2/project", {"expand": "projectKeys"}))))

    def read_categories(self) -> dict[str, str | None]:
        return parse_categories(as_list(self.jira.get("/rest/api/2/status")))

    def fetch(self, keys: Sequence[str], fields: Sequence[str], *, by_id: bool = False) -> list[Issue]:
        wanted = [*fields, *([self.epic_field] if self.epic_field and len(fields) > 1 else [])]
        name = "id" if by_id else "key"
        return _halved(keys, lambda some: self._search(f"{name} in ({', '.join(some)}) ORDER BY key ASC", wanted))

    @property
    def epic_field(self) -> str | None:
        """The field that holds the key of an issue's epic; None if this Jira has none."""
        if not self._is_epic_known:
            for node in map(as_object, as_list(self.jira.get("/rest/api/2/field"))):
                if as_object(node.get("schema")).get("custom") == _EPIC_LINK:
                    self._epic_field = as_text(node.get("id"))
            self._is_epic_known = True
        return self._epic_field

    def fetch_transitions(self, ids: Sequence[str]) -> list[Transition]:
        found: list[Transition] = []
        for start in range(0, len(ids), 100):
            jql = f"id in ({', '.join(ids[start : start + 100])}) ORDER BY key ASC"
            for node in self._pages(jql, ["updated"], expand=["changelog"]):
                issue = as_object(node)
                histories = as_list(as_object(issue.get("changelog")).get("histories"))
                found += parse_transitions(as_text(issue.get("id")) or "", histories)
        return found

    def find_changed(self, projects: Sequence[str], since: datetime) -> set[str] | None:
        jql = changed_jql(projects, since)
        first = as_object(self.jira.post("/rest/api/2/search", _query(jql, ["updated"], 0, 1)))
        total = first.get("total")
        if not isinstance(total, int) or total > MAX_FOUND:
            return None
        return {id_ for node in self._pages(jql, ["updated"]) if (id_ := as_text(as_object(node).get("id")))}

    def look_up(self, key: str) -> tuple[str, Issue | None]:
        """Ask for one issue: 404 is for one that is gone, 403 for one that the login may not see."""
        status, node = self.jira.find(f"/rest/api/2/issue/{key}", {"fields": "updated"})
        issue = parse_issue(node) if node is not None else None
        if issue is not None:
            return PRESENT, issue
        return (PRIVATE if status == 403 else DELETED), None

    def _search(self, jql: str, fields: Sequence[str]) -> list[Issue]:
        return [issue for node in self._pages(jql, fields) if (issue := parse_issue(node, self._epic_field))]

    def _pages(self, jql: str, fields: Sequence[str], expand: Sequence[str] = ()) -> Iterator[object]:
        """Yield the nodes of all pages. A page may be shorter than asked for: the administrator sets how long."""
        start = 0
        for _ in range(MAX_PAGES):
            body = _query(jql, fields, start, MAX_BATCH) | ({"expand": list(expand)} if expand else {})
            page = as_object(self.jira.post("/rest/api/2/search", body))
            nodes, total = as_list(page.get("issues")), page.get("total")
            yield from nodes
            start += len(nodes)
            if not nodes or not isinstance(total, int) or start >= total:
                return
            if start > MAX_FOUND:
                break
        raise _without_end("/rest/api/2/search")


def _without_end(path: str) -> JiraUnavailable:
    return JiraUnavailable(f"Jira's list of {path} does not end.")


def _query(jql: str, fields: Sequence[str], start: int, count: int) -> dict[str, object]:
    """Return the body of a search. Without validateQuery a key that does not exist would fail all the others."""
    return {"jql": jql, "fields": list(fields), "startAt": start, "maxResults": count, "validateQuery": False}
