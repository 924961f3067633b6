"""The page for what went wrong: words and a reference number for a person, the traceback for the log only."""

import logging
import secrets

import duckdb
import streamlit as st

from dashboard.first_run import import_panel
from dashboard.first_run.view import unreadable_view
from warehouse.connection import WarehouseMissing, WarehouseUnreadable

logger = logging.getLogger("prflow.dashboard")


def show_fault(error: BaseException) -> bool:
    """Shows an error of a page in words; True: Streamlit's own display, with its traceback, is not wanted."""
    if isinstance(error, WarehouseMissing):
        import_panel.draw_connect()
    elif isinstance(error, WarehouseUnreadable):
        import_panel.draw_unreadable(unreadable_view(str(error)))
    else:
        _show_reference(error)
    return True


def _show_reference(error: BaseException) -> None:
    reference = secrets.token_hex(4)
    logger.error("page failed, reference %s", reference, exc_info=error)
    what = "The warehouse did not answer this page." if isinstance(error, duckdb.Error) else "This page failed."
    st.error(
        f"{what} The log of the dashboard says why, under the reference **{reference}**. "
        "Nothing is lost by it: load the page again, or open another one.",
        title="Something went wrong",
        icon=":material/error:",
    )
