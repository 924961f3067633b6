"""Write the documents that come from the code, or check that they are current.

    python -m docs.generate [--check]

docs/metrics.md from the metric registry, docs/definition-lab.md from the rules of other tools, docs/events.md from the
events, docs/tables.md from the schema, docs/cli.md from the command line,
.env.example from the settings, and tasks/github/api/shapes.json from the GraphQL documents.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy import Table

from dashboard.access.settings import LoginSettings
from dashboard.reading.settings import DashboardSettings
from docs import command_line
from docs.shapes import render_shapes
from flows.lifecycle.settings import FlowSettings
from flows.services.api.settings import ApiSettings
from flows.services.settings import ServiceSettings
from tasks import sources
from tasks.sources import find_variables
from warehouse.events.kinds import EVENTS, Event, describe_payload
from warehouse.flags import FeatureFlags
from warehouse.metrics import catalogue
from warehouse.metrics.lab import page
from warehouse.schema import key_of, readable_tables, sql_type
from warehouse.settings import WarehouseSettings

EVENTS_HEAD = """
What happens to a team, as events. Each is received three times:

- by Prefect, as an event of this name with the resource `prflow.team.TEAM`, for automations of your own;
- by the table `events` of the warehouse, for 90 days (`prflow sql "SELECT * FROM events"`);
- by the messages that [notifications.md](notifications.md) describes, if the event leads to one.

An event is found in what is stored, by the run that it is about or by the next one that looks. So none is lost if a
process is killed, and none is sent twice: its id in Prefect is made of the stored one. Payloads hold no secrets.

Two older events stay: `prflow.team.phase1_complete` and `prflow.team.complete`, with `team`, `status` and `phase`.
"""
ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Written by `make docs` from the code: change it there. -->"
OWN_SETTINGS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Storage", WarehouseSettings),
    ("The dashboard", DashboardSettings),
    ("The login of the dashboard", LoginSettings),
    ("The services", ServiceSettings),
    ("The API for programs", ApiSettings),
    ("The flows", FlowSettings),
    ("What is off unless switched on", FeatureFlags),
)


def render_tables() -> str:
    """Return the page of tables: one section each, with grain, key and columns."""
    sections = [_table(table) for table in readable_tables().values()]
    words = "Every table, view and column of the warehouse, and of the exported file. Times are UTC."
    head = f"# Tables\n\n{NOTE}\n\n{words}\n"
    return "\n".join([head, *sections])


def _table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in key_of(table))
    head = [f"## {table.name}\n", f"{table.comment}. Key: {key}.\n", "| column | type | meaning |", "|---|---|---|"]
    rows = [f"| `{column.name}` | {sql_type(column)} | {column.comment} |" for column in table.columns]
    return "\n".join([*head, *rows, ""])


def render_events() -> str:
    """Return the page of events: one section each, with its payload and the messages that come of it."""
    head = f"# Events\n\n{NOTE}\n{EVENTS_HEAD}"
    return "\n".join([head, *(_event(kind) for kind in EVENTS)])


def _event(kind: type[Event]) -> str:
    messages = ", ".join(f"`{one}`" for one in kind.told) or "none"
    rows = [f"| `{name}` | {type_} | {meaning} |" for name, type_, meaning in describe_payload(kind)]
    head = [f"## {kind.name}\n", f"{kind.happens} Messages: {messages}.\n"]
    table = ["| payload | type | meaning |", "|---|---|---|", "| `team` | string | The team |", *rows, ""]
    return "\n".join([*head, *table])


def render_environment() -> str:
    """Return every setting with its default and a sentence; secrets without a value."""
    lines = ["# Copy to .env. Every line is optional but the token and the key. Written by `make docs` from the code."]
    written: set[str] = set()
    for title, settings in (*((source.title, source.settings) for source in sources.SOURCES), *OWN_SETTINGS):
        if section := [*_settings(settings, written)]:
            lines += ["", f"# --- {title}", *section]
    return "\n".join(lines) + "\n"


def _settings(settings: type[BaseSettings], written: set[str]) -> Iterator[str]:
    """Yield the lines of the settings that are not yet `written`: two programs may read the same one."""
    variables = find_variables(settings)
    for name, field in settings.model_fields.items():
        default = field.default
        value = "" if default is None or isinstance(default, SecretStr) else default
        variable = variables[name][0]
        if variable in written:
            continue
        written.add(variable)
        yield f"# {field.description}"
        yield f"{'' if isinstance(default, SecretStr) else '# '}{variable}={value}"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/metrics.md": catalogue.render,
    "docs/definition-lab.md": page.render,
    "docs/tables.md": render_tables,
    "docs/events.md": render_events,
    "docs/cli.md": partial(command_line.render, NOTE),
    ".env.example": render_environment,
    "tasks/github/api/shapes.json": render_shapes,
}


def main(check: bool) -> int:
    stale = [name for name, render in DOCUMENTS.items() if _is_stale(ROOT / name, render())]
    if check and stale:
        print(f"Not current: {', '.join(stale)}. Run `make docs` and commit the result.", file=sys.stderr)
        return 1
    for name in stale:
        (ROOT / name).write_text(DOCUMENTS[name](), encoding="utf-8")
        print(f"wrote {name}")
    return 0


def _is_stale(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
