"""The dashboard's entry script: choose the team, then the screen of its first run or the page with its filters."""

import gc

import duckdb
import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.first_run import actions
from dashboard.first_run.connect import draw_connect_screen
from dashboard.first_run.current_view import read_view
from dashboard.first_run.import_panel import draw_import_screen
from dashboard.first_run.unreadable import draw_unreadable_screen
from dashboard.first_run.view import Screen, View
from dashboard.parts import drawer, panels
from dashboard.reading import data, person
from dashboard.reading.rows import Team
from dashboard.reading.snapshots import Snapshot
from dashboard.shell import account, address, banner, context, filters, navigation, saved_views
from warehouse.connection import WarehouseMissing, WarehouseUnreadable
from warehouse.home.broken import diagnose
from warehouse.settings import WarehouseSettings


def run() -> None:
    """Run the script once: draw a screen of the first run, or the page that was asked for."""
    st.set_page_config(page_title="prflow", page_icon=navigation.LOGO, layout="wide")
    st.logo(navigation.LOGO, size="large")
    if account.let_in():
        run_warehouse()


def run_warehouse() -> None:
    """Draw a screen of the first run, or the page, for somebody who may see something of the warehouse."""
    try:
        at = data.snapshot()
        teams = data.teams(at)
    except WarehouseMissing:
        navigation.run_screen(draw_connect)
    except (WarehouseUnreadable, duckdb.Error) as error:
        if not isinstance(error, WarehouseUnreadable) and diagnose(error, WarehouseSettings()) is None:
            raise
        unreadable = error  # Python forgets `error` after the block
        navigation.run_screen(lambda: draw_unreadable_screen(unreadable))
    else:
        if teams:
            account.draw_account()
            run_team(navigation.choose_team(teams), at)
        elif person.is_allowed(What.SET_UP, EVERY_TEAM):
            navigation.run_screen(draw_connect)
        else:
            navigation.run_screen(account.draw_no_team, has_set_up=False)


def draw_connect() -> None:
    """Draw the screen before anything was fetched, with the way to the set-up for who may use it."""
    if not person.is_allowed(What.SET_UP, EVERY_TEAM):
        account.draw_no_team()
        return
    draw_connect_screen(navigation.page(navigation.SET_UP))


def run_team(team: Team, at: Snapshot) -> None:
    """Draw the screen of the first run until the first days are in, then the page."""
    progress, view = read_view(team.team_id)
    if view.screen is Screen.CONNECT:
        navigation.run_screen(draw_connect)
    elif not view.is_open and not actions.is_skipped(progress):
        navigation.run_screen(lambda: draw_import_screen(team.team_id))
    else:
        run_page(team, data.Reader(team.team_id, at), view)


def run_page(team: Team, reader: data.Reader, view: View) -> None:
    """Draw menu, filters and banner, then the page that was asked for, with the drawer over it."""
    entry, page = navigation.open_menu()
    st.set_page_config(page_title=f"{page.title} · prflow")
    if entry in navigation.WITHOUT_FILTERS:
        context.put_team(team, reader)
        page.run()
        return
    as_of = context.as_of(reader, team)
    takes = panels.layout_of(entry).takes
    selected = filters.draw(reader.repositories(), as_of, takes)
    saved_views.draw(reader, entry, selected, takes)
    banner.draw_as_of(as_of, view)
    context.put(team, reader, selected, takes)
    banner.draw(reader.team_id, view)
    address.draw_unknown(selected.unknown)
    page.run()
    drawer.draw_if_asked(team, reader)
    banner.follow_snapshot(reader.at)
    freeze()


@st.cache_resource(show_spinner=False)
def freeze() -> None:
    """Exempt everything loaded by the end of the first page from garbage collection, once per process.

    Streamlit runs `gc.collect(2)` after every script and fragment run: 100 ms each with these imports.
    """
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    run()
