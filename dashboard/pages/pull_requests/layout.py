"""Pull requests: find, sort, open, download; also the drill-down of every number."""

import streamlit as st

from dashboard.pages.pull_requests import search
from dashboard.parts import empty, tables
from dashboard.parts.panels import Layout, Panel, draw_page
from dashboard.shell.context import Context
from warehouse.words import plural


def draw_list(page: Context) -> None:
    """Draw the controls, then the pull requests that they find."""
    drill = search.read_drill(page)
    ids = None if drill is None else drill.ids(page)
    search.draw_drill(page, drill, ids or ())
    query = search.draw_controls(page, ids)
    count = page.reader.count_pull_requests(query)
    if count == 0:
        empty.draw_no_match(page, search.describe(query))
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        within = "" if drill else f" :gray[open now, or updated since {page.filters.start:%-d %b %Y}]"
        st.markdown(f"**{plural(count, 'pull request')}**{within}", width="content")
        search.draw_downloads(page, query)
    slot = st.empty()
    query = search.draw_pager(query, count)
    with slot.container():
        tables.draw_pull_requests(page.reader.pull_requests(query), page.filters.end)


LIST = Panel("list", "Pull requests", "search, sort, open, download", draw_list, is_bare=True)
LAYOUT = Layout("Pull requests", ((LIST,),), needs_numbers=False)

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
