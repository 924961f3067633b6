"""Definitions: what every number means, with its value of this period, one pull request worked through, and the lab."""

from dashboard.pages.definitions.example import draw_example
from dashboard.pages.definitions.lab import draw_lab
from dashboard.pages.definitions.metrics import draw_metrics
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.filters import Filter

METRICS = Panel("metrics", "Metrics", "what each counts, and what it leaves out", draw_metrics, is_bare=True)
EXAMPLE = Panel(
    "example",
    "From events to phases",
    "one pull request of this period whose cycle time is typical, event by event",
    draw_example,
)

LAB = Panel(
    "lab",
    "Definition lab",
    "the same pull requests as other tools count them; click one of those that make the difference to open it",
    draw_lab,
    frozenset({Filter.PERIOD, Filter.REPOSITORIES}),
)

LAYOUT = Layout("Definitions", ((EXAMPLE,), (LAB,), (METRICS,)), needs_numbers=False)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
