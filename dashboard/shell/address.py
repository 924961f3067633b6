"""Values of the address: each filter takes its labels and its keys, and says which values it does not know."""

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from dashboard.reading import format
from warehouse.guard.untrusted import one_line
from warehouse.words import name_some

LATER = "values_for_the_next_run"
MAX_SHOWN = 3
MAX_LENGTH = 40


def accept(name: str, values: Mapping[str, str], labels: Collection[str], *, is_list: bool = False) -> list[str]:
    """Let the parameter `name` hold every text of `values`, in any case; return the texts that it does not know.

    `values` gives the widget's value for each text. Call it before the widget of that key is drawn: Streamlit itself
    takes the `labels` that the widget shows, and drops anything else without a word.
    """
    if name in st.session_state.get(LATER, {}):
        st.session_state[name] = st.session_state[LATER].pop(name)
        return []
    given = st.query_params.get_all(name)
    known = {text.casefold(): value for text, value in values.items()}
    found = [known.get(text.casefold()) for text in given]
    meant = list(dict.fromkeys(value for value in found if value is not None))
    if any(value is not None and text not in labels for text, value in zip(given, found, strict=True)):
        st.session_state[name] = meant if is_list else meant[-1]
        if is_list and not set(given).isdisjoint(labels):
            st.session_state.setdefault(LATER, {})[name] = meant
    return [text for text, value in zip(given, found, strict=True) if value is None]


def find_unknown(name: str, known: Collection[str]) -> list[str]:
    """Return the values of the parameter that are not among the `known` ones, whatever their case."""
    return [text for text in st.query_params.get_all(name) if text.casefold() not in known]


def rerun_if_mixed() -> None:
    """Run the page again if a list held both labels and keys: Streamlit prefers the labels, but only at first."""
    if st.session_state.get(LATER):
        st.rerun()


def say_unknown(label: str, values: Sequence[str]) -> str:
    """Say which values of a filter are not known; empty if all are. The text is plain, as it was typed."""
    if not values:
        return ""
    return f"{label} {name_some([f'“{one_line(value, MAX_LENGTH)}”' for value in values], MAX_SHOWN)}"


def draw_unknown(values: Sequence[str]) -> None:
    """Say which filters of the address are not known, since the page shows something else than was asked for."""
    if values:
        text = "; ".join(format.escape(value, 300) for value in values)
        st.info(f"The address asks for {text}: not known here, so it is left out.", icon=":material/link_off:")
