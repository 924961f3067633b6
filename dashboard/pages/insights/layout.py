"""Insights: what is true now, what somebody dismissed, and what was true until lately."""

from dashboard.pages.insights.history import draw_history
from dashboard.pages.insights.living import draw_dismissed, draw_open
from dashboard.parts.panels import Layout, Panel, draw_page

# They are about the whole team, and about the last complete weeks: no filter changes them.
OPEN = Panel("open", "True now", "the most important first", draw_open, frozenset(), is_bare=True)
DISMISSED = Panel("dismissed", "Dismissed", "put aside until a day", draw_dismissed, frozenset(), is_bare=True)
HISTORY = Panel(
    "history",
    "History",
    "what was found in the last 90 days, and for how long it held; click a row to list its pull requests",
    draw_history,
    frozenset(),
)

LAYOUT = Layout("Insights", ((OPEN,), (DISMISSED,), (HISTORY,)), needs_numbers=False)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
