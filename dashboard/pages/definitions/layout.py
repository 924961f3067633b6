"""Definitions: what every number means, with its value of this period, and one pull request worked through."""

from dashboard.pages.definitions.example import draw_example
from dashboard.pages.definitions.metrics import draw_metrics
from dashboard.parts.panels import Layout, Panel

METRICS = Panel("metrics", "Metrics", "what each counts, and what it leaves out", draw_metrics, is_bare=True)
EXAMPLE = Panel(
    "example",
    "From events to phases",
    "one pull request of this period whose cycle time is typical, event by event",
    draw_example,
)

LAYOUT = Layout("Definitions", ((EXAMPLE,), (METRICS,)), needs_numbers=False)
