"""How reviewing is spread: concentration for every team, names only if the team allows them."""

import polars as pl
import streamlit as st

from dashboard.parts import charts
from dashboard.parts.behind import Behind, follow
from dashboard.parts.charts import Option
from dashboard.parts.metric_cards import draw_cards
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.accounts.people import name_accounts
from warehouse.metrics.registry import BY_NAME

NAMES = ("submitted_reviews", "reviewers", "review_load_top3_share", "review_load_gini")
MAX_PEOPLE = 15
HEIGHT = 330


def draw_concentration(page: Context) -> None:
    """Draw how many people review, what the busiest three do, and how unequal it is."""
    st.markdown(page.remember("concentration", lambda: say_concentration(page)))
    draw_cards(page, NAMES, len(NAMES))
    if not page.team.has_people_views:
        st.caption("Names are shown only if the team allows numbers per person; this one does not.")


def say_concentration(page: Context) -> str:
    """Say in a sentence how many people give how much of the reviews."""
    counts = Behind(BY_NAME["submitted_reviews"]).select(page)["reviewer_id"].value_counts(sort=True)["count"]
    if counts.is_empty():
        return "Nobody reviewed another person's pull request in the period."
    half = int((counts.cum_sum() < counts.sum() / 2).sum()) + 1
    people = "1 person" if half == 1 else f"{half:,} people"
    return f"Half of the {counts.sum():,} reviews were given by **{people}** of {counts.len():,}."


def draw_people(page: Context) -> None:
    """Draw one bar per reviewer; a click lists the pull requests that the person reviewed."""
    people = page.remember("people", lambda: count_people(page)).head(MAX_PEOPLE).reverse()
    if people.is_empty():
        st.caption("Nobody reviewed another person's pull request in the period.")
        return
    chosen = st.echarts_chart(
        option(people), height=HEIGHT, key="reviewers", on_select="rerun", alt="Reviews by person in the period"
    )
    follow(page, chosen, [[by_person(reviewer) for reviewer in people["reviewer_id"]]])


def by_person(reviewer_id: str) -> Behind:
    """Return the reviews that a person gave in the period."""
    return Behind(BY_NAME["submitted_reviews"], part=f"reviewer_id={reviewer_id}")


def count_people(page: Context) -> pl.DataFrame:
    """Count the reviews of each person in the period, most first: `reviewer_id`, `name`, `reviews`, `prs`."""
    reviews = Behind(BY_NAME["submitted_reviews"]).select(page)
    names = name_accounts(reviews.select(account_id="reviewer_id", login="reviewer_login"))
    counted = reviews.group_by("reviewer_id").agg(reviews=pl.len(), prs=pl.col("pull_request_id").n_unique())
    named = counted.join(names, left_on="reviewer_id", right_on="account_id", how="left")
    return named.sort("reviews", "name", descending=[True, False])


def option(people: pl.DataFrame) -> Option:
    """Show one horizontal bar per person, the last row on top."""
    names = [format.plain(name, 40) for name in people["name"]]
    counts = people.select("reviews", "prs").iter_rows()
    bars = [[reviews, name, prs] for name, (reviews, prs) in zip(names, counts, strict=True)]
    return {
        "grid": {**charts.GRID, "top": 4, "right": 24},
        "tooltip": {"trigger": "item", "formatter": "{b}<br/><b>{@[0]}</b> reviews of {@[2]} pull requests"},
        "xAxis": {"type": "value", "minInterval": 1, "splitNumber": 4},
        "yAxis": {"type": "category", "data": names, "axisTick": {"show": False}, "axisLine": {"show": False}},
        "series": [
            {
                "type": "bar",
                "name": "Reviews",
                "data": bars,
                "barCategoryGap": "30%",
                "itemStyle": {"borderRadius": [0, 3, 3, 0]},
                "selectedMode": "single",
            }
        ],
    }
