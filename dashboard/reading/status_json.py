"""The progress of a team as plain JSON for monitors and bots: `GET /api/status`.

The names of states are those of the statuses; a repository is `pending`, `syncing`, `completed` or `error`, as in the
product that prflow replaces. docs/status.md says where the two differ.
"""

from typing import Any

from warehouse.progress import Progress, RepositoryProgress, Status
from warehouse.windows import Phase

REPOSITORY_STATES = {
    "pending": "pending",
    "scanning": "syncing",
    "syncing": "syncing",
    "done": "completed",
    "partial": "completed",
    "failed": "error",
}


def make_status(progress: Progress) -> dict[str, Any]:
    """Return the JSON of one team."""
    whole = progress.to_json()
    same = ("status", "description", "percent", "prs_synced", "prs_total", "llm_done", "llm_total", "started_at")
    ends = ("completed_at", "error", "error_hint", "failed_stage", "llm_left", "llm_stopped", "last_sync_at")
    return {
        "team": progress.login,
        **{name: whole[name] for name in (*same, *ends)},
        "current_step": progress.stage,
        "is_complete": progress.status is Status.COMPLETE,
        "is_dashboard_accessible": progress.is_open,
        "background_sync_progress": _background(progress, progress.prs_synced, progress.prs_total),
        "background_llm_progress": _background(progress, progress.llm_done, progress.llm_total),
        "repos": [_repository(one) for one in progress.repos],
    }


def _background(progress: Progress, done: int, total: int | None) -> int:
    """Return whole per cent of phase 2: 0 before it, 100 after it."""
    if progress.status is Status.COMPLETE:
        return 100
    return int(100 * done / total) if progress.phase is Phase.HISTORY and total else 0


def _repository(one: RepositoryProgress) -> dict[str, Any]:
    return {
        "id": one.id,
        "full_name": one.full_name,
        "sync_status": REPOSITORY_STATES.get(one.sync_status, one.sync_status),
        "sync_progress": int(one.sync_progress or 0),
        "sync_prs_completed": one.sync_prs_completed,
        "sync_prs_total": one.sync_prs_total,
        "last_sync_at": one.last_sync_at.isoformat() if one.last_sync_at else None,
        "last_sync_error": one.last_sync_error,
    }
