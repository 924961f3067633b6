"""Pull requests: find, sort, open, download; also the drill-down of every number."""

import streamlit as st

from dashboard.pages.pull_requests import search
from dashboard.parts import drawer, empty, tables
from dashboard.shell import context
from warehouse.words import plural

page = context.get()

st.title("Pull requests", anchor=False)
drill = search.read_drill(page)
search.draw_drill(page, drill)
query = search.draw_controls(page, drill)
count = page.reader.count_pull_requests(query)

if count == 0:
    empty.draw_no_match(page, search.describe(query))
else:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{plural(count, 'pull request')}**", width="content")
        search.draw_downloads(page, query)
    slot = st.empty()
    query = search.draw_pager(query, count)
    with slot.container():
        tables.draw_pull_requests(page.reader.pull_requests(query))
drawer.draw_if_asked(page)
