"""The panel of followed repositories, and of their pull requests that are incomplete."""

import polars as pl
import streamlit as st

from dashboard.first_run.current_view import read_view
from dashboard.first_run.repository_table import STATE_COLORS, STATES
from dashboard.parts.tables import drop_empty
from dashboard.reading import format
from dashboard.reading.rows import RepositoryCoverage, make_rows
from dashboard.shell.context import Context
from warehouse.words import plural

# So that all columns fit a screen of 1,400 px.
WIDTHS = {"Stored": 48, "Incomplete": 78, "Failed": 48, "Not analysed": 84, "Releases": 66, "Deployments": 90}


def draw_coverage(page: Context) -> None:
    """Draw one row per followed repository: what GitHub has, what was found, stored and analysed."""
    coverage = page.reader.coverage()
    progress, _ = read_view(page.team_id)
    states = {repo.full_name: repo.sync_status for repo in progress.repos}
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Repositories**")
        st.caption("pull requests that were found by the scans, and those stored in the warehouse; times in UTC")
        st.dataframe(
            drop_empty(_coverage_rows(coverage, states), ("Problem",)),
            hide_index=True,
            column_config={
                **{name: st.column_config.NumberColumn(width=width) for name, width in WIDTHS.items()},
                "Repository": st.column_config.TextColumn(width=176),
                "State": st.column_config.MultiselectColumn(
                    options=list(STATES.values()), color=STATE_COLORS, width=72
                ),
                "On GitHub": st.column_config.NumberColumn(
                    width=70, format="localized", help="All pull requests, of any age"
                ),
                "Found": st.column_config.NumberColumn(
                    width=50, format="localized", help="Updated in the imported period, or open at any age"
                ),
                "Last sync": st.column_config.DatetimeColumn(width=92, format="DD MMM, HH:mm"),
                "History from": st.column_config.DatetimeColumn(width=84, format="DD MMM YY"),
                "Problem": st.column_config.TextColumn(width=150, help="Why it failed or is partial"),
            },
            placeholder=format.MISSING,
            alt="Pull requests found and stored, by repository",
        )
        if page.team.members_error:
            st.caption(
                f":material/group_off: Members and teams could not be read: {format.escape(page.team.members_error)}"
            )


def _coverage_rows(coverage: pl.DataFrame, states: dict[str, str]) -> pl.DataFrame:
    rows = make_rows(RepositoryCoverage, coverage)
    return pl.DataFrame(
        {
            "Repository": [format.cell(row.full_name) for row in rows],
            "State": [[_say_state(row, states)] for row in rows],
            "Problem": [_say_problem(row) for row in rows],
            "On GitHub": coverage["on_github"],
            "Found": coverage["expected"],
            "Stored": coverage["stored"],
            "Incomplete": coverage["incomplete"],
            "Failed": coverage["failed"],
            "Not analysed": coverage["unread"],
            "Releases": coverage["releases"],
            "Deployments": coverage["deployments"],
            "Last sync": coverage["last_sync_at"],
            "History from": coverage["history_from"],
        },
        schema_overrides={"Problem": pl.String},
    )


def _say_state(row: RepositoryCoverage, states: dict[str, str]) -> str:
    """Say the state as every screen does; the warehouse's own word if the progress lacks the repository."""
    state = states.get(row.full_name, row.sync_status)
    return STATES.get(state, state)


def _say_problem(row: RepositoryCoverage) -> str | None:
    """Say what is wrong with the repository's pull requests, then with its releases and deployments."""
    since = row.failing_since and f"Failing since {row.failing_since:%d %b %Y}"
    parts = [since, row.last_sync_error, row.deliveries_error and f"Releases and deployments: {row.deliveries_error}"]
    return format.cell(". ".join(part for part in parts if part)) or None


def draw_incomplete(page: Context) -> None:
    """Draw the pull requests of which something is missing, if there are any."""
    rows = page.reader.incomplete()
    if rows.is_empty():
        return
    with st.expander(f"{plural(rows.height, 'incomplete pull request')}", icon=":material/rule:"):
        st.dataframe(
            pl.DataFrame(
                {
                    "Repository": [format.cell(name) for name in rows["full_name"]],
                    "PR": [f"#{number}" for number in rows["number"]],
                    "Title": [format.cell(title, 200) or None for title in rows["title"]],
                    "What is missing": [format.cell(reason) for reason in rows["reason"]],
                },
                schema_overrides={"Title": pl.String},
            ),
            hide_index=True,
            placeholder=format.MISSING,
            alt="Pull requests that are incomplete",
        )


def draw_short_lists(page: Context) -> None:
    """Draw GitHub's lists that ended before their own total, if there are any."""
    rows = page.reader.short_lists()
    if rows.is_empty():
        return
    with st.expander(f"{plural(rows.height, 'list')} of GitHub's not complete", icon=":material/format_list_bulleted:"):
        st.dataframe(
            pl.DataFrame(
                {
                    "Of": [format.cell(name) or None for name in rows["full_name"]],
                    "List": rows["list_name"],
                    "GitHub says": rows["said"],
                    "GitHub gives": rows["given"],
                    "Next": [
                        "asked again by the next night" if is_asked else "kept as it is: it stayed so for three days"
                        for is_asked in rows["is_asked_again"]
                    ],
                },
                schema_overrides={"Of": pl.String},
            ),
            hide_index=True,
            placeholder="the owner",
            alt="Lists of GitHub's that ended before their own total",
        )
