"""Read what the warehouse holds about one pull request, its repository, its team and their last run."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from warehouse.connection import Row, Warehouse
from warehouse.errors import UnknownTeam
from warehouse.metrics.periods import begin_with_history
from warehouse.reads.explanation.values import PullRequestReference
from warehouse.reads.pull_requests import EXCLUDED_SINCE
from warehouse.teams.choice import list_logins

# The pages' default period: what was updated before it is hidden until a person chooses a longer one.
DEFAULT_PERIOD = timedelta(days=28)


@dataclass(frozen=True)
class Facts:
    """What the warehouse holds about a pull request; rows as dictionaries, empty if there is no row.

    `around`: `max_number` of the repository, and `created_after`, when the one with the next lower number was created.
    `shown_since`: start of the pages' default period.
    `deleted_at`: when its rows were last deleted, as far back as the warehouse keeps its states.
    """

    reference: PullRequestReference
    team: Row
    repository: Row
    items: Sequence[Row]
    stored: Row
    run: Row
    around: Row = field(default_factory=dict)
    deleted_at: datetime | None = None
    shown_since: datetime | None = None

    @property
    def team_id(self) -> str:
        return str(self.team["team_id"])

    @property
    def is_known(self) -> bool:
        """Return whether it is stored or a scan has listed it."""
        return bool(self.stored or self.items)

    @property
    def sync(self) -> str:
        """Return the command that fetches its repository now."""
        return f"`prflow sync {self.repository.get('full_name') or self.reference.full_name}`"


def find_team(warehouse: Warehouse, reference: PullRequestReference) -> str:
    """Return the team that has the repository, or is named as its owner; UnknownTeam if there is none."""
    row = warehouse.read_one(_TEAM, [reference.full_name.lower(), reference.owner.lower()])
    if row is None:
        raise UnknownTeam(reference.owner, list_logins(warehouse))
    return str(row["team_id"])


def read_facts(warehouse: Warehouse, reference: PullRequestReference, team_id: str) -> Facts:
    """Read everything that the walk needs; UnknownTeam if there is no such team."""
    team = warehouse.read_one("SELECT * FROM teams WHERE team_id = ?", [team_id])
    if team is None:
        raise UnknownTeam(team_id)
    repository = warehouse.read_one(_REPOSITORY, [team_id, reference.full_name.lower()]) or {}
    key = [repository.get("id"), reference.number]
    facts = Facts(
        reference=reference,
        team=team,
        repository=repository,
        items=warehouse.read(_ITEMS, key).to_dicts(),
        stored=warehouse.read_one(_STORED, key) or {},
        run=warehouse.read_one(_LAST_RUN, [team_id]) or {},
        around=warehouse.read_one(_AROUND, dict(zip(("repository", "number"), key, strict=True))) or {},
        shown_since=_read_shown_since(warehouse, team),
    )
    if facts.is_known or not repository:
        return facts
    return replace(facts, deleted_at=_read_deleted_at(warehouse, key))


def _read_shown_since(warehouse: Warehouse, team: Row) -> datetime | None:
    """Return where the pages' default period begins, None before anything is measured."""
    row = warehouse.read_one(_PERIOD, {"team": team["team_id"]}) or {}
    end = row.get("as_of") or team["as_of"]
    if end is None:
        return None
    start: datetime = end - DEFAULT_PERIOD
    covered: datetime | None = row.get("covered_from")
    return begin_with_history(start, end, covered)


def _read_deleted_at(warehouse: Warehouse, key: Sequence[object]) -> datetime | None:
    """Return when a pull request that is unknown now was last deleted, by the states that the warehouse still keeps."""
    bounds = warehouse.read_one("SELECT min(snapshot_id) AS a, max(snapshot_id) AS b FROM warehouse.snapshots()")
    if bounds is None:
        return None
    parameters = [int(bounds["a"]), int(bounds["b"]), *key]
    times = [_read_last_deletion(warehouse, sql, parameters) for sql in _DELETIONS]
    return max((at for at in times if at), default=None)


def _read_last_deletion(warehouse: Warehouse, sql: str, parameters: Sequence[object]) -> datetime | None:
    try:
        row = warehouse.read_one(sql, parameters)
    except duckdb.BinderException:  # of a table that never held a row DuckLake gives no snapshot_id
        return None
    return row["at"] if row else None


_TEAM = """
SELECT team_id FROM (
    SELECT team_id, is_followed AS is_better FROM repositories WHERE lower(full_name) = ?
    UNION ALL SELECT team_id, NULL FROM teams WHERE team_id = ?
) ORDER BY is_better DESC NULLS LAST LIMIT 1
"""

# Of two with one name the later, not the one that was deleted.
_REPOSITORY = """
SELECT * FROM repositories WHERE team_id = ? AND lower(full_name) = ?
ORDER BY is_followed DESC, failing_since NULLS FIRST LIMIT 1
"""

_ITEMS = """
SELECT * FROM sync_items WHERE repository_id = ? AND number = ?
ORDER BY (state = 'failed') DESC, (state = 'pending') DESC, phase
"""

_STORED = """
SELECT p.id, p.updated_at, p.fetched_at, p.state, p.is_draft, p.author_login, p.is_complete, p.partial_reason,
       coalesce(m.is_bot, b.is_bot, false) AS is_bot, m.pull_request_id IS NOT NULL AS is_measured,
       p.head_ref, p.base_ref, m.landed_by, m.excluded_by,
       $since AS excluded_since
FROM pull_requests p
LEFT JOIN pull_request_metrics m ON m.pull_request_id = p.id
LEFT JOIN people b ON b.team_id = p.team_id AND b.account_id = coalesce(p.author_id, '@' || lower(p.author_login))
WHERE p.repository_id = ? AND p.number = ?
""".replace("$since", EXCLUDED_SINCE)

_LAST_RUN = "SELECT * FROM pipeline_runs WHERE team_id = ? AND flow <> 'analysis' ORDER BY started_at DESC LIMIT 1"

_AROUND = """
SELECT max(created_at) FILTER (number < $number) AS created_after,
       greatest(max(number), (SELECT max(number) FROM sync_items WHERE repository_id = $repository)) AS max_number
FROM pull_requests WHERE repository_id = $repository
"""

_PERIOD = """
SELECT (SELECT max(as_of) FROM pull_request_metrics WHERE team_id = $team) AS as_of,
       CASE WHEN count(*) = count(history_from) THEN max(history_from) END AS covered_from
FROM repositories WHERE team_id = $team AND is_followed
"""

_DELETION = """
SELECT max(s.snapshot_time) AS at FROM warehouse.snapshots() s JOIN (
    SELECT snapshot_id FROM warehouse.table_deletions('{table}', ?::BIGINT, ?::BIGINT)
    WHERE repository_id = ? AND number = ?
) d USING (snapshot_id)
"""
# A pull request that is gone from GitHub leaves both tables; one that went before it was fetched was only listed.
_DELETIONS = tuple(_DELETION.format(table=table) for table in ("pull_requests", "sync_items"))
