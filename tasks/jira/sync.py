"""Bring a team's issues up to date, after its pull requests.

Read are the issues that pull requests name, and their parents up to the epic: nothing else of Jira is stored. Each
issue is asked for its `updated`, and read again if that changed, so that a night sees what changed, moved, was deleted
or hidden. If there are many, a search for what was updated since the last reading takes its place, and the weekly run
asks for all.

What fails here is stored (`jira_sites.error`) and returned, never raised: it does not concern the pull requests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tasks.jira import keys
from tasks.jira.client import Jira
from tasks.jira.errors import JiraError
from tasks.jira.issue_rows import (
    StoredIssue,
    forget_site,
    issue_writes,
    key_writes,
    read_stored,
    store_gone,
    tidy_writes,
)
from tasks.jira.links import link_pull_requests
from tasks.jira.parse import FIELDS, Issue
from tasks.jira.sites import MAX_BATCH, PRESENT, Site, open_site
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured, PrflowError
from warehouse.store import Merge, Write, commit

# Up to this many, asking for each costs no more than a few requests, and also shows what is gone.
MAX_ROLL_CALL = 5_000
# A key that Jira did not return may be of an issue that is made later, or be seen later.
ASK_AGAIN_AFTER = timedelta(days=7)
MAX_PARENT_LEVELS = 3
TABLES = ("jira_issues", "jira_transitions", "jira_links", "jira_sites")


@dataclass(frozen=True)
class IssuesSummary:
    """What a reading did. `error` is what stopped it early, None if nothing did."""

    links_count: int = 0
    issues_count: int = 0
    gone_count: int = 0
    requests: int = 0
    error: PrflowError | None = None


@dataclass(frozen=True)
class SiteState:
    """How far a team's Jira was read, as in `jira_sites`."""

    url: str | None = None
    project_keys: list[str] | None = None
    read_at: datetime | None = None
    linked_at: datetime | None = None


def sync_issues(
    jira: Jira, warehouse: Warehouse, team_id: str, now: datetime, *, is_refetch: bool = False
) -> IssuesSummary:
    """Link the team's pull requests, and read the issues that they name. `is_refetch` asks for every issue."""
    before = _read_state(warehouse, team_id)
    if before.url not in {None, jira.settings.base_url}:
        forget_site(warehouse, team_id, TABLES)
        before = SiteState()
    reading = _Reading(warehouse, team_id, now)
    try:
        site, _ = open_site(jira)
        found = site.read_projects()
    except (JiraError, NotConfigured) as error:
        # Keys of the projects that are known are linked all the same: the next run reads their issues.
        projects = _chosen(jira, before.project_keys)
        links = _link(warehouse, team_id, jira, projects, before, now)
        _keep_state(warehouse, team_id, jira, now, {"linked_at": now, "project_keys": projects}, error)
        return IssuesSummary(links, requests=jira.requests, error=error)
    projects = _chosen(jira, sorted({key for had in found.values() for key in had}))
    links = _link(warehouse, team_id, jira, projects, before, now)
    state: dict[str, object] = {"linked_at": now, "project_keys": projects, "form": site.form}
    try:
        reading.read(site, found, before.read_at, is_refetch=is_refetch)
    except JiraError as error:
        _keep_state(warehouse, team_id, jira, now, state, error)
        return reading.summary(links, jira.requests, error)
    _keep_state(warehouse, team_id, jira, now, state | {"read_at": now}, None)
    return reading.summary(links, jira.requests)


def _chosen(jira: Jira, known: list[str] | None) -> list[str] | None:
    """Return the keys of the projects to look for: those that a person chose, else those that are known."""
    return list(jira.settings.project_keys) or known


def _link(
    warehouse: Warehouse, team_id: str, jira: Jira, projects: list[str] | None, before: SiteState, now: datetime
) -> int:
    site = keys.Site(jira.settings.base_url, None if projects is None else frozenset(projects))
    is_same = before.project_keys == projects
    return link_pull_requests(warehouse, team_id, site, before.linked_at if is_same else None)


