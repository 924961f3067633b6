"""The script of the page Data health & sync."""

from dashboard.pages.data_health.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
