"""Reviews: how soon and how well changes are reviewed, by how many people, and what waits for whom now."""

from dashboard.pages.reviews import load, soon, unreviewed, waiting
from dashboard.parts.charts.review_load import draw_review_load
from dashboard.parts.charts.week_lines import draw_weeks
from dashboard.parts.groups import draw_by_repository
from dashboard.parts.metric_cards import draw_cards
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.context import Context
from dashboard.shell.filters import Filter

# Weeks show the whole history, and what waits waits now: the period changes neither.
SHARES = ("reviewed_share", "approval_without_comment_share", "ai_reviewed_share")
WITHOUT_PERIOD = frozenset({Filter.REPOSITORIES, Filter.AI, Filter.BOTS})


def _has_people_views(page: Context) -> bool:
    return bool(page.team.has_people_views)


SPEED = Panel(
    "speed",
    "How soon",
    "of the period, each with what it rests on",
    soon.draw_soon,
    is_bare=True,
)
WAITING = Panel(
    "waiting",
    "Waiting now",
    "open, by whose turn it is, the longest waiting first, those untouched for 90 days last; click a row to open one",
    waiting.draw_waiting,
    WITHOUT_PERIOD,
)
RESPONSE_WEEKS = Panel(
    "response_weeks",
    "First response and first review",
    "medians by week of the response; weeks that are not complete are dashed; click a point to list its PRs",
    lambda page: draw_weeks(page, ("first_response_p50_hours", "first_review_p50_hours"), "response_weeks"),
    WITHOUT_PERIOD,
)
DEPTH_WEEKS = Panel(
    "depth_weeks",
    "Seen before the merge, and how closely",
    "by week; weeks that are not complete are dashed; click a point to list its PRs",
    lambda page: draw_weeks(page, SHARES, "depth_weeks"),
    WITHOUT_PERIOD,
)
DEPTH = Panel(
    "depth",
    "How closely",
    "of the period, each with what it rests on",
    lambda page: draw_cards(
        page,
        ("review_rounds_p50", "review_comments_per_pr", "approval_without_comment_share", "ai_reviewed_share"),
    ),
    is_bare=True,
)
CONCENTRATION = Panel(
    "concentration",
    "Is reviewing shared?",
    "of the reviews given in the period",
    load.draw_concentration,
)
PEOPLE = Panel(
    "people",
    "Reviews by person",
    "in the period, the busiest people; click a bar to list the pull requests",
    load.draw_people,
    is_shown=_has_people_views,
)
LOAD_WEEKS = Panel(
    "load_weeks",
    "Review load",
    "reviews by person and week, the busiest people; click a cell to list the pull requests",
    draw_review_load,
    WITHOUT_PERIOD,
    is_shown=_has_people_views,
)
UNREVIEWED = Panel(
    "unreviewed",
    "Merged without a review",
    "in the period, the latest first; click a row to open one",
    unreviewed.draw_unreviewed,
)
BY_REPOSITORY = Panel(
    "by_repository",
    "By repository",
    "the largest value first; click a row to list its PRs",
    lambda page: draw_by_repository(
        page,
        (
            "first_review_p50_hours",
            "first_response_p50_hours",
            "reviewed_share",
            "review_rounds_p50",
            "review_load_top3_share",
        ),
    ),
)

LAYOUT = Layout(
    "Reviews",
    (
        (SPEED,),
        (WAITING,),
        (RESPONSE_WEEKS, DEPTH_WEEKS),
        (DEPTH,),
        (CONCENTRATION,),
        (PEOPLE, LOAD_WEEKS),
        (UNREVIEWED,),
        (BY_REPOSITORY,),
    ),
)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
