"""What a statement gave: a chart where it has a time and a number, the rows, and downloads of them."""

import io

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.pages.ask import result_chart
from dashboard.pages.ask.running import MAX_CELL, MAX_ROWS, WITH_JSON, WITH_LISTS, Answer, read_for_file
from dashboard.reading import format, person
from warehouse.guard.tabular import flatten, write_csv

CHART_HEIGHT = 280


def draw_nothing_asked() -> None:
    """Say how to begin."""
    st.info(
        "Write a statement and run it, or begin with one of the questions. "
        "The tables beside the editor say what every column holds.",
        title="Nothing asked yet",
        icon=":material/database_search:",
    )


def draw_switched_off() -> None:
    """Say who can open this page."""
    st.info(
        "Whoever runs prflow can open this page with `PRFLOW_DASHBOARD_HAS_SQL=true`. "
        "On that machine, `prflow sql` answers the same statements.",
        title="SQL is switched off",
        icon=":material/lock:",
    )


def draw_not_for_this_person() -> None:
    """Say whose page this is, and why it is not for people of one team."""
    st.info(
        "A statement can read every table, and so every team: this page is for analysts and admins of all teams. "
        "Ask whoever runs prflow.",
        title="SQL is for analysts of all teams",
        icon=":material/lock:",
    )


def draw(answer: Answer) -> None:
    """Draw the rows, or why there are none in DuckDB's words."""
    if answer.problem:
        st.error("The statement cannot be run. This is what DuckDB says:", icon=":material/error:")
        st.code(answer.problem, language=None, wrap_lines=True)
        st.caption("One SELECT, FROM, WITH, PIVOT, DESCRIBE or SUMMARIZE over the tables that are listed here.")
    elif answer.rows.is_empty():
        st.info("The statement ran, and no row answers it.", title="No rows", icon=":material/table_rows:")
    else:
        _draw_summary(answer)
        _draw_chart(answer.rows)
        _draw_rows(answer.rows)


def _draw_summary(answer: Answer) -> None:
    claims = person.claims_of_session()  # a file is made outside of the session
    more = f". There are more: add a LIMIT, or aggregate, to see what is behind row {MAX_ROWS:,}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{answer.outcome.capitalize()}**{more if answer.is_cut else ''}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.caption(f"{answer.seconds:.1f} s, {format.time_of_day(answer.asked_at)}", width="content")
            st.download_button(
                "CSV",
                lambda: write_csv(read_for_file(answer, WITH_JSON, claims)).encode(),
                "answer.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key="answer_csv",
            )
            st.download_button(
                "Parquet",
                lambda: write_parquet(read_for_file(answer, WITH_LISTS, claims)),
                "answer.parquet",
                "application/vnd.apache.parquet",
                icon=":material/download:",
                on_click="ignore",
                key="answer_parquet",
            )


def write_parquet(rows: pl.DataFrame) -> bytes:
    """Return a Parquet file of the rows as they came, lists and structures included."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()


def _draw_chart(rows: pl.DataFrame) -> None:
    chart = result_chart.find(rows)
    if chart is None:
        return
    number = chart.numbers[0]
    if len(chart.numbers) > 1:
        number = st.selectbox("Number", chart.numbers, key="answer_number", format_func=format.plain, width=260)
        number = number if number in chart.numbers else chart.numbers[0]
    st.caption(f"{format.escape(number)} by {format.escape(chart.time)}")
    st.echarts_chart(
        result_chart.option(rows, chart, number),
        height=CHART_HEIGHT,
        key="answer_chart",
        alt=f"{format.plain(number)} by {format.plain(chart.time)}",
    )


def _draw_rows(rows: pl.DataFrame) -> None:
    """Draw text as text: Streamlit's tables have a download of their own, so no cell may be a formula there either."""
    flat = shorten(rows)
    st.dataframe(
        flat,
        hide_index=True,
        height="auto",
        column_config={name: _time_column(kind) for name, kind in flat.schema.items() if result_chart.is_time(kind)},
        placeholder=format.MISSING,
        alt="Rows of the answer",
    )


def shorten(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as they are shown. Texts are cut before anything else: this is done at each run of the page."""
    text = pl.col(pl.String)
    cut = pl.when(text.str.len_chars() > MAX_CELL).then(text.str.slice(0, MAX_CELL) + "…").otherwise(text)
    flat = flatten(rows.with_columns(cut.name.keep()))
    texts = [name for name, kind in flat.schema.items() if kind == pl.String]
    return flat.with_columns(
        pl.col(name).map_elements(lambda part: format.cell(part, MAX_CELL), return_dtype=pl.String) for name in texts
    )


def _time_column(kind: pl.DataType) -> ColumnConfig:
    is_date = kind == pl.Date
    return st.column_config.DatetimeColumn(format="YYYY-MM-DD" if is_date else "YYYY-MM-DD HH:mm:ss", timezone="UTC")
