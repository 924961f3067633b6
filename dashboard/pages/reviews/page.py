"""The script of the page Reviews."""

from dashboard.pages.reviews.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
