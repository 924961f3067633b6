"""What a page may write: each is one function of the warehouse, on a connection of its own that is closed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import duckdb
import streamlit as st

from dashboard.access.rule import LOCAL, What
from dashboard.reading import clock, person
from warehouse.connection import Warehouse
from warehouse.decisions import saved_views
from warehouse.decisions.dismissals import dismiss_insight, take_back_dismissal
from warehouse.decisions.reading_checks import ReadingKey, record_check, take_back_check
from warehouse.decisions.saved_views import SavedView
from warehouse.errors import PrflowError


class NotWritten(PrflowError):
    """The warehouse did not take what a page wrote."""

    hint = "Nothing has changed. Try again; if it stays so, this dashboard may only read the warehouse."


def dismiss(team_id: str, insight_id: str, until: date) -> None:
    """Put an insight aside until a day. Raises `Refused`, `NotWritten`, and what `dismiss_insight` raises."""
    with _writing(team_id) as warehouse:
        dismiss_insight(warehouse, team_id, insight_id, until, clock.now(), who())


def take_back(team_id: str, insight_id: str) -> None:
    """Show a dismissed insight again. Raises `NotWritten`, and what `take_back_dismissal` raises."""
    with _writing(team_id) as warehouse:
        take_back_dismissal(warehouse, team_id, insight_id)


def check_reading(team_id: str, key: ReadingKey, is_right: bool | None) -> None:
    """Keep whether a reading is right, or forget it for None. Raises `NotWritten`, and what `record_check` raises."""
    with _writing(team_id) as warehouse:
        if is_right is None:
            take_back_check(warehouse, team_id, key)
        else:
            record_check(warehouse, team_id, key, is_right, clock.now(), who())


def save_view(team_id: str, view: SavedView) -> None:
    """Save a view under its name. Raises `Refused`, `NotWritten`, and what `saved_views.save_view` raises."""
    with _writing(team_id, What.SEE) as warehouse:
        saved_views.save_view(warehouse, team_id, replace(view, saved_by=who() or ""), clock.now())


def rename_view(team_id: str, view_id: str, name: str) -> None:
    """Give a view another name. Raises `Refused`, `NotWritten`, and what `saved_views.rename_view` raises."""
    is_admin = person.is_allowed(What.DECIDE, team_id)
    with _writing(team_id, What.SEE) as warehouse:
        saved_views.rename_view(warehouse, team_id, view_id, name, by=who() or "", is_admin=is_admin, now=clock.now())


def delete_view(team_id: str, view_id: str) -> None:
    """Delete a view. Raises `Refused`, `NotWritten`, and what `saved_views.delete_view` raises."""
    is_admin = person.is_allowed(What.DECIDE, team_id)
    with _writing(team_id, What.SEE) as warehouse:
        saved_views.delete_view(warehouse, team_id, view_id, by=who() or "", is_admin=is_admin)


def who() -> str | None:
    """Return the signature of whom the login of this session knows; None without a login.

    It is the verified address, or else a name with the key of the login.
    """
    known = person.current()
    return (str(st.user.get("email") or "") if known is LOCAL else known.signature) or None


@contextmanager
def _writing(team_id: str, what: What = What.DECIDE) -> Iterator[Warehouse]:
    person.require(what, team_id)
    try:
        with Warehouse() as warehouse:
            yield warehouse
    except duckdb.Error as error:
        raise NotWritten("The warehouse did not take this.") from error
