"""How far a team's pipeline is: the only writer and the only reader of it.

Counts come from `sync_items` and `pr_analysis`, which are committed with the work itself, so they can
neither run ahead of it nor fall behind. Whether the run is alive is Prefect's to say: the caller passes
a `RunState`, and where the two disagree the run wins (`Progress.disagreement` says so).
"""

from warehouse.progress.ending import find_ending
from warehouse.progress.reading import read_progress
from warehouse.progress.runs import read_running
from warehouse.progress.values import (
    BACKGROUND,
    BLOCKED,
    OPEN,
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
    reconcile,
    refuse_rival,
    start_run,
)

__all__ = [
    "BACKGROUND",
    "BLOCKED",
    "OPEN",
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
    "finish_run",
    "moved",
    "note_moved",
    "note_spent",
    "note_waiting",
    "read_progress",
    "read_running",
    "reconcile",
    "refuse_rival",
    "start_run",
]
