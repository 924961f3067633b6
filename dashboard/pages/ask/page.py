"""The script of the page Ask the data."""

from dashboard.pages.ask.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
