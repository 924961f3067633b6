"""The report has the numbers of the page, shows what people wrote as text, and asks nobody for anything."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.parts.report.content import Report, make_report
from dashboard.parts.report.direct import open_team
from dashboard.parts.report.rendering import render
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

Open = Callable[[Path], AppTest]
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "ul", "li", "table", "thead", "tbody"),
    *("tr", "th", "td", "dl", "dt", "dd", "b", "svg", "line", "text", "path", "circle", "rect"),
}


class Seen(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def _report(home: Path, weeks: int = 4) -> Report:
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""), read_only=True) as opened:
        return make_report(open_team(opened, "northwind", weeks))


def test_every_number_is_that_of_the_page(open_app: Open, seeded_home: Any) -> None:
    home = seeded_home("complete")
    app = open_app(home)
    app.query_params["period"] = "12w"
    app.run()
    assert not app.exception
    report = _report(home, 12)
    shown = [(metric.label, metric.value) for metric in app.metric]
    assert [(card.title, card.value) for card in report.cards] == shown
    captions = {caption.value for caption in app.caption}
    assert {f"{card.basis}  \n{card.delta_note}" for card in report.cards} <= captions
    seen = Seen()
    seen.feed(render(report))
    for card in report.cards:
        assert {card.title, card.value, card.basis} <= {*seen.texts}
    waiting = next(table.value for table in app.dataframe if "Waits" in table.value.columns)
    assert [row[4] for row in report.waiting.rows] == waiting["Waits"].to_list()


def test_it_runs_no_script_asks_no_other_host_and_escapes_what_people_wrote(seeded_home: Any, seed: Any) -> None:
    hostile = tuple(seed.ATTACKS)
    report = _report(seeded_home("complete"))
    rows = tuple((text,) * 5 for text in hostile)
    text = render(
        replace(report, team=hostile[0], findings=hostile, week=hostile, waiting=replace(report.waiting, rows=rows))
    )
    seen = Seen()
    seen.feed(text)
    assert {one.strip() for one in hostile} <= {*seen.texts}, "they are there, as text"
    assert seen.tags <= TAGS
    assert not [name for name in seen.attributes if name.startswith("on") or name in ("src", "href", "srcset", "style")]
    assert "default-src 'none'; style-src 'unsafe-inline'" in seen.attributes["content"]
    styles = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in styles
    assert "@import" not in styles
