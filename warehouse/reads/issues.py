"""Reads about Jira: how far its issues were read, and which of them a pull request names."""

import polars as pl

from warehouse.connection import Warehouse


def read_jira(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the team's row of `jira_sites` with counts; no row before Jira was first asked.

    `pull_requests` name a key, `linked` of them an issue that was read; `issues` are stored, `gone` of them no longer
    returned by Jira; `unread_keys` are not asked for yet, `absent_keys` were not returned.
    """
    return warehouse.read(
        """
        SELECT s.*, l.pull_requests, l.linked, l.unread_keys, l.absent_keys, i.issues, i.gone
        FROM jira_sites s
        CROSS JOIN (
            SELECT count(DISTINCT pull_request_id) AS pull_requests,
                   count(DISTINCT pull_request_id) FILTER (issue_id IS NOT NULL) AS linked,
                   count(DISTINCT issue_key) FILTER (state IS NULL) AS unread_keys,
                   count(DISTINCT issue_key) FILTER (state IS NOT NULL AND issue_id IS NULL) AS absent_keys
            FROM jira_links WHERE team_id = $team
        ) l
        CROSS JOIN (
            SELECT count(*) AS issues, count(*) FILTER (state <> 'present') AS gone
            FROM jira_issues WHERE team_id = $team
        ) i
        WHERE s.team_id = $team
        """,
        {"team": team_id},
    )


def read_issues_of(warehouse: Warehouse, team_id: str, pull_request_id: str) -> pl.DataFrame:
    """Read the issues that a pull request names, in their order: one row per key, with the issue if it was read."""
    return warehouse.read(
        """
        SELECT l.issue_key, l.found_in, l.rank, coalesce(i.state, l.state) AS state, i.key, i.issue_type, i.status,
               i.status_category, i.priority, i.summary, e.key AS epic_key, e.summary AS epic_summary, s.url
        FROM jira_links l
        LEFT JOIN jira_issues i ON i.team_id = l.team_id AND i.id = l.issue_id
        LEFT JOIN jira_issues e ON e.team_id = i.team_id AND e.id = i.epic_id AND e.id <> i.id
        LEFT JOIN jira_sites s ON s.team_id = l.team_id
        WHERE l.team_id = ? AND l.pull_request_id = ? ORDER BY l.rank
        """,
        [team_id, pull_request_id],
    )


def read_jira_errors(warehouse: Warehouse) -> pl.DataFrame:
    """Read team, error and hint of each team whose issues could not be read completely the last time."""
    return warehouse.read("SELECT team_id, error, error_hint FROM jira_sites WHERE error IS NOT NULL ORDER BY team_id")
