"""Find the events of the last days in what is stored: runs, repositories, tokens, insights.

Nothing that writes those rows has to announce it, so an event of a process that was killed is found as well, by
whoever looks next. The id of an event is made of what is stored, so that it is the same however often it is found.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from warehouse.connection import Row, Warehouse
from warehouse.events.kinds import (
    Event,
    InsightRaised,
    InsightResolved,
    PhaseCompleted,
    QuotaStopped,
    RepositoryCompleted,
    RunCancelled,
    RunCrashed,
    RunEnded,
    RunFailed,
    SyncCompleted,
    SyncStale,
    SyncStarted,
    TokenExpiring,
)
from warehouse.guard.untrusted import one_line
from warehouse.sources import TOKEN_EXPIRY_WARNING

LOOK_BACK = timedelta(days=3)
"""What happened earlier is not told any more: a message about it would mislead."""
ALIVE = timedelta(hours=1)
"""A run that commits or waits within this time is at work."""
MAX_NAMES = 20
FETCHING = ("onboarding", "background", "refresh", "sync")
ENDED: dict[str, type[RunEnded]] = {"failed": RunFailed, "crashed": RunCrashed, "cancelled": RunCancelled}


def find_events(warehouse: Warehouse, now: datetime, stale_after: timedelta) -> list[Event]:
    """Return the events of the last three days and the states that stand now, oldest first."""
    since = now - LOOK_BACK
    found = [
        *_of_runs(warehouse, since),
        *_of_insights(warehouse, since),
        *_find_stale(warehouse, now, stale_after),
        *_find_expiring(warehouse, now),
    ]
    return sorted(found, key=lambda event: (event.at, event.id))


def _of_runs(warehouse: Warehouse, since: datetime) -> Iterator[Event]:
    for run in warehouse.read(_RUNS, {"since": since, "fetching": FETCHING}).to_dicts():
        common = {"team_id": run["team_id"], "run_id": run["run_id"], "flow": run["flow"]}
        if run["flow"] in FETCHING:
            key = f"{run['run_id']}:{run['started_at'].isoformat()}"
            yield SyncStarted(**common, at=run["started_at"], key=key, is_first=run["is_first"])
        if run["ended_at"] is not None:
            yield from _of_ended(warehouse, run, common)


def _of_ended(warehouse: Warehouse, run: Row, common: dict[str, str]) -> Iterator[Event]:
    at, key = run["ended_at"], f"{run['run_id']}:{run['ended_at'].isoformat()}"
    if kind := ENDED.get(run["state"]):
        yield kind(**common, at=at, key=key, error=run["error"] or "The reason is not known.", hint=run["hint"] or "")
        return
    if run["flow"] in FETCHING:
        yield from _of_fetched(warehouse, run, common)
    if run["flow"] in ("onboarding", "background", "refresh"):
        is_partial = run["state"] == "partial"
        yield PhaseCompleted(
            **common, at=at, key=key, phase=run["phase"], is_partial=is_partial, is_first=run["is_phase_first"]
        )
    if run["llm_left"] and run["llm_stopped"]:
        yield QuotaStopped(**common, at=at, key=key, left=run["llm_left"], reason=run["llm_stopped"])


def _of_fetched(warehouse: Warehouse, run: Row, common: dict[str, str]) -> Iterator[Event]:
    """Yield the events of the repositories that a run fetched from, and the sync's own."""
    at, key = run["ended_at"], f"{run['run_id']}:{run['ended_at'].isoformat()}"
    rows = warehouse.read(_REPOSITORIES, {"team": run["team_id"], "run": run["run_id"]}).to_dicts()
    names = {row["id"]: one_line(row["full_name"]) for row in rows}
    for row in rows:
        if row["fetched"] and not row["is_failed"]:
            yield RepositoryCompleted(
                **common,
                at=at,
                key=f"{key}:{row['id']}",
                repository=names[row["id"]],
                pull_requests=row["fetched"],
            )
    failed = [names[row["id"]] for row in rows if row["is_failed"]]
    yield SyncCompleted(
        **common,
        at=at,
        key=key,
        pull_requests=sum(row["fetched"] for row in rows),
        repositories=len(rows),
        failed_count=len(failed),
        failed_repositories=tuple(failed[:MAX_NAMES]),
        unread=run["llm_left"] or 0 if run["llm_total"] is not None else None,
    )


