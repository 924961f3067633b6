"""Data health & sync: how fresh and how complete the data are, what ran, what it cost."""

import streamlit as st

from dashboard.pages.data_health import access, repositories
from dashboard.shell import context

page = context.get()

st.title("Data health & sync", anchor=False)
repositories.draw_summary(page)
repositories.draw_repositories(page)
repositories.draw_incomplete(page)
left, right = st.columns(2)
with left:
    repositories.draw_analysis(page)
with right:
    repositories.draw_bots(page)
repositories.draw_runs(page)
access.draw_access(page)
