"""Tell when a kind of query fails whatever it asks for: bookkeeping, no I/O.

A kind is the name of a document. One object that GitHub cannot read says nothing about the kind, and neither does a
GitHub that responds to nothing: only several objects in a row, while other kinds succeed. If nothing else was asked
meanwhile, the client asks for something small to find out (`is_suspect`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tasks.github.api.errors import KindFails, Unavailable
from tasks.github.api.queries.document import Document, Variables

# Failed requests in a row, each about a single object: several objects with all their attempts.
MAX_FAILURES = 20
MIN_OBJECTS = 3
# The failures of these are counted by repository, where they are asked for: one bad repository must not end the others.
COUNTED_ELSEWHERE = frozenset({"Scan", "ScanOpen", "PullRequests", "LightPullRequests"})
# How long a kind is left alone before one query of it is tried again.
PAUSE = timedelta(minutes=1)


@dataclass
class _Row:
    """The failures of one kind since its last success."""

    failures: int = 0
    objects: set[str] = field(default_factory=set)
    others_succeeded: bool = False
    tried_at: datetime | None = None
    reason: str = ""

    @property
    def is_long(self) -> bool:
        return self.failures >= MAX_FAILURES and len(self.objects) >= MIN_OBJECTS

    @property
    def is_given_up(self) -> bool:
        return self.is_long and self.others_succeeded


@dataclass
class KindFailures:
    """The failures of all kinds of queries of one client."""

    _rows: dict[str, _Row] = field(default_factory=dict)

    def check(self, document: Document, subject: str, now: datetime) -> None:
        """Raise KindFails if queries like this one keep failing; once a minute one is let through."""
        row = self._rows.get(document.name)
        if row is None or not row.is_given_up:
            return
        if row.tried_at is not None and now < row.tried_at + PAUSE:
            reason = f"{row.failures} queries {document.name} in a row failed ({row.reason})"
            raise KindFails(reason, subject=subject)
        row.tried_at = now

    def is_suspect(self, document: Document) -> bool:
        """Return whether queries of this kind keep failing and it is not known if others do, too."""
        row = self._rows.get(document.name)
        return row is not None and row.is_long and not row.others_succeeded

    def clear(self, document: Document) -> None:
        """Forget the failures of a kind, since GitHub responds to nothing."""
        self._rows.pop(document.name, None)

    def record_failure(self, document: Document, variables: Variables, error: Unavailable, now: datetime) -> None:
        """Record a failed request; one about several objects does not count, since it is asked for less next."""
        name = _single(variables)
        if name is None or error.ends_run or document.name in COUNTED_ELSEWHERE:
            return
        row = self._rows.setdefault(document.name, _Row())
        row.failures += 1
        row.objects.add(name)
        row.reason, row.tried_at = error.reason, now

    def record_success(self, document: Document) -> None:
        """Record a response with data."""
        self._rows.pop(document.name, None)
        for row in self._rows.values():
            row.others_succeeded = True


def _single(variables: Variables) -> str | None:
    """Return the one object that a query is about; None if it is about several."""
    ids = variables.get("ids")
    if isinstance(ids, list):
        return ids[0] if len(ids) == 1 else None
    return str(variables.get("id") or variables.get("login") or "")
