"""The commands below `prflow keys`."""

from typing import Annotated

import typer

from flows.cli.parts.arguments import Json, TeamOption, examples

keys_app = typer.Typer(help="Keys of the API for programs: make, list and revoke them.", no_args_is_help=True)


@keys_app.command(epilog=examples("prflow keys add grafana", "prflow keys add grafana --team acme --json"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.", show_default=False)],
    team: TeamOption = None,
    as_json: Json = False,
) -> None:
    """Make a key that reads one team, and print it: it is shown once and stored nowhere."""
    from flows.cli.keys.keys import add as run

    run(name, team, as_json)


@keys_app.command("list", epilog=examples("prflow keys list", "prflow keys list --json"))
def list_(as_json: Json = False) -> None:
    """List the keys of all teams: what each is for, when it was last used, and whether it is revoked."""
    from flows.cli.keys.keys import show

    show(as_json)


@keys_app.command(epilog=examples("prflow keys revoke 3f9a1c7be204"))
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from the list.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Revoke a key: the next request with it is refused."""
    from flows.cli.keys.keys import revoke as run

    run(id_, as_json)
