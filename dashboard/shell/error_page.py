"""The page after an error: a sentence and a reference number for a person, the traceback for the log alone."""

import logging
import secrets

import duckdb
import streamlit as st

from dashboard.first_run.connect import draw_connect_screen
from dashboard.first_run.unreadable import draw_unreadable_screen
from dashboard.reading import format
from dashboard.reading.person import Refused
from dashboard.shell import navigation
from warehouse.connection import WarehouseMissing, WarehouseUnreadable
from warehouse.home.broken import diagnose
from warehouse.settings import WarehouseSettings

logger = logging.getLogger("prflow.dashboard")


def draw_error(error: BaseException) -> bool:
    """Show an error of a page; return True to suppress Streamlit's own display with its traceback."""
    if isinstance(error, Refused):
        st.error(f"{error} {format.escape(error.hint, 400)}", title="Not for this account", icon=":material/lock:")
    elif isinstance(error, WarehouseMissing):
        draw_connect_screen(navigation.page(navigation.SET_UP))
    elif isinstance(error, WarehouseUnreadable) or diagnose(error, WarehouseSettings()):
        draw_unreadable_screen(error)
    else:
        _draw_reference(error)
    return True


def _draw_reference(error: BaseException) -> None:
    reference = secrets.token_hex(4)
    logger.error("page failed, reference %s", reference, exc_info=error)
    cause = "The warehouse could not answer a query." if isinstance(error, duckdb.Error) else "This page failed."
    st.error(
        f"{cause} No data are lost: reload the page, or open another one. "
        f"The dashboard's log has the cause under reference **{reference}**.",
        title="Something went wrong",
        icon=":material/error:",
    )