def _of_insights(warehouse: Warehouse, since: datetime) -> Iterator[Event]:
    for row in warehouse.read(_INSIGHTS, [since, since]).to_dicts():
        team_id, insight, title = row["team_id"], row["id"], one_line(row["title"])
        key = f"{insight}:{row['first_seen_at'].isoformat()}"
        if row["first_seen_at"] >= since:
            yield InsightRaised(
                team_id=team_id,
                at=row["first_seen_at"],
                key=key,
                insight=insight,
                severity=row["severity"],
                title=title,
            )
        if row["resolved_at"] is not None:
            yield InsightResolved(team_id=team_id, at=row["resolved_at"], key=key, insight=insight, title=title)


def find_stale_teams(warehouse: Warehouse, now: datetime, stale_after: timedelta) -> list[Row]:
    """Return `team_id` and `last_good_at` of the teams that are expected to be synced and were not for so long."""
    parameters = {"before": now - stale_after, "alive": now - ALIVE, "now": now}
    return warehouse.read(_STALE, parameters).to_dicts()


def _find_stale(warehouse: Warehouse, now: datetime, stale_after: timedelta) -> Iterator[Event]:
    for row in find_stale_teams(warehouse, now, stale_after):
        last = row["last_good_at"]
        yield SyncStale(
            team_id=row["team_id"],
            at=last + stale_after,
            key=f"{row['team_id']}:{last.isoformat()}",
            last_good_at=last,
            hours=int((now - last).total_seconds() // 3600),
        )


def _find_expiring(warehouse: Warehouse, now: datetime) -> Iterator[Event]:
    for team_id, token, expires_at in warehouse.read(_EXPIRING, [now + TOKEN_EXPIRY_WARNING]).iter_rows():
        yield TokenExpiring(
            team_id=team_id,
            at=min(now, max(expires_at - TOKEN_EXPIRY_WARNING, now - LOOK_BACK)),
            key=f"{team_id}:{token}:{expires_at.isoformat()}",
            token=token,
            expires_at=expires_at,
        )


# Teams of the demo have nobody to tell.
_REAL = "(SELECT team_id FROM teams WHERE NOT coalesce(is_simulated, false))"
_RUNS = f"""
SELECT r.*, r.error_hint AS hint,
       NOT EXISTS (SELECT 1 FROM pipeline_runs b WHERE b.team_id = r.team_id AND b.started_at < r.started_at)
           AS is_first,
       NOT EXISTS (SELECT 1 FROM pipeline_runs b WHERE b.team_id = r.team_id AND b.phase = r.phase
                   AND b.state IN ('completed', 'partial') AND b.ended_at < r.ended_at AND b.run_id <> r.run_id)
           AS is_phase_first
FROM pipeline_runs r
WHERE (r.started_at >= $since AND r.flow IN (SELECT unnest($fetching::VARCHAR[])) OR r.ended_at >= $since)
  AND r.team_id IN {_REAL}
"""  # noqa: S608
_REPOSITORIES = """
SELECT r.id, r.full_name, coalesce(r.sync_status IN ('partial', 'failed'), false) AS is_failed,
       coalesce(i.fetched, 0) AS fetched
FROM repositories r
LEFT JOIN (
    SELECT repository_id, count(DISTINCT pull_request_id) FILTER (state = 'done') AS fetched
    FROM sync_items WHERE run_id = $run GROUP BY repository_id
) i ON i.repository_id = r.id
WHERE r.team_id = $team AND r.is_followed ORDER BY lower(r.full_name)
"""
_INSIGHTS = f"""
SELECT id, team_id, severity, title, first_seen_at, resolved_at FROM insights
WHERE (first_seen_at >= ? OR resolved_at >= ?) AND team_id IN {_REAL}
"""  # noqa: S608
_STALE = f"""
SELECT t.team_id, max(r.ended_at) AS last_good_at
FROM teams t JOIN pipeline_runs r ON r.team_id = t.team_id AND r.state IN ('completed', 'partial')
                                 AND r.flow IN ('onboarding', 'background', 'refresh')
WHERE t.team_id IN {_REAL} AND NOT coalesce(t.is_paused, false) AND NOT coalesce(t.is_as_of_fixed, false)
  AND NOT EXISTS (
      SELECT 1 FROM pipeline_runs w WHERE w.team_id = t.team_id AND w.state = 'running'
      AND (w.moved_at > $alive OR w.waiting_until > $now))
GROUP BY t.team_id HAVING max(r.ended_at) < $before
"""  # noqa: S608
_EXPIRING = f"""
SELECT team_id, name, expires_at FROM github_tokens WHERE expires_at <= ? AND team_id IN {_REAL} ORDER BY ALL
"""  # noqa: S608
