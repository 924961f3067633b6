"""How soon changes are reviewed, and who among those that respond may be no person."""

import polars as pl
import streamlit as st

from dashboard.parts.metric_cards import draw_cards
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.words import name_some

METRICS = (
    "first_response_p50_hours",
    "first_review_p50_hours",
    "reviewed_within_24h_share",
    "reviewed_share",
)
MAX_NAMES = 3


def draw_soon(page: Context) -> None:
    """Draw the cards, and above them which accounts look like bots and still count as people: they respond at once."""
    suspects = list_suspects(page.reader.bots())
    if suspects:
        names = name_some([f"**{format.escape(login, 60)}**" for login in suspects], MAX_NAMES)
        words = "looks like a bot, and its responses count as a person's until somebody decides"
        if len(suspects) > 1:
            words = "look like bots, and their responses count as people's until somebody decides"
        st.info(f"{names} {words}: in Settings, or with `prflow bots`.", icon=":material/smart_toy:")
    draw_cards(page, METRICS)


def list_suspects(bots: pl.DataFrame) -> list[str]:
    """Return the logins of the accounts that are proposed as bots and not decided on, out of `read_bots`."""
    proposed = bots.filter(~pl.col("is_bot"), pl.col("decided_at").is_null())
    return [str(login) for login in proposed["login"] if login]
