"""The script of the page Insights."""

from dashboard.pages.insights.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
