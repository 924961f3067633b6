"""What a page is made of: panels that have a name, a title and a sentence, and say which filters they take.

Each page has a `layout.py` with its `LAYOUT`. The sidebar shows the filters that a panel of the page takes, no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.parts import empty
from dashboard.shell import context
from dashboard.shell.context import Context
from dashboard.shell.filters import ALL_FILTERS, Filter
from dashboard.shell.navigation import Entry

# Tables and charts stand side by side from here on.
PANEL_WIDTH = 340


def _always(_: Context) -> bool:
    return True


@dataclass(frozen=True)
class Panel:
    """One panel: its name within the page, its title, one sentence on what it shows, and the filters that it takes.

    `draw` draws it, inside a box with title and sentence unless `is_bare`. It is left out if `is_shown` says no.
    """

    name: str
    title: str
    sentence: str
    draw: Callable[[Context], None]
    takes: frozenset[Filter] = ALL_FILTERS
    is_bare: bool = False
    is_shown: Callable[[Context], bool] = _always


@dataclass(frozen=True)
class Layout:
    """A page: its title, and its rows of panels that stand side by side, from top to bottom.

    A page that `needs_numbers` says so instead, until the metrics are computed or if the filters leave nothing.
    """

    title: str
    rows: Sequence[Sequence[Panel]]
    needs_numbers: bool = True

    @property
    def panels(self) -> list[Panel]:
        return [panel for row in self.rows for panel in row]

    @property
    def takes(self) -> frozenset[Filter]:
        return frozenset().union(*(panel.takes for panel in self.panels))


def layout_of(entry: Entry) -> Layout:
    """Return what the page of this entry is made of."""
    layout: Layout = import_module(f"dashboard.pages.{entry.folder}.layout").LAYOUT
    return layout


def draw_page(layout: Layout) -> None:
    """Draw a page: its title with the period beside it, then its panels, or why there are none."""
    page = context.get()
    draw_title(layout, page)
    if layout.needs_numbers and empty.is_without_numbers(page):
        empty.draw_not_computed()
    elif layout.needs_numbers and empty.is_without_pull_requests(page):
        empty.draw_no_match(page)
    else:
        for row in layout.rows:
            draw_row(page, [panel for panel in row if panel.is_shown(page)])


def draw_title(layout: Layout, page: Context) -> None:
    """Draw the title, with the period beside it if the page takes one."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(layout.title, anchor=False, width="content")
        if Filter.PERIOD in layout.takes and layout.needs_numbers:
            st.caption(_say_period(page), width="content")


def _say_period(page: Context) -> str:
    filters = page.filters
    if filters.is_cut:
        return f"Since {filters.start:%-d %b %Y}, where the imported history begins"
    weeks = filters.days // 7
    days = f"{filters.start:%-d %b} to {filters.end:%-d %b}"
    return f"Last {weeks} weeks ({days}), compared with the {weeks} before"


def draw_row(page: Context, panels: Sequence[Panel]) -> None:
    """Draw panels side by side, or one below the other where the screen is too narrow for their tables."""
    if len(panels) == 1:
        draw_panel(page, panels[0])
        return
    with st.grid(max(1, len(panels)), min_column_width=PANEL_WIDTH):
        for panel in panels:
            with st.container(height="stretch"):
                draw_panel(page, panel)


def draw_panel(page: Context, panel: Panel) -> None:
    if panel.is_bare:
        panel.draw(page)
        return
    with box(panel.title, panel.sentence):
        panel.draw(page)


def box(title: str, sentence: str) -> DeltaGenerator:
    """Return a box with a title, and a sentence that says what is in it."""
    made = st.container(border=True, height="stretch", gap="xsmall")
    made.markdown(f"**{title}**")
    made.caption(sentence)
    return made
