"""The panel about messages: what people were told, what waits to be sent, and since when something does not work."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.shell.context import Context

PROBLEMS = {
    "failed": "Runs fail",
    "repositories": "Repositories could not be fetched completely",
    "quota": "Pull requests are left for the model to read",
    "stale": "There was no good sync",
    "token": "A token for GitHub expires soon",
}
KINDS = PROBLEMS | {
    "welcome": "Welcome",
    "onboarded": "Newest days imported",
    "history": "History complete",
    "recovered": "It works again",
    "digest": "Weekly digest",
}
STATES = {"sent": "Sent", "waiting": "Waits", "given_up": "Given up"}
STATE_COLORS = {"Sent": "green", "Waits": "orange", "Given up": "red"}


def draw_messages(page: Context) -> None:
    """Draw what stands, and one row per message to an address; nothing if nobody was to be told of anything."""
    problems, rows = page.reader.problems(), page.reader.messages()
    if problems.is_empty() and rows.is_empty():
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Messages**")
        st.caption("messages by mail, Slack and Apprise; times in UTC")
        for problem in problems.iter_rows(named=True):
            known = "People know." if problem["told_at"] else "No message was sent: no channel is set."
            text = f"{PROBLEMS[problem['kind']]} since {format.timestamp(problem['began_at'])}. {known}"
            st.warning(text, icon=":material/report:")
        if not rows.is_empty():
            _draw_table(rows)


def _draw_table(rows: pl.DataFrame) -> None:
    st.dataframe(
        pl.DataFrame(
            {
                "Written": rows["created_at"],
                "Message": [KINDS[kind] for kind in rows["kind"]],
                "To": [format.cell(" ".join(each)) for each in rows.select("channel", "address").iter_rows()],
                "State": [[STATES[state]] for state in rows["state"]],
                "Tries": rows["tries"],
                "Why not": [format.cell(error) or None for error in rows["error"]],
            },
            schema_overrides={"Why not": pl.String},
        ),
        hide_index=True,
        height="auto",
        column_config={
            "Written": st.column_config.DatetimeColumn(format="DD MMM YYYY, HH:mm"),
            "State": st.column_config.MultiselectColumn(options=list(STATE_COLORS), color=list(STATE_COLORS.values())),
        },
        placeholder=format.MISSING,
        alt="Messages, newest first",
    )
