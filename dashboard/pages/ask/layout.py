"""Ask the data: read-only SQL over the warehouse, with its tables beside it."""

import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.pages.ask import editor, result, tables
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.reading import person
from dashboard.reading.settings import DashboardSettings
from dashboard.shell.context import Context


def draw_sql(page: Context) -> None:
    """Draw the editor with the tables beside it, and the answer below them."""
    if not DashboardSettings.read().has_sql:
        result.draw_switched_off()
        return
    if not person.is_allowed(What.SQL, EVERY_TEAM):
        result.draw_not_for_this_person()
        return
    left, right = st.columns([3, 2])
    with left:
        asked = editor.draw(page)
    with right:
        tables.draw()
    if asked:
        result.draw(asked)
    else:
        result.draw_nothing_asked()


_SQL = Panel("sql", "SQL", "one statement that reads, and its rows", draw_sql, frozenset(), is_bare=True)
LAYOUT = Layout("Ask the data", ((_SQL,),), needs_numbers=False)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
