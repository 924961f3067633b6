"""Saved views in the sidebar: open, save, rename and delete a name for an address, by mouse and by keyboard."""

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.access.rule import What
from dashboard.access.settings import LoginSettings
from dashboard.reading import format, person, writing
from dashboard.reading.data import Reader
from dashboard.shell import navigation
from dashboard.shell.filters import Filter, Filters
from dashboard.shell.navigation import Entry
from warehouse.decisions.saved_views import MAX_NAME, SavedView, encode, is_own, read_saved_views
from warehouse.errors import PrflowError

# The team is the team's own, and a pull request is no filter.
NOT_SAVED = ("team", "pr")
TURN = "saved_views_turn"


def draw(reader: Reader, entry: Entry, selected: Filters, takes: frozenset[Filter]) -> None:
    """Draw the views of the team that this person may open, and the ways to save and change them."""
    who = writing.who() or ""
    views = reader.read(read_saved_views, who)
    turn = st.session_state.setdefault(TURN, 0)
    with st.sidebar, st.popover("Views", icon=":material/bookmark:", key="saved_views", width="stretch"):
        for view in views:
            _draw_view(reader, view, who)
        if not views:
            st.caption("A view is a page with its filters, under a name of yours.")
        _draw_save(reader, entry, _filters_of(selected, takes), turn)
        _draw_change(reader, [view for view in views if _may_change(reader, view, who)], turn)


def _may_change(reader: Reader, view: SavedView, who: str) -> bool:
    return is_own(view, who) or person.is_allowed(What.DECIDE, reader.team_id)


def _draw_view(reader: Reader, view: SavedView, who: str) -> None:
    """Draw the button that opens the address of the view."""
    by = f" · {format.escape(view.saved_by, 80)}" if not is_own(view, who) else ""
    if not st.button(f"{format.escape(view.name)}{by}", key=f"view_{view.id}", type="tertiary"):
        return
    if view.page in {entry.url_path for entry in navigation.ENTRIES}:
        go_to(f"/{view.page}?{urlencode({**view.filters, 'team': [reader.team_id]}, doseq=True)}")
    else:
        st.error("The page of this view does not exist any more.", icon=":material/link_off:")


def go_to(address: str) -> None:
    """Let the browser open an address of the dashboard in this tab.

    `st.switch_page` keeps the values of widgets that are bound to the address, and refuses others. This is the message
    by which `st.login` leads to the provider.
    """
    context = get_script_run_ctx()
    if context is not None:
        message = ForwardMsg()
        message.auth_redirect.url = address
        context.enqueue(message)


def _filters_of(selected: Filters, takes: frozenset[Filter]) -> dict[str, list[str]]:
    """Return the parameters of the page, and of the filters what is selected: the address may not say it yet."""
    found = {key: st.query_params.get_all(key) for key in st.query_params if key not in NOT_SAVED}
    own = {
        Filter.PERIOD: [selected.period],
        Filter.REPOSITORIES: list(selected.repository_names),
        Filter.AI: [selected.ai] if selected.ai != "all" else [],
        Filter.BOTS: ["true"] if selected.include_bots else [],
    }
    found |= {name.value: values for name, values in own.items() if name in takes}
    return {name: values for name, values in found.items() if values}


def _draw_save(reader: Reader, entry: Entry, filters: dict[str, list[str]], turn: int) -> None:
    with st.form(f"save_view_{turn}", border=False):
        name = st.text_input("Save this view as", key=f"view_name_{turn}", max_chars=MAX_NAME)
        is_shared = LoginSettings.read().is_on and st.checkbox(
            "Share it with all who see the team", key=f"view_shared_{turn}"
        )
        is_sent = st.form_submit_button("Save", icon=":material/bookmark_add:")
    if is_sent:
        _attempt(
            lambda: writing.save_view(
                reader.team_id, SavedView("", name, entry.url_path, encode(filters), "", bool(is_shared))
            )
        )


def _draw_change(reader: Reader, views: list[SavedView], turn: int) -> None:
    if not views:
        return
    names = {view.id: view.name for view in views}
    with st.form(f"change_view_{turn}", border=False):
        chosen = st.selectbox(
            "Change",
            list(names),
            format_func=lambda key: format.plain(names[key], MAX_NAME),
            key=f"view_changed_{turn}",
        )
        name = st.text_input("New name", key=f"view_new_name_{turn}", max_chars=MAX_NAME)
        with st.container(horizontal=True):
            is_renamed = st.form_submit_button("Rename", icon=":material/edit:")
            is_deleted = st.form_submit_button("Delete", icon=":material/delete:")
    if is_renamed and chosen:
        _attempt(lambda: writing.rename_view(reader.team_id, chosen, name))
    elif is_deleted and chosen:
        _attempt(lambda: writing.delete_view(reader.team_id, chosen))


def _attempt(write: Callable[[], None]) -> None:
    """Write, and draw the page again with empty fields; or say why not."""
    try:
        write()
    except PrflowError as error:
        st.error(f"{format.escape(str(error), 400)} {format.escape(error.hint, 400)}", icon=":material/error:")
    else:
        st.session_state[TURN] += 1
        st.rerun()
