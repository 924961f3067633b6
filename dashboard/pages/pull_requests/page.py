"""The script of the page Pull requests."""

from dashboard.pages.pull_requests.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
