"""The script of the page Overview."""

from dashboard.pages.overview.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
