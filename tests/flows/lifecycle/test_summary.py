import re
from datetime import UTC, datetime, timedelta

from markdown_it import MarkdownIt

from flows.lifecycle.summary import write_summary
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, finish_run, read_progress, start_run
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
RUN = Run(run_id="r1", team_id="acme", flow="refresh", phase=Phase.INCREMENTAL, as_of=T, window=Window(T))


def summary(warehouse: Warehouse, dashboard_url: str) -> str:
    start_run(warehouse, RUN, T)
    finish_run(warehouse, RUN, Status.COMPLETE, "completed", T + timedelta(seconds=90))
    row = warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = 'r1'")
    assert row
    return write_summary(RUN, read_progress(warehouse, "acme", lambda _: None, T), row, dashboard_url)


def test_a_summary_leads_to_the_dashboard(warehouse: Warehouse) -> None:
    lines = summary(warehouse, "https://prflow.example").splitlines()
    assert lines[:3] == ["# refresh of acme", "", "[Open the dashboard](https://prflow.example)"]
    assert "| Took | 90 s |" in lines
    assert "| Window | 2026-08-22 12:00 UTC to the present |" in lines


def test_without_an_address_there_is_no_link(warehouse: Warehouse) -> None:
    assert "](" not in summary(warehouse, "")


def test_a_repository_of_any_name_is_text_in_one_row(warehouse: Warehouse) -> None:
    names = ["![x](http://evil.example)", "<img src=http://evil.example>", "a|b`c`\n| d |", "[x](javascript:alert(1))"]
    rows = [
        {
            "id": f"R_{at}",
            "team_id": "acme",
            "full_name": f"acme/{name}",
            "is_followed": True,
            "sync_status": "complete",
        }
        for at, name in enumerate(names)
    ]
    commit(warehouse, Merge(schema.repositories, schema.frame(schema.repositories, rows)))
    page = MarkdownIt("commonmark").enable("table").render(summary(warehouse, ""))
    assert set(re.findall(r"<(\w+)", page)) == {"h1", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.count("<td") == 2 * 9 + 4 * len(names)
