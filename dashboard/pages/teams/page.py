"""The script of the page Teams."""

from dashboard.pages.teams.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
