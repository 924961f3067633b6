"""Teams: organisations, GitHub teams and repositories side by side, by one metric at a time."""

from dashboard.pages.teams import choice, organisations, sides
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.filters import Filter

# A filter on repositories would mean another thing in each of the three tables.
TAKES = frozenset({Filter.PERIOD, Filter.AI})
WITHOUT_PERIOD = frozenset({Filter.AI})

CHOICE = Panel("choice", "Metric", "which number is compared", choice.draw_choice, frozenset(), is_bare=True)
ORGANISATIONS = Panel(
    "organisations",
    "Organisations",
    "each as of its own last sync; click a row to list its PRs",
    organisations.draw_organisations,
    TAKES,
    is_shown=organisations.has_several,
)
GITHUB_TEAMS = Panel(
    "github_teams",
    "GitHub teams",
    "pull requests of the members, whose number follows the name; each counts for every team of its author",
    sides.draw_github_teams,
    TAKES,
)
TEAM_WEEKS = Panel(
    "team_weeks",
    "GitHub teams by week",
    "weeks that are not complete are dashed; click a point to list its PRs",
    sides.draw_github_team_weeks,
    WITHOUT_PERIOD,
    is_shown=sides.has_github_teams,
)
REPOSITORIES = Panel("repositories", "Repositories", "click a row to list its PRs", sides.draw_repositories, TAKES)
REPOSITORY_WEEKS = Panel(
    "repository_weeks",
    "Repositories by week",
    "weeks that are not complete are dashed; click a point to list its PRs",
    sides.draw_repository_weeks,
    WITHOUT_PERIOD,
)

LAYOUT = Layout("Teams", ((CHOICE,), (ORGANISATIONS,), (GITHUB_TEAMS, TEAM_WEEKS), (REPOSITORIES, REPOSITORY_WEEKS)))

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
