"""The panel of flow runs: what ran, what it asked of GitHub and of the model, and what it cost."""

from datetime import datetime, timedelta

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.first_run import actions
from dashboard.first_run.current_view import read_view
from dashboard.parts.tables import drop_empty
from dashboard.reading import format, runs
from dashboard.reading.rows import StoredRun, make_rows
from dashboard.shell.context import Context

# Columns that are left out while no run has anything to say in them.
OPTIONAL = ("Ended early", "Prefect", "Not analysed", "To do", "Cost")
STATE_COLORS = {
    "COMPLETED": "green",
    "RUNNING": "blue",
    "PENDING": "gray",
    "SCHEDULED": "gray",
    "FAILED": "red",
    "CRASHED": "red",
    "CANCELLED": "orange",
    "CANCELLING": "orange",
}


def draw_runs(page: Context) -> None:
    """Draw one row per flow run, with Prefect's state of it and a link to its page."""
    progress, view = read_view(page.team_id)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**Runs**", width="content")
            actions.draw_retry(progress, view, key="health_retry")
        rows = page.reader.runs()
        st.caption("what ran, and what it asked of GitHub and of the model; times in UTC")
        states = _read_prefect_states(page)
        if rows.is_empty():
            st.caption("No run has written to the warehouse yet.")
            return
        _draw_run_table(_run_rows(rows, states))


def _read_prefect_states(page: Context) -> dict[str, runs.FlowRun]:
    """Read Prefect's runs by id; if Prefect cannot be reached, say so and return none."""
    try:
        return {run.run_id: run for run in runs.recent_runs(page.team_id)}
    except runs.PrefectUnavailable as error:
        reason = format.escape(f"{error} {error.hint}")
        st.caption(f":material/cloud_off: {reason} The states below come from the warehouse.")
        return {}


def _draw_run_table(rows: pl.DataFrame) -> None:
    shown = drop_empty(rows, OPTIONAL)
    st.dataframe(
        shown,
        hide_index=True,
        column_config={name: column for name, column in make_columns().items() if name in shown.columns},
        placeholder=format.MISSING,
        alt="Flow runs of this team",
    )


def make_columns() -> dict[str, ColumnConfig]:
    """Return the columns; those that a run in order has fit a screen of 1,400 px."""
    counts = {
        "Requests": (64, "Sent to GitHub"),
        "Points": (56, "Spent from GitHub's hourly rate limit"),
        "Left": (52, "Points of the hour that were left at the run's last request"),
        "By rules": (58, "Pull requests analysed by rules"),
        "By model": (62, "Pull requests analysed by the model"),
        "Not analysed": (84, "The analysis failed, which later runs try again, or the model refused"),
        "To do": (50, "Left for the next run"),
        "Calls": (48, "Requests to the model"),
        "Tokens": (66, "Of the model"),
    }
    return {
        "Run": st.column_config.TextColumn(width=150),
        "State": st.column_config.MultiselectColumn(
            options=[name.capitalize() for name in STATE_COLORS], color=list(STATE_COLORS.values()), width=92
        ),
        "Ended early": st.column_config.TextColumn(width=150),
        "Prefect": st.column_config.LinkColumn(display_text="open", width=55),
        "Started": st.column_config.DatetimeColumn(width=112, format="DD MMM, HH:mm:ss"),
        "Took": st.column_config.TextColumn(width=78),
        **{
            name: st.column_config.NumberColumn(width=width, format="localized", help=words)
            for name, (width, words) in counts.items()
        },
        "Cost": st.column_config.NumberColumn(width=64, format="$%.4f", help="At list price, if it is known"),
    }


def _run_rows(rows: pl.DataFrame, states: dict[str, runs.FlowRun]) -> pl.DataFrame:
    """Return one row per stored run; Prefect's name and state of it stand before the warehouse's."""
    pairs = [(run, states.get(run.run_id)) for run in make_rows(StoredRun, rows)]
    return pl.DataFrame(
        {
            "Run": [format.cell(known.name if known else run.flow) for run, known in pairs],
            "State": [[(known.state if known else run.state or "running").capitalize()] for run, known in pairs],
            "Ended early": [format.cell(run.error or run.llm_stopped) or None for run, _ in pairs],
            "Prefect": [known.url if known else None for _, known in pairs],
            "Started": rows["started_at"],
            "Took": [_say_duration(run.started_at, run.ended_at) for run, _ in pairs],
            "Requests": rows["github_requests"],
            "Points": rows["github_points"],
            "Left": rows["github_remaining"],
            "By rules": rows["llm_by_rule"],
            "By model": rows["llm_by_model"],
            "Not analysed": rows["llm_failed"],
            "To do": rows["llm_left"],
            "Calls": rows["llm_requests"],
            "Tokens": rows["llm_tokens"],
            "Cost": rows["llm_cost_usd"],
        },
        schema_overrides={"Took": pl.String, "Ended early": pl.String, "Prefect": pl.String},
    )


def _say_duration(started: datetime | None, ended: datetime | None) -> str | None:
    return None if started is None or ended is None else format.seconds((ended - started) / timedelta(seconds=1))
