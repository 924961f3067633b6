"""The table of repositories with the progress of their import."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from warehouse.progress import RepositoryProgress

STATES = {
    "pending": "Waiting",
    "scanning": "Counting",
    "syncing": "Importing",
    "done": "Done",
    "partial": "Partial",
    "failed": "Failed",
}
STATE_COLORS = ["gray", "blue", "blue", "green", "orange", "red"]
MAX_ROWS = 12
MAX_HEIGHT = 460


def draw_import_table(repositories: tuple[RepositoryProgress, ...]) -> None:
    """Draw the table, if there is a repository."""
    if not repositories:
        return
    st.dataframe(
        _import_rows(repositories),
        hide_index=True,
        height="content" if len(repositories) <= MAX_ROWS else MAX_HEIGHT,
        column_config={
            "Repository": st.column_config.TextColumn(width="medium"),
            "State": st.column_config.MultiselectColumn(
                options=list(STATES.values()), color=STATE_COLORS, width="small"
            ),
            "Progress": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.0f %%"),
            "PRs": st.column_config.TextColumn(width="small", alignment="right"),
            "Problem": st.column_config.TextColumn(width="medium"),
        },
        alt="Import of each repository: state, progress in per cent, pull requests",
    )


def _import_rows(repositories: tuple[RepositoryProgress, ...]) -> pl.DataFrame:
    """Return one row per repository, with the column Problem only if one of them has a problem."""
    rows = pl.DataFrame(
        {
            "Repository": [format.cell(one.full_name) for one in repositories],
            "State": [[STATES.get(one.sync_status, one.sync_status)] for one in repositories],
            "Progress": [one.sync_progress for one in repositories],
            "PRs": [_say_count(one) for one in repositories],
            "Problem": [format.cell(one.last_sync_error) or None for one in repositories],
        },
        schema_overrides={"Progress": pl.Float64, "Problem": pl.String},
    )
    return rows if rows["Problem"].count() else rows.drop("Problem")


def _say_count(one: RepositoryProgress) -> str:
    return "counting" if one.sync_prs_total is None else f"{one.sync_prs_completed:,} of {one.sync_prs_total:,}"
