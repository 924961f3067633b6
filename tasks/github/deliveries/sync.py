"""Sync releases and deployments, after the pull requests of a run.

Only repositories that may have something new are read: pushed to or worked on since they were last read, never read,
read with an error, or not read for a week. One walk over the owner's repositories, the most recently pushed first,
tells which were pushed to: a quiet organisation costs one request.

What cannot be read is flagged on the repository (`deliveries_error`) and read by the next run: it never stops a sync
of pull requests.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.api.listing import Listing
from tasks.github.deliveries.fetch import KINDS, DeliveryKind, RepositoryDeliveries, fetch_deliveries, find_active
from tasks.github.organisation.repositories import Repository, fetch_repositories
from warehouse import schema
from warehouse.committer import to_frame
from warehouse.connection import Warehouse
from warehouse.identity.sightings import record_sightings
from warehouse.identity.teams import read_owner
from warehouse.lists.short_lists import read_short_lists
from warehouse.progress import Run
from warehouse.store import Delete, Merge, commit
from warehouse.windows import OVERLAP, SETTLED_AFTER

# Deployments need no push: those of an otherwise quiet repository are seen within a week.
STALE_AFTER = timedelta(days=7)
# Up to this many repositories, reading each costs no more than listing which were pushed to.
MAX_READ_WITHOUT_LISTING = 20
# Up to this many, reading the deployments of each costs no more than asking which have any.
MAX_READ_WITHOUT_PROBE = 10


@dataclass(frozen=True)
class DeliverySummary:
    """What was read. `problems` maps repositories to reasons; `error` is what stopped the sync early."""

    repositories_count: int
    releases_count: int
    deployments_count: int
    problems: dict[str, str]
    error: str | None = None


@dataclass(frozen=True)
class _FollowedRepository:
    """A followed repository with its state of deliveries, as in `repositories`.

    `is_due` says that this run fetched a pull request of it. `unsettled_from` is the creation of its oldest release or
    deployment that may still change, None if there is none.
    """

    id: str
    full_name: str
    deliveries_read_at: datetime | None
    deliveries_from: datetime | None
    deliveries_error: str | None
    is_due: bool
    unsettled_from: datetime | None


@dataclass(frozen=True)
class _DueRepository:
    """A repository to be read since a given time; from `covered_from` on everything is then stored."""

    id: str
    full_name: str
    since: datetime
    covered_from: datetime


async def sync_deliveries(
    github: GitHub, warehouse: Warehouse, run: Run, now: datetime, repository_ids: Collection[str] | None = None
) -> DeliverySummary:
    """Bring releases and deployments up to date. Errors of GitHub are flagged and returned, never raised.

    With `repository_ids` only those repositories are read, whether or not they may have something new.
    """
    followed = await asyncio.to_thread(_read_followed, warehouse, run)
    if repository_ids is not None:
        followed = [replace(one, is_due=True) for one in followed if one.id in repository_ids]
    short_lists = await asyncio.to_thread(read_short_lists, warehouse, run.team_id)
    counts: dict[str, int] = {}
    problems: dict[str, str] = {}
    error: GitHubError | None = None
    due: list[_DueRepository] = []
    try:
        pushed = await _read_pushed(github, warehouse, run, followed) if repository_ids is None else {}
        due = [_plan(one, github.settings.history_days, run, now) for one in followed if _is_due(one, pushed, now)]
        since = {one.id: one.since for one in due}
        active = await find_active(github, since) if len(due) > MAX_READ_WITHOUT_PROBE else set(since)
        for kind in KINDS:
            wanted = {key: start for key, start in since.items() if key in active}
            found = await fetch_deliveries(github, kind, wanted, short_lists)
            found += [RepositoryDeliveries(key, start) for key, start in since.items() if key not in active]
            await asyncio.to_thread(_load, warehouse, kind, run.team_id, found, now)
            counts[kind.field] = sum(len(one.rows) for one in found)
            problems |= {one.repository_id: str(one.error) for one in found if one.error is not None}
    except GitHubError as caught:
        error = caught
    await asyncio.to_thread(_flag, warehouse, due, problems, error, now)
    await asyncio.to_thread(commit, warehouse, *short_lists.writes())
    names = {one.id: one.full_name for one in due}
    return DeliverySummary(
        len(due),
        counts.get("releases", 0),
        counts.get("deployments", 0),
        {names[key]: reason for key, reason in problems.items()},
        str(error) if error else None,
    )


def _read_followed(warehouse: Warehouse, run: Run) -> list[_FollowedRepository]:
    rows = warehouse.read(_FOLLOWED, {"team": run.team_id, "run": run.run_id})
    return [_FollowedRepository(**row) for row in rows.iter_rows(named=True)]


async def _read_pushed(
    github: GitHub, warehouse: Warehouse, run: Run, followed: Sequence[_FollowedRepository]
) -> dict[str, datetime]:
    """Fetch and store when repositories were last pushed to, back to the oldest reading."""
    read_at = {one.id: one.deliveries_read_at for one in followed if one.deliveries_read_at is not None}
    waiting = [one.id for one in followed if not one.is_due and one.id in read_at]
    if len(waiting) <= MAX_READ_WITHOUT_LISTING:
        return {key: read_at[key] for key in waiting}
    oldest = min(read_at.values())
    pushed: dict[str, datetime] = {}
    known = {one.id for one in followed}
    login = (await asyncio.to_thread(read_owner, warehouse, run.team_id)).login
    listing = Listing()
    async for page in fetch_repositories(github, login, listing=listing):
        await asyncio.to_thread(_store_pushed, warehouse, [one for one in page if one.id in known])
        pushed |= {one.id: one.pushed_at for one in page if one.pushed_at is not None}
        if min(pushed.values(), default=oldest) < oldest - OVERLAP:
            return pushed
    if listing.shortfall.missing:
        # It may have been pushed to: what the list lacks is read.
        pushed |= {key: read_at[key] for key in waiting if key not in listing.nodes}
    return pushed


def _store_pushed(warehouse: Warehouse, found: Sequence[Repository]) -> None:
    rows = [{"id": one.id, "pushed_at": one.pushed_at} for one in found]
    if rows:
        commit(warehouse, Merge(schema.repositories, schema.frame(schema.repositories, rows, rows[0])))


def _is_due(one: _FollowedRepository, pushed: dict[str, datetime], now: datetime) -> bool:
    read_at = one.deliveries_read_at
    if one.is_due or read_at is None or one.deliveries_error is not None or now - read_at > STALE_AFTER:
        return True
    return one.id in pushed and pushed[one.id] >= read_at - OVERLAP


def _plan(one: _FollowedRepository, history_days: int, run: Run, now: datetime) -> _DueRepository:
    """Plan to read back to the start of the history the first time, and then back to what may still have changed."""
    start = min(run.window.start, now - timedelta(days=history_days))
    covered, read_at = one.deliveries_from, one.deliveries_read_at
    if covered is None or read_at is None or run.window.start < covered:
        return _DueRepository(one.id, one.full_name, start, start)
    unsettled = max(one.unsettled_from or now, start)
    since = max(covered, min(read_at - SETTLED_AFTER, unsettled))
    return _DueRepository(one.id, one.full_name, since, covered)


def _load(
    warehouse: Warehouse, kind: DeliveryKind, team_id: str, found: Sequence[RepositoryDeliveries], now: datetime
) -> None:
    """Store what was read with its accounts, and delete rows of that time that GitHub no longer has."""
    seen = {key: account for one in found for key, account in one.accounts.items()}
    writes = record_sightings(warehouse, team_id, seen, now)
    rows = [row for one in found for row in one.rows]
    if rows:
        writes.append(Merge(kind.table, to_frame(kind.table, rows)))
    gone = [key for one in found if one.error is None for key in _find_gone(warehouse, kind, one)]
    if gone:
        writes.append(Delete(kind.table, {"id": gone}))
    if writes:
        commit(warehouse, *writes)


def _find_gone(warehouse: Warehouse, kind: DeliveryKind, one: RepositoryDeliveries) -> list[str]:
    sql = f"SELECT id FROM {kind.table.name} WHERE repository_id = ? AND created_at >= ?"  # noqa: S608  (our own name)
    stored = warehouse.read(sql, [one.repository_id, one.since])["id"]
    held = {row["id"] for row in one.rows}
    return [key for key in stored if key not in held]


def _flag(
    warehouse: Warehouse,
    due: Sequence[_DueRepository],
    problems: dict[str, str],
    error: GitHubError | None,
    now: datetime,
) -> None:
    """Store how far each repository was read, or why not."""
    rows = []
    for one in due:
        reason = problems.get(one.id) or (str(error) if error else None)
        done = {"deliveries_read_at": now, "deliveries_from": one.covered_from} if reason is None else {}
        rows.append(({"id": one.id, "deliveries_error": reason} | done, reason is None))
    writes = [
        Merge(schema.repositories, schema.frame(schema.repositories, part, part[0]))
        for is_read in (True, False)
        if (part := [row for row, good in rows if good is is_read])
    ]
    if writes:
        commit(warehouse, *writes)


# Worked on: this run fetched a pull request of it.
_FOLLOWED = """
SELECT r.id, r.full_name, r.deliveries_read_at, r.deliveries_from, r.deliveries_error,
       r.id IN (SELECT repository_id FROM sync_items WHERE team_id = $team AND run_id = $run) AS is_due,
       least(
           (SELECT min(created_at) FROM releases x WHERE x.repository_id = r.id AND x.is_draft),
           (SELECT min(created_at) FROM deployments d WHERE d.repository_id = r.id
               AND d.state IN ('PENDING', 'QUEUED', 'IN_PROGRESS', 'WAITING'))
       ) AS unsettled_from
FROM repositories r WHERE r.team_id = $team AND r.is_followed ORDER BY r.pushed_at DESC NULLS LAST, r.id
"""
