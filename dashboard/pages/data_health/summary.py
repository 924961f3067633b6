"""The four numbers on top of Data health & sync."""

from datetime import datetime

import polars as pl
import streamlit as st

from dashboard.first_run.current_view import read_view
from dashboard.reading import clock, format
from dashboard.shell.context import Context
from warehouse.words import plural


def draw_summary(page: Context) -> None:
    """Draw how fresh the data are, and how many pull requests are stored, complete and analysed."""
    progress, _ = read_view(page.team_id)
    coverage = page.reader.coverage()
    stored, expected = _sum(coverage, "stored"), _sum(coverage, "expected")
    incomplete, unread = _sum(coverage, "incomplete"), _sum(coverage, "unread")
    synced_at, stopped = progress.last_sync_at, progress.llm_stopped
    with st.grid(4, min_column_width=160):
        _draw_number("Last sync", format.ago(synced_at, clock.now()), format.timestamp(synced_at))
        _draw_number("Pull requests stored", format.number(stored), say_expected(coverage, expected))
        failed = progress.repos_failed
        _draw_number(
            "Complete",
            _share(stored - incomplete, stored),
            f"of {plural(len(progress.repos) - failed, 'repository')}; {failed} could not be fetched"
            if failed
            else "all reviews, comments and commits are stored",
        )
        _draw_number(
            "Analysed",
            _share(stored - unread, stored),
            f"by rules or the model; {unread:,} not yet{f': {format.escape(stopped)}' if stopped else ''}",
        )

    _draw_foreign(_sum(coverage, "altered"), _sum(coverage, "implausible_commits"))


def say_expected(coverage: pl.DataFrame, expected: int) -> str:
    """Say how many there should be, and that GitHub has more: those before the history are not imported."""
    found = f"of {expected:,} found by the scans"
    older = (coverage["on_github"].fill_null(0) - coverage["expected"]).clip(0).sum()
    since = coverage["history_from"].min()
    if not older or not isinstance(since, datetime):
        return found
    return f"{found}; {older:,} older ones, last updated before {format.day(since)}, are not imported"


def _draw_foreign(altered: int, implausible: int) -> None:
    """Say how much of what was received is not believed or could not be stored, if anything."""
    sentences = []
    if implausible:
        have = "has a date" if implausible == 1 else "have dates"
        sentences.append(f"{plural(implausible, 'commit')} {have} that cannot be, and are no anchors")
    if altered:
        sentences.append(f"{plural(altered, 'pull request')} could not be stored exactly as on GitHub")
    if sentences:
        st.caption(f":material/event_busy: {'; '.join(sentences)}. Details are in Definitions and in the lists below.")


def _draw_number(title: str, value: str, sentence: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(title, value)
        st.caption(sentence)


def _share(part: int, total: int) -> str:
    """Return the share rounded down, so that only all of them are 100 %."""
    return f"{int(1000 * part / total) / 10:.1f} %" if total else format.MISSING


def _sum(frame: pl.DataFrame, column: str) -> int:
    return int(frame[column].sum())
