"""The commands by which a team says what counts, and how: bots, rules, time zone and working hours."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.parts import panels
from flows.cli.parts.arguments import Json, TeamArgument, examples

counting_app = typer.Typer()


@counting_app.command(
    rich_help_panel=panels.WHAT_COUNTS, epilog=examples("prflow bots", "prflow bots acme --bot acme-ci --human ann")
)
def bots(
    team: TeamArgument = None,
    bot: Annotated[
        list[str] | None, typer.Option(help="Count this account as a bot; may be repeated.", metavar="LOGIN")
    ] = None,
    human: Annotated[
        list[str] | None, typer.Option(help="Count this account as a human; may be repeated.", metavar="LOGIN")
    ] = None,
    by_rules: Annotated[
        list[str] | None,
        typer.Option(help="Undo the decision about this account; may be repeated.", metavar="LOGIN"),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the accounts that count as bots, and why. For those that only behave like bots, you decide."""
    from flows.cli.bots import show_bots as run
    from warehouse.accounts import Verdict

    run(team, {Verdict.BOT: bot or [], Verdict.HUMAN: human or [], Verdict.BY_RULES: by_rules or []}, as_json)


@counting_app.command(
    rich_help_panel=panels.WHAT_COUNTS,
    epilog=examples(
        "prflow rules",
        "prflow rules acme --add exclude-label=no-metrics",
        "prflow rules acme --add base=release/* --save",
    ),
)
def rules(
    team: TeamArgument = None,
    add: Annotated[
        list[str] | None, typer.Option(help="Show what this rule moves; may be repeated.", metavar="KIND=VALUE")
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(help="Show what removing this rule moves; may be repeated.", metavar="KIND=VALUE"),
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep the change.")] = False,
    as_json: Json = False,
) -> None:
    """List the rules for what counts as merged by a bot, as a release, and what is left out; preview a change."""
    from flows.cli.rules import Request, show_rules

    show_rules(Request(team, add or (), remove or (), save, as_json))


@counting_app.command(
    rich_help_panel=panels.WHAT_COUNTS,
    epilog=examples(
        "prflow team acme",
        "prflow team acme --timezone Europe/Berlin --people on",
        "prflow team acme --working-hours mon-fri 9-17 --holidays holidays.txt",
    ),
)
def team(
    owner: TeamArgument = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Weeks begin in this zone: an IANA name.", show_default=False)
    ] = None,
    people: Annotated[
        str | None, typer.Option(metavar="on|off", help="Whether there are numbers per person.", show_default=False)
    ] = None,
    working_hours: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="DAYS HOURS",
            help="Also compute durations in working hours, for example mon-fri 9-17.",
            show_default=False,
        ),
    ] = None,
    holidays: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File with one date a line; it replaces the present holidays.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show or change the settings of OWNER: time zone, numbers per person, working hours, holidays."""
    from flows.cli.team import Request, show_team

    show_team(Request(owner, timezone, people, working_hours, holidays, as_json))