@dataclass
class _Reading:
    """One reading of the issues of a team."""

    warehouse: Warehouse
    team_id: str
    now: datetime
    read_ids: set[str] = field(default_factory=set)
    gone: int = 0

    def read(self, site: Site, projects: Mapping[str, object], since: datetime | None, *, is_refetch: bool) -> None:
        """Read what is new, what changed and what is gone; each batch is committed as it comes."""
        categories = site.read_categories()
        stored = read_stored(self.warehouse, self.team_id)
        for batch in _batches(self._changed(site, stored, projects, since, is_refetch=is_refetch)):
            self._store(site, site.fetch(batch, FIELDS, by_id=True), categories)
        for batch in _batches(self._keys_to_ask(is_refetch=is_refetch)):
            self._read_keys(site, batch, categories)

    def summary(self, links: int, requests: int, error: PrflowError | None = None) -> IssuesSummary:
        return IssuesSummary(links, len(self.read_ids), self.gone, requests, error)

    def _changed(
        self,
        site: Site,
        stored: Mapping[str, StoredIssue],
        projects: Mapping[str, object],
        since: datetime | None,
        *,
        is_refetch: bool,
    ) -> list[str]:
        """Return the ids of stored issues that Jira has otherwise now; note those that are gone."""
        if since is not None and len(stored) > MAX_ROLL_CALL and not is_refetch:
            names = sorted({str(one.project_key) for one in stored.values()} & projects.keys())
            changed = site.find_changed(names, since) if names else set()
            if changed is not None:
                return sorted(changed & stored.keys())
        changed_ids: list[str] = []
        for batch in _batches(stored):
            given = {one.id: one for one in site.fetch(batch, ("updated",), by_id=True)}
            changed_ids += [id_ for id_, one in given.items() if id_ in stored and _is_other(one, stored[id_])]
            self._note_gone(site, [stored[id_] for id_ in batch if id_ not in given])
        return changed_ids

    def _note_gone(self, site: Site, absent: Iterable[StoredIssue]) -> None:
        gone = {one.id: site.look_up(one.id)[0] for one in absent if one.state == PRESENT}
        gone = {id_: state for id_, state in gone.items() if state != PRESENT}
        store_gone(self.warehouse, self.team_id, gone, self.now)
        self.gone += len(gone)

    def _keys_to_ask(self, *, is_refetch: bool) -> list[str]:
        before = self.now if is_refetch else self.now - ASK_AGAIN_AFTER
        rows = self.warehouse.read(_TO_ASK, {"team": self.team_id, "before": before})
        return [str(key) for key in rows["issue_key"]]

    def _read_keys(self, site: Site, asked: Sequence[str], categories: Mapping[str, str | None]) -> None:
        issues, by_key = self._resolve(site, asked)
        absent = {}
        for key in [key for key in asked if key not in by_key]:
            absent[key], moved = site.look_up(key)
            if moved is not None:  # Data Center finds what moved in this way alone
                by_key[key] = moved.id
                issues += site.fetch([moved.id], FIELDS, by_id=True)
        gone = {key: state for key, state in absent.items() if state != PRESENT}
        self._store(site, issues, categories, key_writes(self.warehouse, self.team_id, by_key, gone, self.now))

    def _resolve(self, site: Site, asked: Sequence[str]) -> tuple[list[Issue], dict[str, str]]:
        """Return the issues of keys, and which key leads to which issue.

        An issue that moved comes with its new key, and Jira does not say which of the old ones it was asked by: halves
        of the keys that are left are asked for until one is.
        """
        issues = site.fetch(asked, FIELDS)
        wanted = set(asked)
        by_key = {one.key: one.id for one in issues if one.key in wanted}
        moved = [one for one in issues if one.key not in wanted]
        left = [key for key in asked if key not in by_key]
        if len(asked) == 1:
            return issues, by_key | {key: one.id for key, one in zip(left, moved, strict=False)}
        half = (len(left) + 1) // 2
        # What was asked for by its old and its new key came once: the rest is asked for on its own.
        parts = [left] if len(left) < len(asked) else [left[:half], left[half:]] if moved else []
        for part in parts:
            by_key |= self._resolve(site, part)[1] if part else {}
        return issues, by_key

    def _store(
        self, site: Site, issues: Sequence[Issue], categories: Mapping[str, str | None], also: Sequence[Write] = ()
    ) -> None:
        """Store issues and their parents that are not stored yet, all with their transitions, in one commit."""
        fresh: dict[str, Issue] = {}
        for _ in range(MAX_PARENT_LEVELS + 1):
            found = {one.id: one for one in issues if one.id not in self.read_ids | fresh.keys()}
            fresh |= found
            issues = self._fetch_parents(site, found.values(), {one.key for one in fresh.values()})
        transitions = site.fetch_transitions(list(fresh)) if fresh else []
        writes = issue_writes(self.team_id, list(fresh.values()), transitions, categories, self.now)
        if writes or also:
            commit(self.warehouse, *writes, *also)
        self.read_ids |= fresh.keys()

    def _fetch_parents(self, site: Site, issues: Iterable[Issue], known: set[str]) -> list[Issue]:
        wanted = {one.parent_key for one in issues if one.parent_key} - known
        if not wanted:
            return []
        wanted -= {one.key for one in read_stored(self.warehouse, self.team_id).values()}
        return site.fetch(sorted(wanted), FIELDS) if wanted else []


def _is_other(one: Issue, stored: StoredIssue) -> bool:
    return one.updated_at != stored.updated_at or one.key != stored.key or stored.state != PRESENT


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    every = list(ids)
    for start in range(0, len(every), MAX_BATCH):
        yield every[start : start + MAX_BATCH]


def _read_state(warehouse: Warehouse, team_id: str) -> SiteState:
    sql = "SELECT url, project_keys, read_at, linked_at FROM jira_sites WHERE team_id = ?"
    row = warehouse.read_one(sql, [team_id])
    return SiteState(**row) if row else SiteState()


def _keep_state(
    warehouse: Warehouse,
    team_id: str,
    jira: Jira,
    now: datetime,
    state: Mapping[str, object],
    error: PrflowError | None,
) -> None:
    row = {
        "team_id": team_id,
        "url": jira.settings.base_url,
        "tried_at": now,
        "requests": jira.requests,
        "error": str(error) if error else None,
        "error_hint": error.hint if error else None,
        **state,
    }
    kept = Merge(schema.jira_sites, schema.frame(schema.jira_sites, [row], row))
    commit(warehouse, *tidy_writes(warehouse, team_id), kept)


# A repository that came from another team brings its links along, and not the issues.
_TO_ASK = """
SELECT DISTINCT issue_key FROM jira_links
WHERE team_id = $team AND CASE
    WHEN issue_id IS NULL THEN checked_at IS NULL OR checked_at < $before
    ELSE issue_id NOT IN (SELECT id FROM jira_issues WHERE team_id = $team)
END ORDER BY issue_key
"""
