"""The tables of the warehouse with their comments, beside the editor."""

import streamlit as st

from dashboard.pages.ask import editor
from warehouse import schema

KEY = "table"
FIRST = "pull_request_metrics"
HEIGHT = 236


def draw() -> None:
    """Draw one table at a time: what a row is, and every column."""
    tables = schema.readable_tables()
    names = list(tables)
    name = st.selectbox(
        f"{len(names)} tables", names, index=names.index(FIRST), key=KEY, help="What a row of each is stands below it"
    )
    table = tables[name if name in names else FIRST]
    st.caption(f"{table.comment}.")
    # The button is what the keyboard reaches in the box, so that it scrolls without a mouse.
    with st.container(height=HEIGHT, border=True, key="columns"):
        st.button(
            "First rows",
            key="first_rows",
            type="tertiary",
            icon=":material/table_rows:",
            on_click=editor.put,
            args=(f"FROM {table.name} LIMIT 100",),
        )
        lines = (
            f"- **{column.name}** `{schema.sql_type(column).lower()}` {column.comment}" for column in table.columns
        )
        st.markdown("\n".join(lines))
