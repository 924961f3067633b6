"""Teams within the organisation whose numbers a page may show."""

import polars as pl

from dashboard.shell.context import Context

# The numbers of a smaller team are those of single people, whom no page ranks.
MIN_MEMBERS = 3


def list_shown(page: Context) -> pl.DataFrame:
    """Return one row per GitHub team, by name: `id`, `name`, `members`; those of a few people only if people agreed.

    The team's setting for numbers per person decides.
    """
    teams = page.reader.github_teams()
    return teams if page.team.has_people_views else teams.filter(pl.col("members") >= MIN_MEMBERS)


def name_of(page: Context, github_team_id: str) -> str:
    """Return the name of a GitHub team: plain text, as its organisation wrote it; empty if there is none."""
    names = dict(page.reader.github_teams().select("id", "name").iter_rows())
    return str(names.get(github_team_id) or "")
