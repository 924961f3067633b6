"""The progress of a team's pipeline: its only writer and its only reader.

Counts come from `sync_items` and `pr_analysis`, which are committed with the work itself, so they can
neither run ahead of it nor fall behind. Prefect says whether the run is alive: the caller passes a `RunState`, and if
the two disagree the run wins (`Progress.disagreement` says so).
"""

from warehouse.progress.ending import find_ending
from warehouse.progress.reading import read_progress
from warehouse.progress.runs import find_rival, read_running
from warehouse.progress.values import (
    BACKGROUND,
    BLOCKED,
    OPEN,
    SILENT,
    STAGES,
    Progress,
    ReadRunState,
    RepositoryProgress,
    Run,
    RunState,
    Status,
)
from warehouse.progress.writing import (
    TeamBusy,
    claim_team,
    enter_stage,
    fail_run,
    finish_run,
    moved,
    note_moved,
    note_spent,
    note_waiting,
    open_pages,
    opens_early,
    reconcile,
    refuse_rival,
    resume_run,
    start_run,
)

__all__ = [
    "BACKGROUND",
    "BLOCKED",
    "OPEN",
    "SILENT",
    "STAGES",
    "Progress",
    "ReadRunState",
    "RepositoryProgress",
    "Run",
    "RunState",
    "Status",
    "TeamBusy",
    "claim_team",
    "enter_stage",
    "fail_run",
    "find_ending",
    "find_rival",
    "finish_run",
    "moved",
    "note_moved",
    "note_spent",
    "note_waiting",
    "open_pages",
    "opens_early",
    "read_progress",
    "read_running",
    "reconcile",
    "refuse_rival",
    "resume_run",
    "start_run",
]
