"""Data health & sync: how fresh and how complete the data are, what ran, what it cost."""

from collections.abc import Callable

from dashboard.pages.data_health.access import draw_access
from dashboard.pages.data_health.analysis import draw_analysis
from dashboard.pages.data_health.bots import draw_bots
from dashboard.pages.data_health.issues import draw_issues
from dashboard.pages.data_health.messages import draw_messages
from dashboard.pages.data_health.missing import draw_missing
from dashboard.pages.data_health.moved import draw_moved
from dashboard.pages.data_health.repositories import draw_coverage, draw_incomplete, draw_short_lists
from dashboard.pages.data_health.runs import draw_runs
from dashboard.pages.data_health.signs import draw_signs
from dashboard.pages.data_health.summary import draw_summary
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.context import Context


def _panel(name: str, title: str, sentence: str, draw: Callable[[Context], None]) -> Panel:
    """Make a panel that draws its own box and takes no filter: it is about everything that was fetched."""
    return Panel(name, title, sentence, draw, frozenset(), is_bare=True)


LAYOUT = Layout(
    "Data health & sync",
    (
        (_panel("summary", "Summary", "what was found, stored and read", draw_summary),),
        (_panel("coverage", "Repositories", "how far each is fetched", draw_coverage),),
        (_panel("incomplete", "Incomplete", "pull requests that lack data", draw_incomplete),),
        (_panel("short_lists", "Short lists", "lists of GitHub's that ended early", draw_short_lists),),
        (_panel("runs", "Runs", "what ran, and what it cost", draw_runs),),
        (
            _panel("missing", "Missing", "why a pull request is not on the pages", draw_missing),
            _panel("analysis", "Analysis", "who read the pull requests", draw_analysis),
        ),
        (_panel("moved", "Weeks that moved", "what a complete week said at first, and says now", draw_moved),),
        (_panel("messages", "Messages", "what people were told", draw_messages),),
        (_panel("issues", "Issues of Jira", "how far they were read", draw_issues),),
        (_panel("access", "Access to GitHub", "tokens and their limits", draw_access),),
        (_panel("bots", "Bots", "accounts that do not count as people", draw_bots),),
        (_panel("signs", "Signs of AI", "how often each matched, and how many are right", draw_signs),),
    ),
    needs_numbers=False,
)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
