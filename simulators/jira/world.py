"""The issues of a simulated Jira, and what may happen to them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STATUSES = {
    "10000": ("To Do", "new"),
    "10001": ("In Progress", "indeterminate"),
    "10002": ("In Review", "indeterminate"),
    "10003": ("Done", "done"),
}
"""Each status by id: its name and the key of its category, as in GET /rest/api/3/status."""
TO_DO, IN_PROGRESS, IN_REVIEW, DONE = STATUSES
TYPES = {"Epic": (1, False), "Story": (0, False), "Bug": (0, False), "Task": (0, False), "Sub-task": (-1, True)}
"""Each type: its level in the hierarchy, and whether it is a sub-task."""


@dataclass
class SimProject:
    """A project; `earlier` are the keys that it had before it was renamed. A hidden one is not the login's to see."""

    id: str
    key: str
    name: str
    earlier: list[str] = field(default_factory=list)
    is_hidden: bool = False


@dataclass
class SimChange:
    """An entry of a changelog: a status, or anything else with `field` and texts."""

    id: str
    at: datetime
    before: str
    after: str
    field: str = "status"


@dataclass
class SimIssue:
    """An issue. `earlier_keys` still lead to it after it moved."""

    id: str
    key: str
    type: str
    summary: str
    created: datetime
    updated: datetime
    status: str = TO_DO
    priority: str | None = "Medium"
    parent: "SimIssue | None" = None
    resolved: datetime | None = None
    changes: list[SimChange] = field(default_factory=list)
    earlier_keys: list[str] = field(default_factory=list)
    is_private: bool = False

    @property
    def project(self) -> str:
        return self.key.rpartition("-")[0]


class World:
    """Projects and issues. Every change moves `updated`, as in Jira; deleting and hiding leave no trace."""

    def __init__(self) -> None:
        self.projects: dict[str, SimProject] = {}
        self.issues: dict[str, SimIssue] = {}
        self._numbers: dict[str, int] = {}
        self._next_id = 10_000
        self._next_change = 50_000

    def add_project(self, key: str, name: str, *, is_hidden: bool = False) -> SimProject:
        project = SimProject(str(10_000 + len(self.projects)), key, name, is_hidden=is_hidden)
        self.projects[key] = project
        return project

    def add_issue(
        self,
        project: str,
        type_: str,
        summary: str,
        at: datetime,
        parent: SimIssue | None = None,
        *,
        number: int | None = None,
    ) -> SimIssue:
        """Add an issue, under the next number of its project unless one is given."""
        given = number or self._numbers.get(project, 0) + 1
        self._numbers[project] = max(given, self._numbers.get(project, 0))
        self._next_id += 1
        issue = SimIssue(str(self._next_id), f"{project}-{given}", type_, summary, at, at, parent=parent)
        self.issues[issue.id] = issue
        return issue

    def set_status(self, issue: SimIssue, status: str, at: datetime) -> None:
        self._change(issue, SimChange(self._change_id(), at, issue.status, status))
        issue.status = status
        issue.resolved = at if status == DONE else None

    def edit(self, issue: SimIssue, summary: str, at: datetime) -> None:
        self._change(issue, SimChange(self._change_id(), at, issue.summary, summary, field="summary"))
        issue.summary = summary

    def move(self, issue: SimIssue, project: str, at: datetime) -> None:
        """Move an issue to another project: it gets a key there, and the old one still leads to it."""
        before = issue.key
        self._numbers[project] = self._numbers.get(project, 0) + 1
        issue.earlier_keys.append(before)
        issue.key = f"{project}-{self._numbers[project]}"
        self._change(issue, SimChange(self._change_id(), at, before, issue.key, field="Key"))

    def rename_project(self, before: str, after: str) -> None:
        """Give a project another key: its issues follow, their old keys lead to them, `updated` stays."""
        project = self.projects.pop(before)
        project.earlier.append(before)
        project.key = after
        self.projects[after] = project
        self._numbers[after] = self._numbers.pop(before, 0)
        for issue in self.issues.values():
            if issue.project == before:
                issue.earlier_keys.append(issue.key)
                issue.key = f"{after}-{issue.key.rpartition('-')[2]}"

    def delete(self, issue: SimIssue) -> None:
        """Delete an issue; those below it lose their parent, and their `updated` stays."""
        del self.issues[issue.id]
        for one in self.issues.values():
            one.parent = None if one.parent is issue else one.parent

    def visible(self) -> Iterator[SimIssue]:
        """Yield what the login may see."""
        for issue in self.issues.values():
            if self.may_see(issue):
                yield issue

    def may_see(self, issue: SimIssue) -> bool:
        project = self.projects.get(issue.project)
        return not issue.is_private and project is not None and not project.is_hidden

    def find(self, name: str) -> SimIssue | None:
        """Find an issue by id, key in any letters, or a key that it had, whether or not it may be seen."""
        if name in self.issues:
            return self.issues[name]
        wanted = name.upper()
        by_old = (one for one in self.issues.values() if wanted in one.earlier_keys)
        return next((one for one in self.issues.values() if one.key == wanted), None) or next(by_old, None)

    def find_all(self, names: Iterable[str]) -> list[SimIssue]:
        """Return what the login may see of these, each once, by ascending id."""
        found = {one.id: one for name in names if (one := self.find(name)) is not None and self.may_see(one)}
        return sorted(found.values(), key=lambda one: int(one.id))

    def _change(self, issue: SimIssue, change: SimChange) -> None:
        issue.changes.append(change)
        issue.updated = max(change.at, issue.updated + timedelta(milliseconds=1))

    def _change_id(self) -> str:
        self._next_change += 1
        return str(self._next_change)
