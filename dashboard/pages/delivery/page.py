"""The script of the page Delivery."""

from dashboard.pages.delivery.layout import LAYOUT
from dashboard.parts.panels import draw_page

draw_page(LAYOUT)
