"""Link pull requests to the issues that they name: the rows of `jira_links`."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from tasks.jira.keys import Site, Texts, find_keys
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Replace, commit

BATCH = 1_000
# A pull request is committed a little after it was fetched.
OVERLAP = timedelta(hours=1)

Known = Mapping[str, tuple[str | None, str | None, datetime | None]]
"""Of each key that Jira was asked for: the id of its issue, its state, and when it was asked."""


def link_pull_requests(warehouse: Warehouse, team_id: str, site: Site, since: datetime | None) -> int:
    """Search the pull requests that were fetched since (all for None) for keys; return how many links they have."""
    known, count = read_known(warehouse, team_id), 0
    for batch in _read_texts(warehouse, team_id, since - OVERLAP if since else None):
        rows = [row for line in batch.iter_rows(named=True) for row in _link(line, team_id, site, known)]
        frame = schema.frame(schema.jira_links, rows)
        commit(warehouse, Replace(schema.jira_links, frame, {"pull_request_id": batch["id"].to_list()}))
        count += len(rows)
    return count


def read_known(warehouse: Warehouse, team_id: str) -> Known:
    """Return what Jira said of the keys that it was asked for, and of the issues by the keys that they have today."""
    rows = warehouse.read(_KNOWN, {"team": team_id})
    return {key: (issue_id, state, checked_at) for key, issue_id, state, checked_at in rows.iter_rows()}


def _link(line: Mapping[str, object], team_id: str, site: Site, known: Known) -> Iterator[dict[str, object]]:
    commits = line["commits"]
    texts = Texts(
        title=str(line["title"] or ""),
        branch=str(line["head_ref"] or ""),
        body=str(line["body"] or ""),
        commits=[str(text) for text in commits] if isinstance(commits, list) else [],
    )
    for rank, (key, place) in enumerate(find_keys(texts, site).items(), 1):
        issue_id, state, checked_at = known.get(key, (None, None, None))
        yield {
            "team_id": team_id,
            "pull_request_id": line["id"],
            "issue_key": key,
            "found_in": place,
            "rank": rank,
            "issue_id": issue_id,
            "state": state,
            "checked_at": checked_at,
        }


def _read_texts(warehouse: Warehouse, team_id: str, since: datetime | None) -> Iterator[pl.DataFrame]:
    """Yield the texts of those that may name an issue, or did, a thousand at a time."""
    last = ""
    while True:
        given = {"team": team_id, "since": since, "last": last, "count": BATCH}
        batch = warehouse.read(_TEXTS, given)
        if batch.is_empty():
            return
        yield batch
        last = batch["id"][-1]


_MAY_BE = "'[A-Za-z][A-Za-z0-9_]*-[0-9]'"
_TEXTS = f"""
WITH said AS (
    SELECT pull_request_id, list(text ORDER BY position, place) AS commits,
           bool_or(regexp_matches(text, {_MAY_BE})) AS may_be
    FROM (
        SELECT pull_request_id, position, 0 AS place, headline AS text FROM commits WHERE team_id = $team
        UNION ALL
        SELECT pull_request_id, position, 1, unnest(trailers) FROM commits WHERE team_id = $team
    ) WHERE text IS NOT NULL AND pull_request_id > $last GROUP BY pull_request_id
)
SELECT p.id, p.title, p.head_ref, p.body, CASE WHEN said.may_be THEN said.commits END AS commits
FROM pull_requests p LEFT JOIN said ON said.pull_request_id = p.id
WHERE p.team_id = $team AND p.id > $last AND ($since::TIMESTAMPTZ IS NULL OR p.fetched_at >= $since)
  AND (said.may_be OR regexp_matches(concat_ws(' ', p.title, p.head_ref, p.body), {_MAY_BE})
       OR p.id IN (SELECT pull_request_id FROM jira_links WHERE team_id = $team))
ORDER BY p.id LIMIT $count
"""  # noqa: S608  a constant
_KNOWN = """
SELECT DISTINCT ON (key) key, issue_id, state, checked_at FROM (
    SELECT key, id AS issue_id, 'found' AS state, fetched_at AS checked_at, 0 AS place FROM jira_issues
    WHERE team_id = $team
    UNION ALL
    SELECT issue_key, issue_id, state, checked_at, 1 FROM jira_links WHERE team_id = $team AND state IS NOT NULL
) ORDER BY key, place, checked_at DESC
"""
