"""The parts of a report, which one module fills and another one draws."""

from dataclasses import dataclass

from markupsafe import Markup

from dashboard.parts.cards import Card


@dataclass(frozen=True)
class Table:
    """Rows of text below a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A chart with its numbers below it: every value with its n."""

    title: str
    picture: Markup
    table: Table


@dataclass(frozen=True)
class Report:
    """All parts; texts are plain, and escaped where they are written."""

    team: str
    period: str
    as_of: str
    is_simulated: bool
    cards: tuple[Card, ...]
    definitions: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    week: tuple[str, ...]
    charts: tuple[Chart, ...]
    waiting: Table
