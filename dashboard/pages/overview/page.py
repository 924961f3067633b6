"""Overview: four numbers, what changed, the weeks, where the time goes, what needs attention."""

import streamlit as st

from dashboard.pages.overview import panels
from dashboard.parts import empty
from dashboard.shell import context

page = context.get()

panels.draw_title("Overview", page)
if empty.is_without_numbers(page):
    empty.draw_not_computed()
elif empty.is_without_pull_requests(page):
    empty.draw_no_match(page)
else:
    panels.draw_cards(page)
    panels.draw_what_changed(page)
    left, right = st.columns(2)
    with left:
        panels.draw_throughput(page)
    with right:
        panels.draw_phases(page)
    left, right = st.columns(2)
    with left:
        if page.team.has_people_views:
            panels.draw_review_load(page)
        else:
            panels.draw_by_repository(page)
    with right:
        panels.draw_needs_attention(page)
