"""`prflow keys`: the keys of the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from flows.services.api.settings import ApiSettings
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured
from warehouse.flags import FeatureFlags
from warehouse.guard.untrusted import one_line
from warehouse.keys.api_keys import add_key, read_keys, revoke_key
from warehouse.teams.choice import choose_team


def add(name: str, team: str | None, as_json: bool) -> None:
    """Make a key and print it. Raises UnknownName for a team that there is not, BadArgument for such a name."""
    with _opened() as warehouse:
        team_id = choose_team(warehouse, team)
        key = add_key(warehouse, team_id, name, now())
    if as_json:
        print_json({"id": key.id, "team": team_id, "key": key.value})
        return
    console, settings = Terminal(soft_wrap=True), ApiSettings()
    console.print(key.value)
    console.print(f"It reads {one_line(team_id)} and is shown only now. Its id is {key.id}. For example:")
    console.print(f'curl -H "Authorization: Bearer $KEY" http://127.0.0.1:{settings.port}/v1/status')


def show(as_json: bool) -> None:
    """Print the keys of all teams."""
    with _opened() as warehouse:
        rows = read_keys(warehouse).to_dicts()
    if as_json:
        print_json({"keys": rows}, default=str)
        return
    table = Table("Id", "Team", Column("Name", overflow="fold"), "Made", "Last used", "Revoked", box=None)
    for row in rows:
        times = [f"{row[name]:%Y-%m-%d %H:%M}" if row[name] else "" for name in ("created_at", "used_at", "revoked_at")]
        table.add_row(row["id"], one_line(row["team_id"]), one_line(row["name"]), *times)
    Terminal().print(table if rows else "There are no keys. `prflow keys add NAME` makes one.")


def revoke(id_: str, as_json: bool) -> None:
    """Revoke a key. Raises BadArgument if there is none of this id."""
    with _opened() as warehouse:
        name = revoke_key(warehouse, id_, now())
    if as_json:
        print_json({"id": id_, "name": name, "is_revoked": True})
    else:
        Terminal().print(f"Revoked: {one_line(name)}. The next request with it is refused.")


@contextmanager
def _opened() -> Iterator[Warehouse]:
    if not FeatureFlags().enable_api_keys:
        raise NotConfigured("The API is switched off.", "Set ENABLE_API_KEYS=true. docs/api.md says what it answers.")
    settings = find_home().settings
    with Warehouse(settings, read_only=True):
        pass  # opening it for writing would create one
    with Warehouse(settings) as warehouse:
        migrations.upgrade(warehouse)
        yield warehouse
