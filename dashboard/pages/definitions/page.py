"""The script of the page Definitions."""

from dashboard.pages.definitions.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
