"""The login: the pages before it, the page for who may see nothing, and the way out."""

import streamlit as st

from dashboard.access.allow_list import AccessListUnusable
from dashboard.access.rule import Person, may_anything
from dashboard.access.settings import LoginSettings
from dashboard.first_run.buttons import main_type
from dashboard.first_run.layout import centred
from dashboard.reading import format, person
from dashboard.shell import navigation
from warehouse.settings import WarehouseSettings


def let_in() -> bool:
    """Return whether the pages may go on; else draw, at every address, why not and what to do."""
    settings = person.begin_run()
    if not settings.is_on:
        return True
    claims = st.user.to_dict()
    who = person.current()
    if not person.is_logged_in(settings, claims):
        navigation.run_screen(
            lambda: _draw_login(settings, was_here=bool(claims.get("is_logged_in"))), has_set_up=False
        )
    elif not may_anything(who):
        navigation.run_screen(lambda: _draw_not_listed(settings, who), has_set_up=False)
    else:
        return True
    return False


def _draw_login(settings: LoginSettings, *, was_here: bool) -> None:
    with centred():
        st.title("Log in to prflow", anchor=False)
        again = f"Your login is older than {settings.max_hours} hours, so please log in again." if was_here else ""
        st.markdown(again or "This dashboard is for people of your organisation.")
        st.button("Log in", type=main_type(), icon=":material/login:", on_click=st.login, key="log_in")


def _draw_not_listed(settings: LoginSettings, who: Person) -> None:
    with centred():
        st.title("Nothing here for this account", anchor=False)
        if not _is_list_usable(settings):
            st.error(
                "The list of people who may see this dashboard cannot be read, so it lets nobody in. "
                "`prflow doctor` says what is wrong with it.",
                icon=":material/lock:",
            )
        else:
            st.markdown(f"You are logged in as **{format.escape(who.name, 200)}**, who is not on the list of people.")
            if not who.email:
                st.markdown("Your provider does not say that your e-mail address is verified, so it cannot count.")
        st.markdown(f"Ask {format.escape(settings.contact, 300) or 'whoever runs prflow'} for access.")
        _draw_log_out("log_out_screen")


def _is_list_usable(settings: LoginSettings) -> bool:
    try:
        settings.read_grants(WarehouseSettings.read().home)
    except AccessListUnusable:
        return False
    return True


def draw_no_team() -> None:
    """Say to somebody who is on the list that none of their teams is here, or not yet."""
    with centred():
        st.title("No team of yours is here", anchor=False)
        contact = format.escape(LoginSettings.read().contact, 300)
        st.markdown(f"You are on the list, but none of your teams is imported. Ask {contact or 'whoever runs prflow'}.")
        _draw_log_out("log_out_screen")


def draw_account() -> None:
    """Draw in the sidebar who is logged in, and the way out; nothing without a login."""
    if not LoginSettings.read().is_on:
        return
    with st.sidebar, st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(format.escape(person.current().name, 80), width="content")
        _draw_log_out("log_out")


def _draw_log_out(key: str) -> None:
    st.button("Log out", key=key, type="tertiary", icon=":material/logout:", on_click=st.logout)
