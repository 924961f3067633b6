"""The definition lab: a number of the period as other tools define it, and the pull requests that differ."""

import polars as pl
import streamlit as st

from dashboard.parts.tables import Height, PullRequestTable, draw_table
from dashboard.reading import format
from dashboard.shell.address import accept, draw_unknown, say_unknown
from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY as PULL_REQUEST
from warehouse.metrics.lab.compare import OURS, Definition
from warehouse.metrics.lab.presets import PRESETS
from warehouse.metrics.registry import BY_NAME
from warehouse.questions.lab import Comparison, compare_measured

KEY, TOOL = "lab", "lab_tool"
HEIGHT, MAX_ROWS = 320, 8
HOW = {"in": "Counted by it alone", "out": "Counted by prflow alone", "changed": "Another time"}
SAID = {"in": "{tool} alone", "out": "prflow alone", "changed": "another time"}


def draw_lab(page: Context) -> None:
    """Draw the choice of a metric; once it is made, its value under each definition, and what moves one of them."""
    titles = {key: BY_NAME[key].title for key in PRESETS}
    values = {key: key for key in titles} | {title: key for key, title in titles.items()}
    unknown = say_unknown("Metric to compare", accept(KEY, values, list(titles.values())))
    draw_unknown([unknown] if unknown else [])
    name = st.selectbox(
        "Metric to compare",
        list(PRESETS),
        index=None,
        placeholder="Choose a metric that other tools have, too",
        format_func=titles.__getitem__,
        key=KEY,
        bind="query-params",
        width=360,
    )
    if name not in PRESETS:
        st.caption(
            "DevLake, Middleware, LinearB, Graphite and issue-metrics measure similar things between other events, of "
            "other pull requests, by other averages. Here are their rules over the pull requests of this period."
        )
        return
    found = page.remember(("lab", name), lambda: _compare(page, name))
    _draw_values(found)
    _draw_moved(found)


def _compare(page: Context, name: str) -> Comparison:
    """Compare over the repositories and the period of the page; the other filters know what only we know."""
    measured = page.reader.pull_request_metrics()
    if page.filters.repository_ids:
        measured = measured.filter(pl.col("repository_id").is_in(list(page.filters.repository_ids)))
    return page.reader.read_uncached(compare_measured, name, measured, (page.filters.start, page.filters.end))


def _draw_values(found: Comparison) -> None:
    rows = pl.DataFrame([_row(one) for one in found.definitions])
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        placeholder=format.MISSING,
        column_config={
            "Calls it": st.column_config.TextColumn(width=190),
            "Average": st.column_config.TextColumn(width=130),
            "By its average": st.column_config.TextColumn(width=100, alignment="right"),
            "Median": st.column_config.TextColumn(
                width=80, alignment="right", help="Of the same pull requests, whatever average the tool takes"
            ),
        },
        alt=f"{found.metric.title} under {len(found.definitions)} definitions",
    )
    if found.lacking:
        st.caption(f"No such number: {', '.join(found.lacking)}.")


def _row(one: Definition) -> dict[str, object]:
    is_ours = one.tool == OURS
    return {
        "Definition": one.tool,
        "Calls it": one.name,
        "Average": one.average,
        "By its average": None if one.value is None else format.hours(one.value),
        "Median": None if one.median is None else format.hours(one.median),
        "n": one.n,
        **{words: None if is_ours else one.count(how) for how, words in HOW.items()},
    }


def _draw_moved(found: Comparison) -> None:
    tools = [one.tool for one in found.definitions[1:]]
    chosen = st.segmented_control(
        "Definition", tools, default=tools[0], required=True, key=f"{TOOL}_{found.metric.name}"
    )
    one = next((one for one in found.definitions if one.tool == chosen), found.definitions[1])
    st.markdown(f"{one.sentence} [Where {one.tool} says so]({one.source})")
    moved = found.moved(one)
    if moved.is_empty():
        st.caption("It counts the same pull requests, with the same times.")
        return
    rows = pl.DataFrame(
        {
            "PR": [f"#{number}" for number in moved["number"]],
            "Title": [format.cell(title, 120) for title in moved["title"]],
            "Difference": [SAID[how].format(tool=one.tool) for how in moved["how"]],
            OURS: [_say(hours) for hours in moved["ours_hours"]],
            one.tool: [_say(hours) for hours in moved["hours"]],
            "Why": [format.cell(why, 200) for why in moved["why"]],
            "Repository": [format.cell(name, 100) for name in moved["full_name"]],
        },
        schema_overrides={OURS: pl.String, one.tool: pl.String},
    )
    columns = {
        "PR": st.column_config.TextColumn(width=55),
        "Title": st.column_config.TextColumn(width=190),
        "Difference": st.column_config.TextColumn(width=120),
        OURS: st.column_config.TextColumn(width=70, alignment="right", help="The time that prflow counts"),
        one.tool: st.column_config.TextColumn(width=85, alignment="right", help=f"The time that {one.tool} counts"),
        "Why": st.column_config.TextColumn(width=330),
    }
    height: Height = HEIGHT if rows.height > MAX_ROWS else "content"
    draw_table(PullRequestTable("lab_moved", rows, moved[PULL_REQUEST].to_list(), columns, height, "What moves it"))


def _say(hours: float | None) -> str | None:
    return None if hours is None else format.hours(hours)
