"""Delivery: how long changes take and in which phase, how much is delivered, what is in progress, what is reverted."""

from dashboard.pages.delivery import open_work, scatter, times
from dashboard.parts.charts.histogram import draw_histogram
from dashboard.parts.charts.phase_weeks import draw_phases
from dashboard.parts.charts.week_lines import draw_weeks
from dashboard.parts.groups import draw_by_repository
from dashboard.parts.metric_cards import draw_cards
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.filters import Filter
from warehouse.flags import is_jira_on

# Weeks show the whole history, and what is open is open now: the period changes neither.
WITHOUT_PERIOD = frozenset({Filter.REPOSITORIES, Filter.AI, Filter.BOTS})
HOURS = (0, 1, 4, 8, 24, 48, 96, 168, 336)
LINES = (0, 10, 50, 100, 200, 400, 1000)

CARDS = Panel(
    "cards",
    "Delivered",
    "of the period, each with what it rests on",
    lambda page: draw_cards(
        page,
        ("merged_prs", "merge_rate_share", "merged_within_7d_share", "cycle_time_p50_hours"),
    ),
    is_bare=True,
)
TIMES = Panel(
    "times",
    "How long it takes",
    "median, 75th and 90th percentile of merged ones; a review is 0 if the first approves; click a row to list its PRs",
    times.draw_times,
)
THROUGHPUT = Panel(
    "throughput",
    "Opened, merged, closed",
    "pull requests by week; weeks that are not complete are dashed; click a point to list its PRs",
    lambda page: draw_weeks(page, ("opened_prs", "merged_prs", "closed_unmerged_prs"), "delivery_weeks"),
    WITHOUT_PERIOD,
)
PHASES = Panel(
    "phases",
    "Where the time goes",
    "by week of merge; weeks that are not complete are hatched; click a bar to list its PRs",
    draw_phases,
    WITHOUT_PERIOD,
)
SCATTER = Panel(
    "scatter",
    "Every merged pull request",
    "cycle time by time of merge, on a logarithmic scale; click a point to open it",
    scatter.draw_scatter,
)
CYCLE_TIMES = Panel(
    "cycle_times",
    "Cycle times",
    "how many merged pull requests took how long; click a bar to list them",
    lambda page: draw_histogram(page, "cycle_time_p50_hours", HOURS, "cycle_times"),
)
IN_PROGRESS = Panel(
    "in_progress",
    "Work in progress",
    "open pull requests at the end of each week; click a point to list them",
    lambda page: draw_weeks(page, ("open_prs",), "open_weeks"),
    WITHOUT_PERIOD,
)
AGEING = Panel(
    "ageing",
    "Open now, by age",
    "one point per open pull request, the oldest first; click one to open it",
    open_work.draw_ageing,
)
SIZES = Panel(
    "sizes",
    "Sizes",
    "lines changed by merged pull requests, without generated files; click a bar to list them",
    lambda page: draw_histogram(page, "pr_size_p50_lines", LINES, "sizes"),
)
OUTCOMES = Panel(
    "outcomes",
    "Size, reverts and hotfixes",
    "of the pull requests merged in the period",
    lambda page: draw_cards(page, ("pr_size_p50_lines", "large_pr_share", "reverted_share", "hotfix_share")),
    is_bare=True,
)
BY_REPOSITORY = Panel(
    "by_repository",
    "By repository",
    "the largest value first; click a row to list its PRs",
    lambda page: draw_by_repository(
        page, ("cycle_time_p50_hours", "merged_prs", "open_prs", "pr_size_p50_lines", "reverted_share", "hotfix_share")
    ),
)

ISSUES = Panel(
    "issues",
    "By the issues of Jira",
    "what the work was for, and how long it took from its beginning",
    lambda page: draw_cards(
        page, ("issue_share", "issue_to_merge_p50_hours", "issue_to_production_p50_hours", "unplanned_share")
    ),
    is_shown=lambda _: is_jira_on(),
)

LAYOUT = Layout(
    "Delivery",
    (
        (CARDS,),
        (TIMES,),
        (THROUGHPUT, PHASES),
        (SCATTER, CYCLE_TIMES),
        (IN_PROGRESS, AGEING),
        (OUTCOMES,),
        (ISSUES,),
        (SIZES, BY_REPOSITORY),
    ),
)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
