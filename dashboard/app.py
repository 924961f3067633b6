"""The dashboard's entry script: which team, gate or pages, filters, banner."""

import gc

import streamlit as st

from dashboard.first_run import actions, import_panel
from dashboard.first_run.view import Screen, View, unreadable_view
from dashboard.reading import data
from dashboard.shell import banner, context, filters, navigation
from warehouse.connection import WarehouseMissing, WarehouseUnreadable


def run() -> None:
    """One run of the script, for any page: the gate, or the page that was asked for."""
    st.set_page_config(page_title="prflow", page_icon=navigation.LOGO, layout="wide")
    st.logo(navigation.LOGO, size="large")
    try:
        at = data.snapshot()
        teams = data.teams(at)
    except WarehouseMissing:
        navigation.gate_pages(import_panel.draw_connect).run()
    except WarehouseUnreadable as error:
        shown = unreadable_view(str(error))
        navigation.gate_pages(lambda: import_panel.draw_unreadable(shown)).run()
    else:
        if teams:
            run_team(navigation.choose_team(teams), at)
        else:
            navigation.gate_pages(import_panel.draw_connect).run()


def run_team(team: dict[str, object], at: data.Snapshot) -> None:
    """The gate where the first days are not in, else menu, filters, banner and page."""
    team_id = str(team["team_id"])
    progress, shown = import_panel.look(team_id)
    if shown.screen is Screen.CONNECT:
        navigation.gate_pages(import_panel.draw_connect).run()
    elif not shown.is_open and not actions.is_skipped(progress):
        navigation.gate_pages(lambda: import_panel.draw_gate(team_id)).run()
    else:
        run_page(team, data.Reader(team_id, at), shown)


def run_page(team: dict[str, object], reader: data.Reader, shown: View) -> None:
    page = navigation.pages()
    st.set_page_config(page_title=f"{page.title} · prflow")
    as_of = context.as_of(reader, team)
    selected = filters.draw(reader.repositories(), as_of)
    banner.draw_as_of(as_of, shown)
    context.put(team, reader, selected, shown)
    banner.draw(reader.team_id, shown)
    page.run()
    freeze()


@st.cache_resource(show_spinner=False)
def freeze() -> None:
    """Once a process, after the first whole page: what is loaded by then is not garbage.

    Streamlit runs `gc.collect(2)` after every script and fragment run: 100 ms each with these imports.
    """
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    run()
