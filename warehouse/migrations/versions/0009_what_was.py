"""What was at the time, beside what is: more events of the timeline, and how a pull request came to be merged.

Stored rows have NULL in the new columns until they are fetched again.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

ADDED = {
    "pull_requests": (
        ("auto_merge_enabled_at", "TIMESTAMPTZ", "When auto-merge was switched on; NULL if it is not"),
        ("auto_merge_by_login", "VARCHAR", "Login of who switched auto-merge on; ghost if the account was deleted"),
        ("auto_merge_method", "VARCHAR", "MERGE, REBASE or SQUASH: how auto-merge merges"),
        ("is_in_merge_queue", "BOOLEAN", "GitHub: isInMergeQueue, as of the fetch"),
        (
            "head_check_state",
            "VARCHAR",
            "Combined state of the checks of its newest commit, as of the fetch: SUCCESS, FAILURE, ERROR, PENDING or EXPECTED; NULL if there are none or the token may not see them",
        ),
        (
            "fields_version",
            "INTEGER",
            "Version of the fields that were queried of it: the nights fetch older ones again, some each. NULL before the versions began: the columns and events that came later are then not known",
        ),
    ),
    "timeline_events": (
        ("previous_value", "VARCHAR", "What was before: the state of a dismissed review, the title, the target branch"),
    ),
}
CHANGED = {
    "TABLE timeline_events": "One row per event of a pull request's timeline: what was at a time, which its present state no longer shows",
    "COLUMN timeline_events.kind": "GraphQL type without its suffix Event: ReadyForReview, ConvertToDraft, ReviewRequested, ReviewRequestRemoved, ReviewDismissed, Closed, Reopened, Merged, HeadRefForcePushed, Labeled, Unlabeled, RenamedTitle, BaseRefChanged, AutomaticBaseChangeSucceeded, Milestoned, Demilestoned, AutoMergeEnabled, AutoSquashEnabled, AutoRebaseEnabled, AutoMergeDisabled, AddedToMergeQueue, RemovedFromMergeQueue, CrossReferenced (by another pull request)",
    "COLUMN timeline_events.subject": "What it is about: the requested reviewer, the label, the milestone, the new title or branch, the node id of the dismissed review, who put it into the merge queue, why it left it, the hash of the commit that closed it, or the pull request that closed it or refers to it, as owner/name#number",
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, comment in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", comment)
    for place, comment in CHANGED.items():
        _comment(place, comment)


def _comment(place: str, comment: str) -> None:
    quoted = comment.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
