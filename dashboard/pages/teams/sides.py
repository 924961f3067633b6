"""GitHub teams and repositories side by side: one table each, and their weeks in one chart."""

from dataclasses import replace

import polars as pl
import streamlit as st

from dashboard.pages.teams import lines
from dashboard.pages.teams.choice import chosen
from dashboard.parts import github_teams, groups
from dashboard.parts.behind import Group, narrow
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural

# A page of more rows is slow, and nobody compares them.
MAX_REPOSITORIES = 40


def has_github_teams(page: Context) -> bool:
    """Return True if there is a GitHub team to show."""
    return bool(list_github_teams(page))


def draw_github_teams(page: Context) -> None:
    """Draw one row per GitHub team, or why there is none."""
    found = list_github_teams(page)
    if found:
        groups.draw_groups(page, found, (chosen().name,), "github_teams", "GitHub team")
    stored, shown = page.reader.github_teams().height, len(found)
    if not stored:
        st.caption(
            "No team of the organisation is stored: GitHub has none, or the token may not read them (“read:org”). "
            "“prflow members” reads them."
        )
    elif shown < stored:
        st.caption(
            f"{plural(stored - shown, 'team')} of fewer than {github_teams.MIN_MEMBERS} people "
            f"{'is' if stored - shown == 1 else 'are'} left out: the numbers would be those of single people."
        )


def draw_github_team_weeks(page: Context) -> None:
    """Draw the weeks of all GitHub teams in one chart."""
    lines.draw_lines(page, list_github_teams(page), chosen(), "github_team_weeks")


def draw_repositories(page: Context) -> None:
    """Draw one row per followed repository, those with the most merged pull requests of the period."""
    found = list_repositories(page)
    groups.draw_groups(page, found, (chosen().name,), "repositories", "Repository")
    count = page.reader.repositories().height
    if count > len(found):
        st.caption(f"The {len(found)} of {count:,} repositories with the most merged pull requests.")


def draw_repository_weeks(page: Context) -> None:
    """Draw the weeks of the repositories in one chart."""
    lines.draw_lines(page, list_repositories(page), chosen(), "repository_weeks")


def list_github_teams(page: Context) -> list[Group]:
    """Return the GitHub teams that may be shown, each with its people's numbers."""
    return [
        Group(f"{format.cell(name, 80)} · {members:,}", replace(page, github_team_id=key), github_team_id=key)
        for key, name, members in github_teams.list_shown(page).select("id", "name", "members").iter_rows()
    ]


def list_repositories(page: Context) -> list[Group]:
    """Return the repositories with the most merged pull requests of the period, by name."""
    merged = select_pull_requests(BY_NAME["merged_prs"], page.prs, page.filters.start, page.filters.end)
    counts = merged.group_by(id="repository_id").agg(n=pl.len())
    repositories = page.reader.repositories().select("id", "name").join(counts, on="id", how="left")
    top = repositories.sort("n", "name", descending=[True, False], nulls_last=True).head(MAX_REPOSITORIES)
    return [
        Group(format.cell(name, 100), narrow(page, key), repository_id=key)
        for key, name in top.sort("name").select("id", "name").iter_rows()
    ]
