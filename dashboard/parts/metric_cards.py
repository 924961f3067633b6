"""Rows of cards: any metric with what it rests on, its change, its weeks, and the way to its pull requests."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboard.parts import cards, weeks
from dashboard.parts.behind import Behind
from dashboard.parts.cards import Card
from dashboard.parts.samples import rows_of
from dashboard.reading.settings import DashboardSettings
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME

CARDS_IN_A_ROW = 4
# Four side by side on a wide screen, two on a narrow one: never three and one.
CARD_WIDTH = 210


def draw_cards(page: Context, names: Sequence[str], in_a_row: int = CARDS_IN_A_ROW) -> None:
    """Draw one card per metric. The button of each lists exactly the pull requests that it counts."""
    made = page.remember(("cards", *names), lambda: make_cards(page, names))
    has_badges = DashboardSettings.read().has_benchmarks
    with st.grid(in_a_row, min_column_width=CARD_WIDTH):
        for card, sparkline in made:
            # What is above and what is below: buttons of neighbours stand on one line, however long the sentences are.
            with st.container(
                border=True,
                height="stretch",
                gap="small",
                vertical_alignment="distribute",
                key=f"card_{card.metric}",
            ):
                _draw_card(card, sparkline, has_badges)
                _draw_ways(page, card)


def make_cards(page: Context, names: Sequence[str]) -> list[tuple[Card, list[float]]]:
    """Make one card per metric, with its complete weeks."""
    weekly = weeks.read(page, names)
    made = []
    for name in names:
        of_metric = weekly.filter(pl.col("metric") == name)
        card = cards.make_card(name, rows_of(page, BY_NAME[name]), page.filters, page.covered_from, of_metric)
        made.append((card, weeks.sparkline(weekly, name)))
    return made


def _draw_card(card: Card, sparkline: list[float], has_badges: bool) -> None:
    with st.container(gap="small"):
        st.metric(
            card.title,
            card.value,
            card.delta_text,
            delta_color=card.delta_color,
            delta_arrow="off" if not card.delta_text or card.is_noise else "auto",
            help=card.help,
            chart_data=sparkline or None,
            chart_type="area",
        )
        st.caption(f"{card.basis}  \n{card.delta_note}")
        if card.badge and has_badges:
            st.badge(card.badge.label, color=card.badge.color, help=card.badge.help)


def _draw_ways(page: Context, card: Card) -> None:
    metric = BY_NAME[card.metric]
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        # Beside a part, "the PRs" would not say whether they are the part or what it is a share of.
        every = f"See all {card.n:,}" if card.part_n else "See the PRs"
        _draw_way(page, f"see_{card.metric}", every, Behind(metric))
        if card.part_n:
            _draw_way(page, f"see_{card.metric}_yes", f"See the {card.part_n:,}", Behind(metric, part="yes"))


def _draw_way(page: Context, key: str, label: str, behind: Behind) -> None:
    # Not a link: browsers sometimes drop a filter from the address on the way through one.
    if st.button(label, key=key, icon=":material/arrow_forward:", icon_position="right", type="tertiary"):
        behind.open(page)
