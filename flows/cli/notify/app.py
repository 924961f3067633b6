"""The commands below `prflow notify`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.parts.arguments import Json, TeamArgument, WeekOption, examples

notify_app = typer.Typer(
    help="Messages by mail, Slack and Apprise: who gets them, a test, the weekly digest.", no_args_is_help=True
)


class Kind(StrEnum):
    """The channels of which a team may have addresses of its own."""

    MAIL = "mail"
    SLACK = "slack"


Team = Annotated[
    str, typer.Argument(metavar="TEAM", help="Team, by its present or an earlier name.", show_default=False)
]
Channel = Annotated[Kind, typer.Argument(metavar="CHANNEL", help="mail or slack.", show_default=False)]
AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="Mail address, or name of a Slack channel.", show_default=False)
]


@notify_app.command("list", epilog=examples("prflow notify list", "prflow notify list --json"))
def list_(as_json: Json = False) -> None:
    """List the addresses of each team, and the messages that wait or were given up."""
    from flows.cli.notify.addresses import show_addresses

    show_addresses(as_json)


@notify_app.command(epilog=examples("prflow notify add acme mail lead@example.com", "prflow notify add acme slack dev"))
def add(team: Team, channel: Channel, address: AddressArgument, as_json: Json = False) -> None:
    """Send a team's messages to an address. A team with addresses of its own does not use those of the settings."""
    from flows.cli.notify.addresses import add as run

    run(team, channel.value, address, as_json)


@notify_app.command(epilog=examples("prflow notify remove acme mail lead@example.com"))
def remove(team: Team, channel: Channel, address: AddressArgument, as_json: Json = False) -> None:
    """Stop sending a team's messages to an address."""
    from flows.cli.notify.addresses import remove as run

    run(team, channel.value, address, as_json)


@notify_app.command("test", epilog=examples("prflow notify test", "prflow notify test --json"))
def send_test(as_json: Json = False) -> None:
    """Send a test message by every channel that is set, and say what arrived or why not."""
    from flows.cli.notify.sending import send_test as run

    run(as_json)


@notify_app.command(
    epilog=examples(
        "prflow notify digest --dry-run", "prflow notify digest acme", "prflow notify digest acme --to digest.html"
    )
)
def digest(
    owner: TeamArgument = None,
    week: WeekOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the digest and send nothing.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write it into a file and send nothing: .html as a page.", show_default=False
        ),
    ] = None,
) -> None:
    """Send the weekly digest of a team now: what changed, what waits, and whose turn it is. Each week is sent once."""
    from flows.cli.notify.sending import show_digest

    show_digest(owner, week, dry_run, to)
