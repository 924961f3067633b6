"""The names of repositories in the rows of their pull requests: if one was renamed or transferred, they follow."""

from datetime import datetime

import duckdb

from warehouse.connection import Warehouse


def follow_names(warehouse: Warehouse, team_id: str, before: datetime) -> list[tuple[str, str]]:
    """Write the repositories' names of today into the rows that have another; return the pairs of old and new names.

    Only rows that were fetched `before` the names were read are changed: later ones may have newer names.
    """
    renamed = warehouse.read(_RENAMED, [team_id, before]).rows()
    if not renamed:
        return []

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for repository_id, old, new in renamed:
            parameters = {"team": team_id, "before": before, "repository": repository_id, "old": old, "new": new}
            for statement in (_REFERENCES, _ISSUES, _PULL_REQUESTS):
                used = {name: value for name, value in parameters.items() if f"${name}" in statement}
                cursor.execute(statement, used)

    warehouse.transact(work)
    return [(old, new) for _, old, new in renamed]


_RENAMED = """
SELECT DISTINCT r.id, p.base_repository, r.full_name FROM pull_requests p JOIN repositories r ON r.id = p.repository_id
WHERE p.team_id = ? AND p.fetched_at < ? AND p.base_repository <> r.full_name ORDER BY ALL
"""
_PULL_REQUESTS = """
UPDATE pull_requests SET base_repository = $new,
    head_repository = CASE WHEN head_repository = $old THEN $new ELSE head_repository END
WHERE team_id = $team AND repository_id = $repository AND base_repository = $old AND fetched_at < $before
"""
# References are owner/name#number, from any pull request of the team.
_REFERENCES = """
UPDATE timeline_events SET subject = $new || substr(subject, length($old) + 1)
WHERE team_id = $team AND kind IN ('CrossReferenced', 'Closed') AND starts_with(subject, $old || '#')
  AND pull_request_id IN (SELECT id FROM pull_requests WHERE team_id = $team AND fetched_at < $before)
"""
_ISSUES = """
UPDATE pull_requests SET closing_issues = list_transform(closing_issues, lambda issue:
    CASE WHEN starts_with(issue, $old || '#') THEN $new || substr(issue, length($old) + 1) ELSE issue END)
WHERE team_id = $team AND fetched_at < $before
  AND len(list_filter(closing_issues, lambda issue: starts_with(issue, $old || '#'))) > 0
"""
