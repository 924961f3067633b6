"""Overview: four numbers, what changed, the last week in words, the weeks, where time goes, what needs attention."""

from dashboard.pages.overview import panels as draw
from dashboard.pages.overview.week import draw_week
from dashboard.parts.charts.phase_weeks import draw_phases
from dashboard.parts.charts.review_load import draw_review_load
from dashboard.parts.charts.week_lines import draw_weeks
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.context import Context
from dashboard.shell.filters import Filter

# Weeks show the whole history, and what waits waits now: the period changes neither.
WITHOUT_PERIOD = frozenset({Filter.REPOSITORIES, Filter.AI, Filter.BOTS})


def _has_people_views(page: Context) -> bool:
    return bool(page.team.has_people_views)


CARDS = Panel("cards", "Four numbers", "of the period, each with what it rests on", draw.draw_cards, is_bare=True)
WHAT_CHANGED = Panel(
    "what_changed", "What changed", "the most important findings", draw.draw_what_changed, frozenset(), is_bare=True
)
WEEK = Panel(
    "week",
    "The week in words",
    "the last complete week of the whole team, each sentence with its pull requests",
    draw_week,
    frozenset(),
)
THROUGHPUT = Panel(
    "throughput",
    "Opened and merged",
    "pull requests by week; weeks that are not complete are dashed; click a point to list its PRs",
    lambda page: draw_weeks(page, ("opened_prs", "merged_prs"), "throughput"),
    WITHOUT_PERIOD,
)
TIMES = Panel(
    "times",
    "Cycle time and first review",
    "medians by week; weeks that are not complete are dashed; click a point to list its PRs",
    lambda page: draw_weeks(page, ("cycle_time_p50_hours", "first_review_p50_hours"), "times"),
    WITHOUT_PERIOD,
)
PHASES = Panel(
    "phases",
    "Where the time goes",
    "by week of merge; weeks that are not complete are hatched; click a bar to list its PRs",
    draw_phases,
    WITHOUT_PERIOD,
)
REVIEW_LOAD = Panel(
    "review_load",
    "Review load",
    "reviews by person and week, the busiest people; click a cell to list the pull requests",
    draw_review_load,
    WITHOUT_PERIOD,
    is_shown=_has_people_views,
)
BY_REPOSITORY = Panel(
    "by_repository",
    "By repository",
    "the largest value first; click a row to list its PRs",
    draw.draw_by_repository,
)
NEEDS_ATTENTION = Panel(
    "needs_attention",
    "Needs attention",
    "open pull requests: unreviewed first, then the oldest, those untouched for 90 days last",
    draw.draw_needs_attention,
    WITHOUT_PERIOD,
)

REPORT = Panel("report", "Report", "this page as one file", draw.draw_report, is_bare=True)

LAYOUT = Layout(
    "Overview",
    (
        (CARDS,),
        (WHAT_CHANGED,),
        (WEEK,),
        (THROUGHPUT, TIMES),
        (NEEDS_ATTENTION,),
        (PHASES, BY_REPOSITORY),
        (REVIEW_LOAD,),
        (REPORT,),
    ),
)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
