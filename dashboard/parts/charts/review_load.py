"""Review load: reviews by person and week as a heat map, for teams that allow numbers per person."""

from datetime import date

import polars as pl
import streamlit as st

from dashboard.parts import charts
from dashboard.parts.behind import Behind, follow
from dashboard.parts.samples import rows_of
from dashboard.shell.context import Context
from warehouse.metrics.accounts.people import name_accounts
from warehouse.metrics.periods import counting
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weeks import week_start

HEIGHT = 310
MAX_WEEKS = 12
# Light to dark for few to many, as `chartSequentialColors` in config.toml; dark to light in the dark theme.
HEAT = {
    "light": ["#eef0ff", "#c7cbff", "#8b8df9", "#574de4", "#382f9c"],
    "dark": ["#23264a", "#373a85", "#5455c4", "#7f85f2", "#c2c8fd"],
}
METRIC = BY_NAME["submitted_reviews"]


def draw_review_load(page: Context) -> None:
    """Draw the heat map; a click lists the pull requests that the person reviewed in that week."""
    load = page.remember("review load", lambda: count_reviews(page))
    if load.is_empty():
        st.caption("Nobody reviewed another person's pull request in these weeks.")
        return
    starts = [week.start for week in page.plan_weeks()[-MAX_WEEKS:]]
    colors = HEAT["dark" if charts.is_dark() else "light"]
    chosen = st.echarts_chart(
        charts.review_load_option(load, starts, colors),
        height=HEIGHT,
        key="review_load",
        on_select="rerun",
        alt="Reviews by person and week",
    )
    follow(page, chosen, [[cell_of(*cell) for cell in load.select("reviewer_id", "week_start").iter_rows()]])


def count_reviews(page: Context) -> pl.DataFrame:
    """Count the reviews by person and week, of the newest weeks and the busiest people, who come last.

    `reviewer_id`, `login` (unique to the person), `week_start`, `reviews`.
    """
    starts = [week.start for week in page.plan_weeks()[-MAX_WEEKS:]]
    start = week_start(METRIC.placed_by, page.team.timezone or "UTC")
    reviews = rows_of(page, METRIC).filter(counting(METRIC, include_bots=False)).with_columns(week_start=start)
    recent = reviews.filter(pl.col("week_start").is_in(starts))
    names = name_accounts(recent.select(account_id="reviewer_id", login="reviewer_login"))
    total = pl.col("reviews").sum().over("reviewer_id")
    counted = (
        recent.group_by("reviewer_id", "week_start").agg(reviews=pl.len().cast(pl.Int64)).with_columns(total=total)
    )
    people = counted.select("reviewer_id", "total").unique().sort("total", "reviewer_id").tail(charts.MAX_PEOPLE)
    named = counted.join(people, on="reviewer_id", how="semi").join(
        names.select(reviewer_id="account_id", login="name"), on="reviewer_id"
    )
    return named.sort("total", "reviewer_id", "week_start").drop("total")


def cell_of(reviewer_id: str, week: date) -> Behind:
    """Return the reviews that a person gave in a week."""
    return Behind(METRIC, week, part=f"reviewer_id={reviewer_id}")
