"""The last complete week in sentences, each checked as it is drawn, and each with its pull requests."""

import streamlit as st

from dashboard.parts.receipts.behind_sentence import BehindSentence
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.week.words import WeekInWords, read_week_if_complete

WIDTHS = (0.8, 0.2)
NOTHING = "No week is complete yet. The first sentences are here when one is over and all of it is fetched."


def draw_week(page: Context) -> None:
    """Draw the sentences of the last complete week, and who worded them."""
    week = page.reader.read(read_week_if_complete)
    if week is None:
        st.caption(NOTHING)
        return
    for place, sentence in enumerate(week.sentences, start=1):
        behind = BehindSentence(week.week_start, place, sentence)
        text, receipts = st.columns(WIDTHS, vertical_alignment="center", gap="small")
        text.markdown(format.escape(sentence.text, 400))
        with receipts:
            _draw_receipts(page, behind)
    st.caption(say_source(week))


def _draw_receipts(page: Context, behind: BehindSentence) -> None:
    count = len(page.remember(("words", behind.week_start, behind.place), lambda: behind.ids(page)))
    if count and st.button(
        behind.say_count(count), key=f"words_{behind.place}", type="tertiary", help="The pull requests behind it"
    ):
        behind.open(page)


def say_source(week: WeekInWords) -> str:
    """Say which week it is, and who worded it, in Markdown."""
    of_week = f"The week of {week.week_start:%-d %B %Y}"
    if not week.model:
        return f"{of_week}, as prflow counts it."
    by = "a simulated model" if week.is_simulated else format.escape(week.model, 100)
    checked = "Each figure is checked against the current numbers; a sentence that no longer holds is left out."
    return f"{of_week}, worded by {by}. {checked}"
