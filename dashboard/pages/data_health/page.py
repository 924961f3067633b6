"""Data health & sync: how fresh and how complete the data are, what ran, what it cost."""

import streamlit as st

from dashboard.pages.data_health.access import draw_access
from dashboard.pages.data_health.analysis import draw_analysis
from dashboard.pages.data_health.bots import draw_bots
from dashboard.pages.data_health.missing import draw_missing
from dashboard.pages.data_health.repositories import draw_coverage, draw_incomplete, draw_short_lists
from dashboard.pages.data_health.runs import draw_runs
from dashboard.pages.data_health.summary import draw_summary
from dashboard.shell import context

page = context.get()

st.title("Data health & sync", anchor=False)
draw_summary(page)
draw_coverage(page)
draw_incomplete(page)
draw_short_lists(page)
draw_missing(page)
left, right = st.columns(2)
with left:
    draw_analysis(page)
with right:
    draw_bots(page)
draw_runs(page)
draw_access(page)
