"""The script of the page AI impact."""

from dashboard.pages.ai_impact.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
