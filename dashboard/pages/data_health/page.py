"""Data health & sync: how fresh and how complete the data are, what ran, what it cost."""

import streamlit as st

from dashboard.pages.data_health import access, health
from dashboard.shell import context

page = context.get()

st.title("Data health & sync", anchor=False)
health.draw_summary(page)
health.draw_repositories(page)
health.draw_incomplete(page)
left, right = st.columns(2)
with left:
    health.draw_analysis(page)
with right:
    health.draw_bots(page)
health.draw_runs(page)
access.draw_access(page)
