"""The script of the page Work."""

from dashboard.pages.work.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
