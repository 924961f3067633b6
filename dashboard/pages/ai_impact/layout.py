"""AI impact: how much is written with AI, at least, by which evidence, and how its pull requests compare."""

from dashboard.pages.ai_impact import evidence, sides
from dashboard.parts.charts.week_lines import draw_weeks
from dashboard.parts.metric_cards import draw_cards
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.filters import Filter

# The AI filter would leave one side of a comparison, and no number counts automation.
TAKES = frozenset({Filter.PERIOD, Filter.REPOSITORIES})
SHARES = ("ai_assisted_share", "ai_authored_share", "ai_reviewed_share")

CARDS = Panel(
    "cards",
    "Shares",
    "of the merged pull requests; lower bounds, as help that leaves no trace is not counted",
    lambda page: draw_cards(page, SHARES, in_a_row=3),
    TAKES,
    is_bare=True,
)
SIDES = Panel(
    "sides",
    "Side by side",
    "pull requests that an agent opened, that a model helped with, and without evidence; click a cell to list its PRs",
    sides.draw_sides,
    TAKES,
)
WEEKS = Panel(
    "weeks",
    "Shares by week",
    "at least; weeks that are not complete are dashed; click a point to list what it is a share of",
    lambda page: draw_weeks(page, SHARES, "ai_weeks"),
    frozenset({Filter.REPOSITORIES}),
)
BY_EVIDENCE = Panel(
    "by_evidence",
    "By kind of evidence",
    "where the strongest sign of an agent or a model was found; click a row to list its PRs",
    evidence.draw_by_kind,
    TAKES,
)
BY_TOOL = Panel(
    "by_tool",
    "By tool",
    "a pull request counts for each tool that it names; click a row to list its PRs",
    evidence.draw_by_tool,
    TAKES,
)

LAYOUT = Layout("AI impact", ((CARDS,), (SIDES,), (WEEKS,), (BY_EVIDENCE, BY_TOOL)))

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
