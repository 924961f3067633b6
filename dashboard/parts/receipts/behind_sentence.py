"""The pull requests behind a sentence about a week, in the address: `?words=MONDAY&sentence=1`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard.shell import filters, navigation
from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY
from warehouse.week.words import Sentence, read_week_if_complete
from warehouse.words import plural

PARAMETERS = ("words", "sentence")
OF_INSIGHT = "insight:"
"""How keys of facts begin that are what an insight says (`warehouse/week/facts.py`)."""


@dataclass(frozen=True)
class BehindSentence:
    """A sentence, by its week and its place among the sentences of the week, from 1."""

    week_start: date
    place: int
    sentence: Sentence

    @property
    def parameters(self) -> dict[str, str]:
        """Return it as parameters of the address."""
        return {"words": self.week_start.isoformat(), "sentence": str(self.place)}

    def ids(self, page: Context) -> tuple[str, ...]:
        """Return the pull requests, each once, as far as they are still stored."""
        stored = set(page.reader.pull_request_metrics()[KEY])
        return tuple(name for name in self.sentence.pull_request_ids if name in stored)

    def say_count(self, count: int) -> str:
        """Say how many pull requests those `count` are, of which an insight names some: "20 of the 40"."""
        n = max((fact.n for fact in self.sentence.facts if fact.key.startswith(OF_INSIGHT)), default=0)
        return f"{count:,} of the {n:,}" if count < n else plural(count, "pull request")

    def open(self, page: Context) -> None:
        """Switch to the list of these pull requests."""
        filters.forget_undrawn(page.takes)
        st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params=self.parameters)


def read(page: Context, parameters: Mapping[str, str]) -> BehindSentence | None:
    """Read it from the address; None if there is none, or no such week or sentence."""
    try:
        week, place = date.fromisoformat(parameters.get("words", "")), int(parameters.get("sentence", ""))
    except ValueError:
        return None
    found = page.reader.read(read_week_if_complete, week)
    if found is None or not 1 <= place <= len(found.sentences):
        return None
    return BehindSentence(week, place, found.sentences[place - 1])
